"""The files that tell where what was brought in from outside came from, by name; importing this takes no time."""

ARCHIVES = "manifest.csv"
"""In data/raw/<dataset>: name, bytes and SHA-256 of each archive."""
BACKBONE = "backbone.json"
"""In data/pretrained/<backbone>: see stages/pretrained.py."""
WEIGHTS = "backbone.weights.h5"
"""Beside it: the weights."""
