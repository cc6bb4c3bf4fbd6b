"""The classes, labels and groups of a view's images."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy
import pandas

from darkroom.core.errors import UserError
from darkroom.core.files import write_table
from darkroom.images.prepared import views


def list_classes(index: pandas.DataFrame, splits: Sequence[str], images: Path, order: str) -> list[str]:
    """Return the classes of the training images, in alphabetical or natural order: a class's label is its place.

    Raises:
        UserError: a split has no images, or another has a class that train lacks.
    """
    found = {split: set(index.loc[index["split"] == split, "class"]) for split in splits}
    train = found[views.TRAIN]
    for split, classes in found.items():
        if not classes:
            raise UserError(f"{images}: no readable {split} image; add some to the source")
        if unknown := sorted(classes - train):
            raise UserError(
                f"{images}: {split} has images of {', '.join(unknown)}, but train has no readable one; "
                f"its classes are {', '.join(sorted(train))}"
            )
    return sorted(train, key=split_numbers) if order == "natural" else sorted(train)


def split_numbers(label: str) -> tuple[list[tuple[bool, int, str]], str]:
    """Return by what a class is sorted in natural order: ``2`` before ``10``, and numbers before words."""
    parts = re.findall(r"[0-9]+|[^0-9]+", label)
    return [(False, int(part), "") if part[0] in "0123456789" else (True, 0, part) for part in parts], label


def write_labels(folder: Path, index: pandas.DataFrame, splits: Sequence[str], classes: Sequence[str]) -> None:
    """Write the labels of each split, and the index of the view's rows."""
    rows = index.assign(
        row=index.groupby("split").cumcount(),
        label=pandas.Categorical(index["class"], classes).codes.astype(numpy.int64),
    )
    for split in splits:
        labels = rows.loc[rows["split"] == split, "label"].to_numpy(dtype=numpy.int64)
        numpy.save(folder / views.labels_file(split), labels)
    write_table(folder / views.INDEX, rows[["split", "row", "class", "label", "file", "sha256"]])


def write_groups(folder: Path, index: pandas.DataFrame) -> None:
    """Write numbers of the images of train: of groups, if they have any, and of their bytes, if some are equal."""
    is_train = index["split"] == views.TRAIN
    if "group" in index:
        _write_numbers(folder / views.GROUPS, index.loc[is_train, "group"])
    digests = index.loc[is_train, "sha256"]
    if has_copies(digests):
        _write_numbers(folder / views.COPIES, digests)


def has_copies(digests: pandas.Series) -> bool:
    """Return whether two digests are equal; numbers of their beginnings are, and no object for each is made."""
    begins = numpy.fromiter((int(digest[:15], 16) for digest in digests), dtype=numpy.int64, count=len(digests))
    begins.sort()
    return bool((begins[1:] == begins[:-1]).any()) and bool(digests.duplicated().any())


def _write_numbers(file: Path, values: pandas.Series) -> None:
    numpy.save(file, pandas.factorize(values)[0].astype(numpy.int64))
