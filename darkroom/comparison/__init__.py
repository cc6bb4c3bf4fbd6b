"""Models side by side: a study's comparison, its sweeps and its costs."""
