"""Backbones with a new head: loading, freezing, unfreezing, and the features that frozen layers give."""
