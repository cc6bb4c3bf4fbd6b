"""Classes of images that do not stand in their folders: by a pattern of their names, or later, from a table."""

import re
from itertools import takewhile
from pathlib import Path, PurePosixPath

from darkroom.archives.members import Members
from darkroom.core.errors import UserError


def label_by_pattern(pattern: str, archive: Path, chosen: Members) -> Members:
    """Return the images with what the one group of ``pattern`` is in their name, without its ending, before it.

    Raises:
        UserError: the pattern is not that of an image's whole name, or finds what can be no folder's name.
    """
    images: Members = []
    for parts, member in chosen:
        stem = PurePosixPath(parts[-1]).stem
        found = re.fullmatch(pattern, stem)
        label = (found[1] or "").strip() if found else ""
        if not label or label.startswith("."):
            problem = f"finds the class {label!r} in" if found else "does not fit"
            raise UserError(
                f"{archive}: image {member.filename!r}: class_pattern {pattern!r} {problem} {stem!r}; "
                "correct the pattern, or rename or remove the image"
            )
        images.append(((label, parts[-1]), member))
    return images


def label_later(chosen: Members) -> Members:
    """Return the images with no class yet before what is beneath the folders that all of them share."""
    inside = [parts[:-1] for parts, _ in chosen] or [()]
    pairs = zip(min(inside), max(inside), strict=False)
    depth = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return [(("", *parts[depth:]), member) for parts, member in chosen]
