"""Images that are delivered as files in zip archives, by class folders or by their names."""

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from darkroom.archives.boxes import Part
from darkroom.archives.layout import Content, Found, Image, complete_split
from darkroom.archives.members import unpack
from darkroom.archives.named_contents import read_contents
from darkroom.archives.reading import find_reading
from darkroom.archives.suspicions import Suspicion, find_deeper
from darkroom.core.errors import UserError
from darkroom.images.decoding.crops import is_inside
from darkroom.images.decoding.formats import CorruptImageError
from darkroom.images.decoding.reading import read_size
from darkroom.params.data import Dataset

Row = tuple[str, str, str, int, str, str, str]
"""A row of the index: split, class, file, bytes, sha256, archive, member."""


def plan_images(key: str, dataset: Dataset, raw: Path) -> Found:
    """Return every image in the zip archives of a dataset with its place, before anything is unpacked, and what is odd.

    Raises:
        UserError: an archive is missing, unsafe or corrupt, or a class folder has no images.
    """
    found, guesses = read_contents(key, dataset, raw, find_reading(key, dataset))
    images, odd = complete_splits(key, dataset, found)
    if is_level_open(dataset):
        guesses += find_deeper(key, list_inside(each for contents in found.values() for each in contents))
    return images, odd + guesses


def complete_splits(key: str, dataset: Dataset, found: Mapping[str, Sequence[Content]]) -> Found:
    """Return the images of every split that has contents, and what is odd about each.

    Raises:
        UserError: a split has no images, or a class folder of it has none.
    """
    images: list[Image] = []
    odd: list[Suspicion] = []
    for split, contents in found.items():
        if contents:
            more, strange = complete_split(f"datasets.{key}.splits.{split}", dataset, split, contents)
            images, odd = images + more, odd + strange
    return images, odd


def is_level_open(dataset: Dataset) -> bool:
    """Return whether a data set leaves it open which folder is the class of an image."""
    return dataset.layout == "class-folders" and dataset.class_level is None


def list_inside(contents: Iterable[Content]) -> dict[str, set[str]]:
    """Return the folders in each class that has no image but in some."""
    held: dict[str, set[str]] = {}
    direct: set[str] = set()
    for (label, *rest), _ in (image for each in contents for image in each.images):
        if len(rest) > 1:
            held.setdefault(label, set()).add(rest[0])
        else:
            direct.add(label)
    return {label: names for label, names in held.items() if label not in direct}


def unpack_images(images: Sequence[Image], out: Path) -> Iterator[Row]:
    """Unpack images into a folder for each class, and yield each one's row of the index; of several parts each one's.

    Raises:
        UserError: an image's bytes are corrupt in its archive, or a part does not lie in it.
    """
    for folder in {(image.split, image.label) for image in images}:
        out.joinpath(*folder).mkdir(parents=True)
    stored = sorted(images, key=lambda image: (image.archive, image.member.header_offset, image.place))
    for archive, group in groupby(stored, key=lambda image: image.archive):
        with zipfile.ZipFile(archive) as opened:
            for place, parts in groupby(group, key=lambda image: image.place):
                first, *others = parts
                digest = unpack(opened, first.member, out / place)
                for image in (first, *others):
                    if image.part is not None:
                        check_inside(out / place, image.part)
                    where = archive.name, image.member.filename
                    yield image.split, image.label, image.file, image.bytes, digest, *where


def check_inside(path: Path, part: Part) -> None:
    """Check that a box lies in the image in a file, if that is an image at all: if not, it is a corrupt one.

    Raises:
        UserError: it does not.
    """
    try:
        width, height = read_size(path)
    except CorruptImageError:
        return
    if not is_inside(part.box, (width, height)):
        raise UserError(f"{part.where}: outside the image, which has {width}×{height} pixels; mend that line")
