"""Networks built from their description, saved and loaded."""
