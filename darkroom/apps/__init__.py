"""Programs that a user runs on a finished model: predictions of new images, and exports."""
