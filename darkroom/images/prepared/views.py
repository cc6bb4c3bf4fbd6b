"""A view on disk: images, read by their rows, and labels.

A view's folder holds, for each split that has images, ``<split>.npy`` (uint8, (images, size, size, channels)) and
``<split>-labels.npy`` (int64, (images,)); where the images have groups, ``train-groups.npy`` (int64, (images,), equal
numbers for one group), and where some have the same bytes, ``train-copies.npy`` (likewise); ``index.csv`` (split, row,
class, label, file, sha256); and ``view.json`` (classes in the order of their labels, size, mode, images per split,
files left out). Training and test always have images; validation may have none. A view that was prepared in shards
(shards.py) is read alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pandas

from darkroom.core.files import sha256
from darkroom.core.splits import SPLITS

INDEX = "index.csv"
DESCRIPTION = "view.json"
GROUPS = "train-groups.npy"
COPIES = "train-copies.npy"
TRAIN, VALIDATION, TEST = SPLITS
PREPARATION = ("size", "resize", "filter", "mode")
"""Keys of params.yaml that a view's description repeats: how an image becomes pixels."""


def images_file(split: str) -> str:
    """Return the name of the array of a split's images."""
    return f"{split}.npy"


def labels_file(split: str) -> str:
    """Return the name of the array of a split's labels."""
    return f"{split}-labels.npy"


def read_rows(file: Path, rows: numpy.ndarray) -> numpy.ndarray:
    """Return ``rows``, int64, (rows,), of an array in a file, in memory.

    The map is made for this reading and dropped after it: pages of a map that stays would count as this process's
    memory, until the whole array did.
    """
    return numpy.ascontiguousarray(numpy.load(file, mmap_mode="r")[rows])


@dataclass(frozen=True)
class View:
    """A prepared view; images stay on disk until they are indexed."""

    folder: Path
    description: Mapping[str, Any]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in the order of their labels."""
        return tuple(self.description["classes"])

    @property
    def preparation(self) -> dict[str, Any]:
        """All that is needed to prepare an image as this view does: classes, size, resize, filter, mode."""
        return {name: self.description[name] for name in ("classes", *PREPARATION) if name in self.description}

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        height, width, channels = numpy.load(self.folder / images_file(TRAIN), mmap_mode="r").shape[1:]
        return height, width, channels

    def count(self, split: str) -> int:
        """Return the number of a split's images."""
        file = self.folder / images_file(split)
        return len(numpy.load(file, mmap_mode="r")) if file.is_file() else 0

    def hash_images(self, split: str) -> list[str]:
        """Return SHA-256, in hex, of all that decides which images the rows of a split are."""
        return [sha256(self.folder / images_file(split))]

    def list_files(self, split: str) -> list[str]:
        """Return the file that each image of a split was made from, in the order of their rows."""
        index = pandas.read_csv(self.folder / INDEX, dtype={"file": str}, keep_default_na=False)
        return index[index["split"] == split].sort_values("row")["file"].tolist()

    def read(self, split: str, rows: numpy.ndarray) -> numpy.ndarray:
        """Return ``rows`` of a split's images, int64, (rows,), in memory: uint8, (rows, size, size, channels)."""
        return read_rows(self.folder / images_file(split), rows)

    def labels(self, split: str) -> numpy.ndarray:
        """Return a split's labels: int64, (images,)."""
        return numpy.load(self.folder / labels_file(split))

    def groups(self) -> numpy.ndarray | None:
        """Return the groups of the images of train, int64, (images,), equal for one group; ``None``: they have none."""
        return self.read_numbers(GROUPS)

    def copies(self) -> numpy.ndarray | None:
        """Return numbers of the images of train, int64, (images,), equal for the same bytes; ``None``: all differ."""
        return self.read_numbers(COPIES)

    def read_numbers(self, name: str) -> numpy.ndarray | None:
        """Return the numbers of the images of train in a file, int64, (images,); ``None`` if there is no such file."""
        file = self.folder / name
        return numpy.load(file) if file.is_file() else None

    @property
    def learning_splits(self) -> tuple[str, ...]:
        """The splits that training may see: train, and validation where it has images."""
        return (TRAIN, VALIDATION) if self.count(VALIDATION) else (TRAIN,)

    def learning_labels(self) -> numpy.ndarray:
        """Return the labels of all images that training may see: int64, (images,); those of train come first."""
        return numpy.concatenate([self.labels(split) for split in self.learning_splits])

    def read_learning(self, rows: numpy.ndarray) -> numpy.ndarray:
        """Return ``rows`` of all images that training may see, in memory, in their order: uint8.

        Rows are counted through train, then validation.
        """
        first = self.count(TRAIN)
        if (rows < first).all():
            return self.read(TRAIN, rows)
        if (rows >= first).all():
            return self.read(VALIDATION, rows - first)
        pixels = numpy.empty((len(rows), *self.shape), dtype=numpy.uint8)
        pixels[rows < first] = self.read(TRAIN, rows[rows < first])
        pixels[rows >= first] = self.read(VALIDATION, rows[rows >= first] - first)
        return pixels
