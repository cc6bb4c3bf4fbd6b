"""What every job of a run took: on a page, and in a figure."""
