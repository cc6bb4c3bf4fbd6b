"""A dataset's archives unpacked: images by split and class, whatever the layout, and their index."""

import shutil
from collections.abc import Sequence
from itertools import chain
from pathlib import Path, PurePosixPath

import pandas

from darkroom.archives import file_images, layout, pixel_batches, pixel_images, shard_images, table_images
from darkroom.archives.classes import check_classes
from darkroom.archives.file_images import Row
from darkroom.archives.groups import find_groups
from darkroom.archives.left_out import check_few
from darkroom.archives.subsets import draw_images
from darkroom.archives.suspicions import LEFT_OUT, Suspicion, find_alike
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.core.splits import SPLITS
from darkroom.images.decoding.formats import find_file, is_row
from darkroom.params.data import Dataset

COLUMNS = ["split", "class", "file", "bytes", "sha256", "archive", "member"]
AnyImage = layout.Image | pixel_images.Image | shard_images.Image
Found = tuple[list[AnyImage], list[Suspicion]]
"""Images, and what is odd about them."""


def plan_images(key: str, dataset: Dataset, raw: Path) -> Found:
    """Return every image of a dataset that is wanted, with its split, before anything is unpacked, and what is odd.

    Raises:
        UserError: what was delivered is not what ``layout`` and ``splits`` say, or a class has too few images.
    """
    planned, odd = list_images(key, dataset, raw)
    check_few(key, dataset.most_left_out, odd, len(planned))
    images: list[AnyImage] = draw_images(key, dataset, planned)
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


def unpack_images(key: str, dataset: Dataset, images: Sequence[AnyImage], out: Path) -> pandas.DataFrame:
    """Unpack ``images`` into the empty folder ``out`` and return the index: by split, class and file.

    Raises:
        UserError: the disk has too little space, or an image's bytes are corrupt in its archive.
    """
    pixels = [image for image in images if isinstance(image, pixel_images.Image)]
    files = [image for image in images if isinstance(image, layout.Image)]
    sharded = [image for image in images if isinstance(image, shard_images.Image)]
    sizes = {find_file(PurePosixPath(image.file)): image.bytes for image in files}  # once, of several parts of one
    needed = sum(sizes.values()) + sum(image.bytes for image in pixels) + sum(image.bytes for image in sharded)
    if needed > (free := shutil.disk_usage(out).free):
        raise UserError(
            f"{out.parent}: the images of datasets.{key} need {needed:,} bytes, the disk has {free:,}; free some space"
        )
    made = chain(
        pixel_images.write_images(dataset.layout, pixels, out),
        shard_images.write_images(key, dataset, sharded, out),
        file_images.unpack_images(files, out),
    )
    rows = sorted(progress.show_progress(made, len(images), f"unzip {key}", "images"), key=_order)
    index = pandas.DataFrame(rows, columns=COLUMNS)
    groups = {image.file: image.group for image in files if image.group is not None}
    groups |= {image.file: image.group for image in sharded if image.group is not None}
    return index.assign(group=index["file"].map(groups)) if groups else index


def _order(row: Row) -> tuple[int, str, int, str]:
    split, label, file, *_ = row
    path = Path(file)
    number = int(path.name) if is_row(path) else 0
    return SPLITS.index(split), label, number, file
