"""Evaluation of a model on test images: metrics, curves, figures and the page."""
