"""What must be known of all images of a data set before the first of them is prepared."""

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pandas

from darkroom.core.errors import UserError
from darkroom.core.progress import note
from darkroom.images.decoding import depth, fingerprints, reading
from darkroom.images.decoding.depth import Ranges, find_ranges
from darkroom.images.decoding.formats import CorruptImageError
from darkroom.images.decoding.images import find_originals, read_images
from darkroom.images.decoding.pixels import Tones, turn_upright
from darkroom.params.view import Decoding

CHUNK = 16
"""Images that a process looks at before it hands over what it found."""
TYPES = {"pixels": "str", "looks": "UInt64", "side": "int64"}
"""What is looked at of an image: the columns of a table, and their types."""
SHOWN = 3
"""Duplicates that an error names."""


def survey_ranges(
    task: str, folder: Path, index: pandas.DataFrame, given: Sequence[float] | None, decoding: Decoding
) -> Ranges:
    """Return black and white of the images of more than 8 bits that ``index`` names, and say what was taken."""
    files = [file for file in index["file"] if depth.may_be_deep(Path(file))]
    if not files:
        return Ranges()
    with closing(read_images(task, folder, files, partial(depth.measure, decoding=decoding), CHUNK)) as depths:
        ranges = find_ranges(depths, given)
    for found in ranges.describe():
        note(task, f"images of more than 8 bits: {found}")
    return ranges


def drop_duplicates(
    task: str, folder: Path, index: pandas.DataFrame, action: str, near: str | int, decoding: Decoding
) -> pandas.DataFrame:
    """Return ``index`` without training images that must not train, or that another one is a copy of.

    Variants of an image are no duplicates of it, and are dropped with it.

    Args:
        task: named beside the progress.
        folder: of the images.
        index: of the images: split, class, file, sha256.
        action: ``drop-from-train`` or ``stop``.
        near: ``near_duplicates`` of the data set.
        decoding: how files are read.

    Raises:
        UserError: ``action`` is stop, and there are duplicates.
    """
    from darkroom.images.decoding.duplicates import choose_distance, choose_dropped, group_duplicates

    look, origins = partial(_look, decoding=decoding), find_originals(index)
    own = index[origins == index["file"]]
    with closing(read_images(task, folder, own["file"], look, CHUNK)) as results:
        looks = pandas.DataFrame(results, columns=list(TYPES), index=own.index, dtype=object).astype(TYPES)
    images = pandas.concat([own, looks], axis=1)
    sides = images.loc[images["pixels"] != "", "side"]
    found = group_duplicates(images, choose_distance(near, sides))
    if action == "stop" and len(found):
        first = found[found["group"] == found["group"].min()]["file"].head(SHOWN)
        raise UserError(
            f"{folder}: {found['group'].nunique():,} groups of duplicates, such as {', '.join(first)}; the census has "
            "all: remove them from the source, or write duplicates: report or drop-from-train for the view"
        )
    dropped = choose_dropped(found)
    if dropped:
        note(task, f"left out {len(dropped):,} training images that are duplicates, such as {dropped[0]}")
    return index[~origins.isin(dropped)]


def _look(path: Path, decoding: Decoding) -> tuple[str, int | None, int]:
    """Return an image's fingerprint and its shorter side; of a corrupt one nothing."""
    try:
        image = turn_upright(reading.decode(path, decoding), "RGB", Tones.of(decoding))
    except CorruptImageError:
        return "", None, 0
    found = fingerprints.take(image)
    return found.pixels, found.looks, min(image.size)
