"""Folds: the images of train in parts, of which each validates once, while the others train.

Images of one group are in one fold, and so are copies, images of the same bytes.
"""

from typing import NamedTuple

import numpy

from darkroom.core.errors import UserError
from darkroom.images.prepared.views import View


class Fold(NamedTuple):
    """The part of the training images that one training run holds out: ``number``, from 1, of ``folds``."""

    number: int
    folds: int


def draw_folds(view: View, labels: numpy.ndarray, folds: int, seed: int) -> numpy.ndarray:
    """Return the fold of each image of train, from 1, drawn by ``seed``: int64 (images,).

    Args:
        view: what the images are of; of it, groups and copies.
        labels: int64 (images,), by which each fold gets its share of each class; equal for all, where they do not
            count.
        folds: how many there are.
        seed: another draws other folds.

    Raises:
        UserError: there are fewer images, or groups of them, than folds.
    """
    units = join_units(len(labels), [known for known in (view.groups(), view.copies()) if known is not None])
    number = len(numpy.unique(units))
    if number < folds:
        what = "training images" if number == len(labels) else "groups of training images"
        raise UserError(
            f"{view.folder}: {number} {what} are too few for {folds} folds; add images, or write fewer folds"
        )
    if number < len(labels):
        return deal_units(labels, units, folds, seed)
    order = numpy.random.default_rng(seed).permutation(len(labels))
    order = order[numpy.argsort(labels[order], kind="stable")]
    found = numpy.empty(len(labels), dtype=numpy.int64)
    found[order] = numpy.arange(len(labels)) % folds + 1
    return found


def join_units(images: int, numbers: list[numpy.ndarray]) -> numpy.ndarray:
    """Return numbers of the images that are equal for those that must stay together: int64 (images,).

    ``numbers`` are such numbers, int64 (images,) each: what is equal by one of them, or by way of others, stays
    together.
    """
    units = numpy.arange(images)
    while True:
        before = units
        for given in numbers:
            _, place = numpy.unique(given, return_inverse=True)
            lowest = numpy.full(place.max() + 1, images)
            numpy.minimum.at(lowest, place, units)
            units = lowest[place]
        if (units == before).all():
            return units


def deal_units(labels: numpy.ndarray, units: numpy.ndarray, folds: int, seed: int) -> numpy.ndarray:
    """Return the fold of each image, from 1: int64 (images,); equal for images of one unit.

    The largest units go first, of equal ones in an order drawn by ``seed``, and each to the fold that has least of its
    classes (the sum of images it would bring times those that are there, each by the class' images), of equal ones to
    that with fewest images.

    Args:
        labels: int64 (images,).
        units: int64 (images,), equal for what must stay together.
        folds: how many there are; not more than units.
        seed: another draws other folds.
    """
    totals = numpy.bincount(labels)
    by_unit = numpy.argsort(units, kind="stable")
    members = numpy.split(by_unit, numpy.flatnonzero(numpy.diff(units[by_unit])) + 1)
    order = numpy.random.default_rng(seed).permutation(len(members))
    order = order[numpy.argsort([-len(members[number]) for number in order], kind="stable")]
    have, sizes = numpy.zeros((folds, len(totals))), numpy.zeros(folds)
    found = numpy.empty(len(labels), dtype=numpy.int64)
    for number in order:
        rows = members[number]
        classes, counts = numpy.unique(labels[rows], return_counts=True)
        crowd = (counts * (2 * have[:, classes] + counts) / totals[classes]).sum(axis=1)
        fold = int(numpy.lexsort((sizes, crowd))[0])
        have[fold, classes] += counts
        sizes[fold] += len(rows)
        found[rows] = fold + 1
    return found
