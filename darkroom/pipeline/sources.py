"""Whose bytes a dataset's source is, as stage fetch depends on them; importing this takes no time."""

from pathlib import Path

DRAWING, DOWNLOADING = "darkroom/synthetic", "darkroom/archives/download.py"


def find_origin(source: str) -> str:
    """Return the path that holds the bytes of a dataset's source, or the code that makes or brings them."""
    if source == "synthetic":
        return DRAWING
    if source.startswith(("kaggle:", "https://")):
        return DOWNLOADING
    return str(Path(source).expanduser())
