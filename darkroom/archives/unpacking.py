"""A dataset's archives unpacked: images by split and class, whatever the layout, and their index."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from darkroom.archives import file_images, layout, pixel_batches, pixel_images, shard_images, table_images
from darkroom.archives.classes import check_classes
from darkroom.archives.file_images import Row
from darkroom.archives.groups import find_groups
from darkroom.archives.left_out import check_few
from darkroom.archives.subsets import draw_images
from darkroom.archives.suspicions import LEFT_OUT, Suspicion, find_alike
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.core.sorted_rows import SortedRows
from darkroom.core.splits import SPLITS
from darkroom.images.decoding.formats import is_row
from darkroom.images.decoding.images import INDEX
from darkroom.params.data import Dataset

COLUMNS = ["split", "class", "file", "bytes", "sha256", "archive", "member", "group"]
AnyImage = layout.Image | pixel_images.Image | shard_images.Image
Found = tuple[Sequence[AnyImage], list[Suspicion]]
"""Images, and what is odd about them."""


def plan_images(key: str, dataset: Dataset, raw: Path) -> Found:
    """Return every image of a dataset that is wanted, with its split, before anything is unpacked, and what is odd.

    Raises:
        UserError: what was delivered is not what ``layout`` and ``splits`` say, or a class has too few images.
    """
    planned, odd = list_images(key, dataset, raw)
    check_few(key, dataset.most_left_out, odd, len(planned))
    images: Sequence[AnyImage] = draw_images(key, dataset, planned)
    for split, lacking in check_classes(key, dataset.layout, images).items():
        progress.note(f"unzip {key}", f"{split} has no image of {', '.join(lacking)}")
    odd += find_alike(image.label for image in images)
    for each in (one for one in odd if one.kind != LEFT_OUT):
        progress.note(f"unzip {key}", f"{each.subject}: {each.what}")
    return images, odd


def list_images(key: str, dataset: Dataset, raw: Path) -> tuple[Sequence[AnyImage], list[Suspicion]]:
    """Return every image of a dataset, as its layout delivers them, and what is odd about the delivery.

    Raises:
        UserError: what was delivered is not what ``layout`` and ``splits`` say.
    """
    if dataset.layout in pixel_batches.LAYOUTS:
        return pixel_images.plan_images(key, dataset, raw), []
    images: Sequence[AnyImage]
    if dataset.layout in shard_images.READERS:
        images, odd = shard_images.plan_images(key, dataset, raw)
    else:
        delivered = table_images if dataset.table is not None else file_images
        images, odd = delivered.plan_images(key, dataset, raw)
    return find_groups(key, dataset, images), odd


def unpack_images(key: str, dataset: Dataset, images: Sequence[AnyImage], out: Path) -> None:
    """Unpack ``images`` into the empty folder ``out``, with the index: by split, class and file.

    Raises:
        UserError: the disk has too little space, or an image's bytes are corrupt in its archive.
    """
    if (needed := count_bytes(images)) > (free := shutil.disk_usage(out).free):
        raise UserError(
            f"{out.parent}: the images of datasets.{key} need {needed:,} bytes, the disk has {free:,}; free some space"
        )
    made = write_images(key, dataset, images, out)
    with SortedRows(out / INDEX, COLUMNS) as index:
        for row in progress.show_progress(made, len(images), f"unzip {key}", "images"):
            index.add(_order(row), row)


def count_bytes(images: Sequence[AnyImage]) -> int:
    """Return the bytes that images need on the disk: of several parts of one, its own once."""
    whole, parted = 0, {}
    for image in images:
        if isinstance(image, layout.Image) and image.part:
            parted[image.place] = image.bytes
        else:
            whole += image.bytes
    return whole + sum(parted.values())


def write_images(key: str, dataset: Dataset, images: Sequence[AnyImage], out: Path) -> Iterator[Row]:
    """Write ``images``, which are delivered in one way, to the folder ``out``, and yield each one's row of the index.

    Raises:
        UserError: an image's bytes are corrupt.
    """
    if dataset.layout in pixel_batches.LAYOUTS:
        return pixel_images.write_images(dataset.layout, cast(Sequence[pixel_images.Image], images), out)
    if dataset.layout in shard_images.READERS:
        return shard_images.write_images(key, dataset, cast(Sequence[shard_images.Image], images), out)
    return file_images.unpack_images(cast(Sequence[layout.Image], images), out)


def _order(row: Row) -> bytes:
    """Return by what the rows of the index are sorted: split, class, number in an array of images, and file."""
    split, label, file, *_ = row
    path = Path(file)
    number = int(path.name) if is_row(path) else 0
    return f"{SPLITS.index(split)}{label}\0{number:020}{file}".encode()
