"""Images that are delivered as pixels: read as a stream, and written to one array for each split and class.

Tens of thousands of small files would be slow to hash, keep and share; ``<split>/<class>.npy`` is uint8, (images,
height, width[, 3]).
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy

from darkroom.archives.expansion import find_allowed
from darkroom.archives.file_images import Row
from darkroom.archives.lacking import make_error
from darkroom.archives.names import check_writable
from darkroom.archives.pixel_batches import Batch, make_finder, read_blocks
from darkroom.core.errors import UserError
from darkroom.core.growing_array import GrowingArray
from darkroom.core.splits import SPLITS
from darkroom.images.decoding.formats import ARRAY
from darkroom.params.data import Dataset
from darkroom.params.yaml_files import FILE


@dataclass(frozen=True, slots=True)
class Image:
    """An image in a batch, and the split that it goes to."""

    split: str
    label: str
    batch: Batch
    number: int
    """Its place in the batch, from 0."""

    @property
    def name(self) -> str:
        """Its name in the index."""
        return f"{self.batch.member}#{self.number}"

    @property
    def bytes(self) -> int:
        """The size of its pixels."""
        height, width, *channels = self.batch.shape
        return height * width * (channels[0] if channels else 1)


def plan_images(key: str, dataset: Dataset, raw: Path) -> list[Image]:
    """Return every image of a dataset of pixels, before anything is written.

    Raises:
        UserError: a file is missing, corrupt, of another format or to be renamed, or a batch is named in two splits.
    """
    entries = sorted(raw.iterdir()) if raw.is_dir() else []
    find = make_finder(dataset.layout, entries, find_allowed(key, dataset))
    homes: dict[Batch, str] = {}
    for split in SPLITS:
        for name in getattr(dataset.splits, split):
            where = f"datasets.{key}.splits.{split}"
            if not (meant := find(name)):
                raise make_error(where, name, raw, entries, dataset.layout)
            for batch in meant:
                check_writable(batch.archive)
                if homes.setdefault(batch, split) != split:
                    raise UserError(
                        f"{FILE}: {where}: {batch.member} is in {homes[batch]} already; an image must not stand in two"
                    )
    check_sizes(homes)
    return [
        Image(split, label, batch, number)
        for batch, split in homes.items()
        for number, label in enumerate(batch.labels)
    ]


def check_sizes(batches: Sequence[Batch] | dict[Batch, str]) -> None:
    """Require that all images have one size.

    Raises:
        UserError: they have not.
    """
    first, *others = batches
    for other in others:
        if other.shape != first.shape:
            raise UserError(
                f"{other.archive}: images of {other.shape[1]}×{other.shape[0]}, but {first.archive.name} has "
                f"{first.shape[1]}×{first.shape[0]}; give files of one size"
            )


def write_images(layout: str, images: Sequence[Image], out: Path) -> Iterator[Row]:
    """Write ``images`` to the folder ``out``, and yield each one's row of the index.

    Raises:
        UserError: a file is corrupt.
        OSError: the disk is full.
    """
    for split in {image.split for image in images}:
        (out / split).mkdir(parents=True)
    with ExitStack() as stack:
        arrays = {
            (image.split, image.label): stack.enter_context(
                GrowingArray(out / image.split / f"{image.label}{ARRAY}", image.batch.shape)
            )
            for image in {(image.split, image.label): image for image in images}.values()
        }
        for image, pixels in read_images(layout, images):
            row = arrays[image.split, image.label].append(pixels)
            file = f"{image.split}/{image.label}{ARRAY}/{row}"
            digest = hashlib.sha256(pixels.data).hexdigest()
            yield image.split, image.label, file, pixels.nbytes, digest, image.batch.archive.name, image.name, None


def read_images(layout: str, images: Sequence[Image]) -> Iterator[tuple[Image, numpy.ndarray]]:
    """Yield ``images`` with their pixels, uint8, (height, width) or (height, width, 3), in the order of their archives.

    Raises:
        UserError: a file is corrupt.
    """
    wanted = {(image.batch.archive, image.batch.member, image.number): image for image in images}
    for archive in dict.fromkeys(image.batch.archive for image in images):
        done: dict[str, int] = {}
        for member, block in read_blocks(layout, archive):
            start = done.get(member, 0)
            done[member] = start + len(block)
            for number, pixels in enumerate(block, start):
                if image := wanted.get((archive, member, number)):
                    yield image, pixels
