"""Groups of images that are the same: in their bytes, in their pixels, or in their looks.

``images`` is one row per image: split, class, file, sha256, pixels (a hash of the decoded ones, empty of a corrupt
image) and looks (64 bits as a whole number, or missing).
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy
import pandas
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from darkroom.core.splits import TRAIN

COLUMNS = ["group", "kind", "alike", "split", "class", "file"]
KINDS = ("leak, two labels", "leak", "two labels", "copy")
"""The worst first: in more than one split, or under more than one class, both, or neither."""
BLOCK = 512
"""Images whose looks are compared with as many others at once: what bounds memory."""
BITS = 64
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
    known = images[[*COLUMNS[3:], "sha256", "pixels", "looks"]]
    known = known[known["pixels"] != ""].reset_index(drop=True)
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
    first = pandas.DataFrame({"same": same, "looks": images["looks"]}).drop_duplicates("same").dropna(subset="looks")
    looks, home = numpy.unique(first["looks"].to_numpy(dtype=numpy.uint64), return_inverse=True)
    members = first["same"].to_numpy()
    of_a_look = numpy.empty(len(looks), dtype=numpy.int64)
    of_a_look[home] = members
    near = of_a_look[numpy.concatenate([NO_PAIRS, *_find_near(looks, distance)])]
    pairs = numpy.concatenate([near, numpy.column_stack([members, of_a_look[home]])])
    edges = coo_array((numpy.ones(len(pairs)), pairs.T), shape=(same.max(initial=0) + 1,) * 2)
    return connected_components(edges, directed=False)[1][same]


def _find_near(looks: numpy.ndarray, distance: int) -> Iterator[numpy.ndarray]:
    """Yield the places of pairs of hashes, uint64, that differ in no more than ``distance`` bits: int64, (pairs, 2).

    Of hashes cut into one band more than that, such a pair has at least one band in common (Manku, Jain and Das Sarma,
    Detecting near-duplicates for web crawling, 2007); so only those that share one are compared, and the time grows
    hardly faster than their number. A pair may come more than once.
    """
    bounds = numpy.linspace(0, BITS, min(distance, BITS - 1) + 2).astype(numpy.int64)
    for low, high in pairwise(bounds):
        band = (looks >> numpy.uint64(low)) & numpy.uint64(2 ** int(high - low) - 1)
        order = numpy.argsort(band, kind="stable")
        for places in numpy.split(order, numpy.flatnonzero(numpy.diff(band[order])) + 1):
            for start in range(0, len(places) if len(places) > 1 else 0, BLOCK):
                for other in range(start, len(places), BLOCK):
                    yield _compare(looks, places[start : start + BLOCK], places[other : other + BLOCK], distance)


def _compare(looks: numpy.ndarray, one: numpy.ndarray, two: numpy.ndarray, distance: int) -> numpy.ndarray:
    """Return the pairs of places, one of each kind, whose hashes are near: int64, (pairs, 2)."""
    here, there = numpy.nonzero(numpy.bitwise_count(looks[one][:, None] ^ looks[two][None]) <= distance)
    pairs = numpy.column_stack([one[here], two[there]])
    return pairs[pairs[:, 0] < pairs[:, 1]]
