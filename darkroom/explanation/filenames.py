"""Names of the files that show what a network sees."""

import re


def to_file_name(name: str) -> str:
    """Return a name as it can stand in that of a file."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name)


def name_feature_maps(place: int | str, layer: str) -> str:
    """Return the name of the picture of a layer's feature maps, the ``place``-th from 1; ``*`` for a place of any."""
    return f"activations-{place}-{to_file_name(layer)}.webp"


def name_outcomes(place: int, name: str) -> str:
    """Return the name of the picture of what was made of a class, the ``place``-th from 1."""
    return f"class-{place}-{to_file_name(name)}.webp"
