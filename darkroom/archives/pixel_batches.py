"""Files that hold many images as pixels, with their labels, whatever their layout."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy

from darkroom.archives import binary_batches, idx
from darkroom.archives.archives import matches
from darkroom.archives.expansion import Expansion

LAYOUTS = ("cifar10-binary", "idx")


@dataclass(frozen=True)
class Batch:
    """Images of one size, as a file or a member of an archive holds them."""

    archive: Path
    member: str
    shape: tuple[int, ...]
    """Of one image: (height, width) or (height, width, 3)."""
    labels: list[str] = field(compare=False)
    """The class of each image."""


def make_finder(layout: str, entries: Sequence[Path], allowed: Expansion) -> Callable[[str], list[Batch]]:
    """Return a function that gives the batches in the files ``entries`` that a name under ``splits`` means.

    Raises:
        UserError: a file is corrupt, of another format, or unpacks to more than is ``allowed``; so does the function.
    """
    if layout == "cifar10-binary":
        shape = (binary_batches.SIDE, binary_batches.SIDE, 3)
        known = [
            (stem, Batch(path, f"{stem}{binary_batches.BATCH}", shape, labels))
            for path in entries
            if binary_batches.is_tar(path)
            for stem, labels in binary_batches.read_labels(path, allowed).items()
        ]
        return lambda name: [batch for stem, batch in known if matches(stem, name, (binary_batches.BATCH,))]

    def pairs(name: str) -> list[Batch]:
        found = []
        for images, labels in idx.find_pairs(entries, name):
            count, *shape = idx.read_shape(images, allowed)
            found.append(Batch(images, idx.name_member(images), tuple(shape), idx.read_labels(labels, images, count)))
        return found

    return pairs


def read_blocks(layout: str, archive: Path) -> Iterator[tuple[str, numpy.ndarray]]:
    """Yield the member of each batch in a file with some of its images, uint8, in the file's order.

    Raises:
        UserError: the file is corrupt.
    """
    if layout == "cifar10-binary":
        for stem, block in binary_batches.read_blocks(archive):
            yield f"{stem}{binary_batches.BATCH}", block
    else:
        for block in idx.read_blocks(archive):
            yield idx.name_member(archive), block
