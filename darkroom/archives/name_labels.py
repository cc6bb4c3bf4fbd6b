"""Classes of images that do not stand in their folders: by a pattern of their names, or later, from a table."""

import re
from itertools import takewhile
from pathlib import Path, PurePosixPath

from darkroom.archives.listed import Members
from darkroom.core.errors import UserError


def label_by_pattern(pattern: str, archive: Path, chosen: Members) -> Members:
    """Return the images with what the one group of ``pattern`` is in their name, without its ending, before it.

    Raises:
        UserError: the pattern is not that of an image's whole name, or finds what can be no folder's name.
    """

    def find(name: str) -> str | None:
        found = re.fullmatch(pattern, PurePosixPath(name).stem)
        return (found[1] or "").strip() if found else None

    for filename, parts in chosen.pairs():
        label, stem = find(parts[-1]), PurePosixPath(parts[-1]).stem
        if not label or label.startswith("."):
            problem = "does not fit" if label is None else f"finds the class {label!r} in"
            raise UserError(
                f"{archive}: image {filename!r}: class_pattern {pattern!r} {problem} {stem!r}; "
                "correct the pattern, or rename or remove the image"
            )
    return chosen.cut(lambda parts: (find(parts[-1]) or "", parts[-1]))


def label_later(chosen: Members) -> Members:
    """Return the images with no class yet before what is beneath the folders that all of them share."""
    inside = {parts[:-1] for parts in chosen.parts()} or {()}
    pairs = zip(min(inside), max(inside), strict=False)
    depth = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return chosen.cut(lambda parts: ("", *parts[depth:]))
