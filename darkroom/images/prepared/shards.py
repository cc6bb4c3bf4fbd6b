"""A view in shards: parts of its images, each prepared by a job of its own, that are read as one view.

The view's folder holds a folder for each shard, and the folder ``index``, which a division makes of all images before
any is decoded: ``<split>-places.npy`` (int64, (images, 2): the number of an image's shard, and its place in the shard's
list), and as any view has them ``<split>-labels.npy``, ``train-groups.npy``, ``train-copies.npy``, ``index.csv`` and
``view.json``. A shard's folder holds for each split ``<split>.npy`` (uint8, (images, size, size,
channels)) and ``<split>-kept.npy`` (int64, (images,): their places in its list, of which corrupt images are missing),
and ``shard.json`` with what was left out. Rows are in the order of the index, whatever the number of shards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pandas

from darkroom.core.errors import UserError
from darkroom.core.files import read_json, sha256
from darkroom.images.prepared import views
from darkroom.images.prepared.views import DESCRIPTION, INDEX, TRAIN, View, images_file, labels_file

WHOLE = "index"
"""The folder of what is known of all images."""
SHARD = "shard.json"


def places_file(split: str) -> str:
    """Return the name of the array that says where the images of a split are."""
    return f"{split}-places.npy"


def kept_file(split: str) -> str:
    """Return the name of the array that says which images of a split a shard has."""
    return f"{split}-kept.npy"


@dataclass(frozen=True)
class Rows:
    """The images of a split that were kept: their numbers in the index, shards, and rows there; int64, (images,)."""

    numbers: numpy.ndarray
    shards: numpy.ndarray
    rows: numpy.ndarray


@dataclass(frozen=True)
class ShardedView(View):
    """A view in shards; ``shards`` are their folders, ``kept`` the images of each split."""

    shards: tuple[Path, ...]
    kept: Mapping[str, Rows]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        height, width, channels = numpy.load(self.shards[0] / images_file(TRAIN), mmap_mode="r").shape[1:]
        return height, width, channels

    def count(self, split: str) -> int:
        """Return the number of a split's images."""
        return len(self.kept[split].numbers) if split in self.kept else 0

    def hash_images(self, split: str) -> list[str]:
        """Return SHA-256, in hex, of all that decides which images the rows of a split are."""
        names = (images_file(split), kept_file(split))
        files = [self.folder / WHOLE / places_file(split), *(shard / name for shard in self.shards for name in names)]
        return [sha256(file) for file in files]

    def list_files(self, split: str) -> list[str]:
        """Return the file that each image of a split was made from, in the order of their rows."""
        index = pandas.read_csv(self.folder / WHOLE / INDEX, dtype={"file": str}, keep_default_na=False)
        files = index[index["split"] == split].sort_values("row")["file"]
        return files.iloc[self.kept[split].numbers].tolist()

    def read(self, split: str, rows: numpy.ndarray) -> numpy.ndarray:
        """Return ``rows`` of a split's images, int64, (rows,), in memory: uint8, (rows, size, size, channels)."""
        kept = self.kept[split]
        pixels = numpy.empty((len(rows), *self.shape), dtype=numpy.uint8)
        shards = kept.shards[rows]
        for shard in numpy.unique(shards):
            here = shards == shard
            pixels[here] = views.read_rows(self.shards[shard] / images_file(split), kept.rows[rows[here]])
        return pixels

    def labels(self, split: str) -> numpy.ndarray:
        """Return a split's labels: int64, (images,)."""
        return numpy.load(self.folder / WHOLE / labels_file(split))[self.kept[split].numbers]

    def read_numbers(self, name: str) -> numpy.ndarray | None:
        """Return the numbers of the images of train in a file, int64, (images,); ``None`` if there is no such file."""
        file = self.folder / WHOLE / name
        return numpy.load(file)[self.kept[TRAIN].numbers] if file.is_file() else None


def open_view(folder: Path) -> View:
    """Return the view in ``folder``, in one piece or in shards.

    Raises:
        UserError: the folder holds no view, a shard is missing, or the corrupt images left too few.
    """
    if (folder / WHOLE / DESCRIPTION).is_file():
        return _open_shards(folder, read_json(folder / WHOLE / DESCRIPTION))
    try:
        return View(folder, read_json(folder / DESCRIPTION))
    except FileNotFoundError:
        raise UserError(f"{folder}: no prepared view here; run python -m stages.prepare {folder.name}") from None


def _open_shards(folder: Path, index: dict[str, Any]) -> ShardedView:
    shards = tuple(folder / name for name in index.pop("shards"))
    try:
        problems = {one["file"]: one for shard in shards for one in read_json(shard / SHARD)["left_out"]}
        kept = {split: _find_kept(folder, shards, split) for split in index["images"]}
    except FileNotFoundError as error:
        missing = Path(error.filename)
        raise UserError(f"{missing}: missing; run python -m stages.shard {missing.parent.name}") from None
    images = {split: len(rows.numbers) for split, rows in kept.items()}
    description = {**index, "images": images, "left_out": _sort_by_index(folder, problems)}
    view = ShardedView(folder, description, shards, kept)
    _check_classes(view)
    return view


def _sort_by_index(folder: Path, problems: Mapping[str, dict[str, str]]) -> list[dict[str, str]]:
    if not problems:
        return []
    files = pandas.read_csv(folder / WHOLE / INDEX, usecols=["file"], dtype=str, keep_default_na=False)["file"]
    return [problems[file] for file in files if file in problems]


def _find_kept(folder: Path, shards: tuple[Path, ...], split: str) -> Rows:
    """Return the images of a split that the shards have, in the order of the index."""
    number, place = numpy.load(folder / WHOLE / places_file(split)).T
    row = numpy.full(len(number), -1, dtype=numpy.int64)
    for shard, path in enumerate(shards):
        here = numpy.flatnonzero(number == shard)
        kept = numpy.load(path / kept_file(split))
        row[here[numpy.searchsorted(place[here], kept)]] = numpy.arange(len(kept))
    numbers = numpy.flatnonzero(row >= 0)
    return Rows(numbers, number[numbers], row[numbers])


def _check_classes(view: ShardedView) -> None:
    """Check that corrupt images, which the shards have left out, leave every class an image to train on.

    Raises:
        UserError: they leave none.
    """
    found = numpy.bincount(view.labels(TRAIN), minlength=len(view.classes))
    for name, count in zip(view.classes, found, strict=True):
        if not count:
            raise UserError(f"{view.folder}: all training images of {name} are corrupt; add some to the source")
    if empty := [split for split, count in view.description["images"].items() if not count]:
        raise UserError(f"{view.folder}: all {empty[0]} images are corrupt; add some to the source")
