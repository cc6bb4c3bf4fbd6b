"""Images of train that validate instead: drawn by seed, perhaps so many of each class, and never part of a group.

Nor does an image validate whose bytes train: of such copies all train.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy

from darkroom.core.errors import UserError
from darkroom.images.prepared.folds import Fold, draw_folds
from darkroom.images.prepared.views import TRAIN, View

Rows = tuple[numpy.ndarray, numpy.ndarray]
"""The rows that train and the rows that validate: int64, each in ascending order."""
Split = float | Mapping[str, Any]
"""A fraction of the images, or the keys ``fraction`` and ``stratify``, as params.yaml gives them."""


def split_learning_rows(view: View, split: Split | None, seed: int, fold: Fold | None = None) -> Rows:
    """Return the rows that train and the rows that validate, counted through train, then validation; int64, ascending.

    Without a ``split`` the view's own validation images validate, if it has any; of a ``fold``, all that it holds.

    Raises:
        UserError: there are too few images, or groups, for ``split``; it leaves a class without an image to train on;
            or the view has validation images of its own as well.
    """
    labels = view.labels(TRAIN)
    images = len(labels)
    own = len(view.learning_labels()) - images
    if split is None:
        return numpy.arange(images), numpy.arange(images, images + own)
    if own:
        raise UserError(f"{view.folder}: has validation images of its own; write validation_split: null")
    stratify = isinstance(split, Mapping) and split["stratify"]
    fraction, groups = split["fraction"] if isinstance(split, Mapping) else split, view.groups()
    if fold:
        held_out = draw_folds(view, labels if stratify else numpy.zeros_like(labels), fold.folds, seed) == fold.number
        train, validation = numpy.flatnonzero(~held_out), numpy.flatnonzero(held_out)
        check_classes(view, labels, train, fraction, stratify)
        return train, validation
    if groups is not None:
        train, validation = draw_groups(labels if stratify else numpy.zeros_like(labels), groups, fraction, seed)
    elif stratify:
        train, validation = draw_from_classes(labels, fraction, seed)
    else:
        train, validation = draw_validation_rows(images, fraction, seed)
    train, validation = join_copies(view.folder, view.copies(), train, validation)
    check_classes(view, labels, train, fraction, stratify)
    return train, validation


def join_copies(folder: Path, copies: numpy.ndarray | None, train: numpy.ndarray, validation: numpy.ndarray) -> Rows:
    """Return the rows that train and those that validate; what has the same bytes as a row that trains trains, too.

    ``copies`` are numbers of the images in ``folder``, int64, (images,), equal for the same bytes.

    Raises:
        UserError: nothing would validate.
    """
    if copies is None:
        return train, validation
    moves = numpy.isin(copies[validation], copies[train])
    if moves.all():
        raise UserError(f"{folder}: every image that would validate has the bytes of one that trains; add other images")
    return numpy.sort(numpy.concatenate([train, validation[moves]])), validation[~moves]


def check_classes(view: View, labels: numpy.ndarray, train: numpy.ndarray, fraction: float, stratify: bool) -> None:
    """Check that each class has an image to train on.

    Raises:
        UserError: one has not.
    """
    lacking = numpy.setdiff1d(labels, labels[train])
    if len(lacking):
        remedy = "" if stratify else f"write {{fraction: {fraction}, stratify: true}}, or "
        raise UserError(
            f"{view.folder}: validation_split: {fraction} leaves no image of {view.classes[lacking[0]]} to train on; "
            f"{remedy}add images of it"
        )


def count_validation_rows(images: int, fraction: float) -> int:
    """Return how many of so many images validate.

    Raises:
        UserError: there are too few images for one to train and one to validate.
    """
    count = int(images * fraction)
    if count < 1 or count >= images:
        raise UserError(
            f"{images} training images are too few for validation_split: {fraction}, "
            f"which leaves {images - count} to train and {count} to validate; add images or change the fraction"
        )
    return count


def draw_validation_rows(images: int, fraction: float, seed: int) -> Rows:
    """Return the rows that train and the rows that validate, drawn by ``seed``.

    Raises:
        UserError: there are too few images for one row of each.
    """
    count = count_validation_rows(images, fraction)
    order = numpy.random.default_rng(seed).permutation(images)
    return numpy.sort(order[count:]), numpy.sort(order[:count])


def draw_from_classes(labels: numpy.ndarray, fraction: float, seed: int) -> Rows:
    """Return the rows that train and the rows that validate, drawn by ``seed``: the fraction of each class.

    As many validate as without classes; what is left over by rounding goes to the classes that lost most by it, and
    each keeps an image to train on.

    Raises:
        UserError: there are too few images for one row of each.
    """
    total = count_validation_rows(len(labels), fraction)
    sizes = numpy.bincount(labels)
    counts = numpy.floor(sizes * fraction).astype(numpy.int64)
    rest = numpy.where(counts < sizes - 1, sizes * fraction - counts, -1)
    more = numpy.argsort(-rest, kind="stable")[: max(0, total - int(counts.sum()))]
    counts[more[rest[more] >= 0]] += 1
    order = numpy.random.default_rng(seed).permutation(len(labels))
    validation = numpy.concatenate([order[labels[order] == label][:count] for label, count in enumerate(counts)])
    return numpy.setdiff1d(order, validation), numpy.sort(validation)


def draw_groups(labels: numpy.ndarray, groups: numpy.ndarray, fraction: float, seed: int) -> Rows:
    """Return the rows that train and the rows that validate: whole groups, as near to the fraction as they come.

    Groups are met in an order drawn by ``seed``, and each validates that brings the images of each class that do
    nearer to the fraction of that class (the sum of squared distances, each by the fraction).

    Args:
        labels: of each image, int64, (images,); equal for all, where classes do not count.
        groups: of each image, int64, (images,).
        fraction: of the images of each class that should validate.
        seed: another draws other groups.

    Raises:
        UserError: no group is small enough to validate, or none is left to train on.
    """
    count_validation_rows(len(labels), fraction)
    wanted = numpy.bincount(labels) * fraction
    have = numpy.zeros_like(wanted)
    by_group = numpy.argsort(groups, kind="stable")
    members = numpy.split(by_group, numpy.flatnonzero(numpy.diff(groups[by_group])) + 1)
    chosen: list[numpy.ndarray] = []
    for number in numpy.random.default_rng(seed).permutation(len(members)):
        rows = members[number]
        classes, counts = numpy.unique(labels[rows], return_counts=True)
        before = have[classes] - wanted[classes]
        if (((before + counts) ** 2 - before**2) / wanted[classes]).sum() < 0:
            have[classes] += counts
            chosen.append(rows)
    if not chosen or len(chosen) == len(members):
        raise UserError(
            f"{len(members)} groups of training images, of {min(map(len, members))} to {max(map(len, members))} "
            f"images, do not divide by validation_split: {fraction}; add groups or change the fraction"
        )
    validation = numpy.sort(numpy.concatenate(chosen))
    return numpy.setdiff1d(by_group, validation), validation
