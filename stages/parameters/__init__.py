"""What params.yaml may hold, as classes that validate it."""
