"""The schema of params.yaml, its defaults and bases, and its one-line errors. No stage depends on it."""
