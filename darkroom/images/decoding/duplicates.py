"""Groups of images that are the same: in their bytes, in their pixels, or in their looks.

``images`` is one row per image: split, class, file, sha256, pixels (a hash of the decoded ones, empty of a corrupt
image) and looks (64 bits as a whole number, or missing).
"""

from collections.abc import Iterator

import numpy
import pandas
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from darkroom.core.splits import TRAIN

COLUMNS = ["group", "kind", "alike", "split", "class", "file"]
KINDS = ("leak, two labels", "leak", "two labels", "copy")
"""The worst first: in more than one split, or under more than one class, both, or neither."""
BLOCK = 256
"""Images whose looks are compared with all others at once: what bounds memory."""
SMALL = 64
"""Pixels of the shorter side of images that all look alike to a perceptual hash, as digits do."""
NO_PAIRS = numpy.empty((0, 2), dtype=numpy.int64)
USUAL = 4
"""Bits in which hashes of the same photograph differ, after a JPEG's compression or another size."""


def choose_distance(wished: str | int, shorter_sides: pandas.Series) -> int | None:
    """Return in how many bits looks may differ to be alike; ``None``: looks are not compared."""
    if wished == "off" or (wished == "auto" and (shorter_sides.empty or shorter_sides.median() < SMALL)):
        return None
    return USUAL if wished == "auto" else int(wished)


def group_duplicates(images: pandas.DataFrame, distance: int | None) -> pandas.DataFrame:
    """Return the images that another one is the same as: group (from 1), kind, alike, split, class, file; worst first.

    ``kind`` is one of :data:`KINDS`; ``alike`` says in what all of a group are the same: bytes, pixels or looks.
    """
    known = images[images["pixels"] != ""].reset_index(drop=True)
    same = known.groupby("pixels", sort=False).ngroup().to_numpy()
    label = same if distance is None else _join_alike(known, same, distance)
    counts = numpy.bincount(label, minlength=1)
    found = known.assign(label=label)[counts[label] > 1]
    groups = found.groupby("label", sort=False)
    alike = numpy.where(groups["pixels"].transform("nunique") > 1, "looks", "pixels")
    alike = numpy.where(groups["sha256"].transform("nunique") == 1, "bytes", alike)
    leak, two_labels = groups["split"].transform("nunique") > 1, groups["class"].transform("nunique") > 1
    kinds = numpy.select([leak & two_labels, leak, two_labels], KINDS[:3], KINDS[3])
    rank = pandas.Series(kinds, index=found.index).map(KINDS.index)
    table = found.assign(kind=kinds, alike=alike, rank=rank, first=groups.ngroup())
    table = table.sort_values(["rank", "first"], kind="stable", ignore_index=True)
    return table.assign(group=table.groupby("first", sort=False).ngroup() + 1)[COLUMNS]


def choose_dropped(duplicates: pandas.DataFrame) -> list[str]:
    """Return the training files of duplicates that must not train, and of mere copies all but the first."""
    train = duplicates[duplicates["split"] == TRAIN]
    is_copy = train["kind"] == KINDS[3]
    return [*train.loc[~is_copy, "file"], *train.loc[is_copy & train.duplicated("group"), "file"]]


def _join_alike(images: pandas.DataFrame, same: numpy.ndarray, distance: int) -> numpy.ndarray:
    """Return the group of each image, where those whose looks differ in no more than ``distance`` bits are in one."""
    first = images.assign(same=same).drop_duplicates("same").dropna(subset="looks")
    looks = numpy.array([int(value) for value in first["looks"]], dtype=numpy.uint64)
    pairs = first["same"].to_numpy()[numpy.concatenate([NO_PAIRS, *_find_near(looks, distance)])]
    edges = coo_array((numpy.ones(len(pairs)), pairs.T), shape=(same.max(initial=0) + 1,) * 2)
    return connected_components(edges, directed=False)[1][same]


def _find_near(looks: numpy.ndarray, distance: int) -> Iterator[numpy.ndarray]:
    """Yield the places of pairs of hashes, uint64, that differ in no more than ``distance`` bits: int64, (pairs, 2)."""
    for start in range(0, len(looks), BLOCK):
        block = looks[start : start + BLOCK]
        bits = numpy.bitwise_count(block[:, None] ^ looks[None, start:])
        here, there = numpy.nonzero(bits <= distance)
        later = there > here
        yield numpy.column_stack([here[later], there[later]]) + start
