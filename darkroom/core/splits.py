"""The splits of a dataset, by name."""

SPLITS = TRAIN, VALIDATION, TEST = ("train", "validation", "test")
"""In the order in which they are shown, training first."""
