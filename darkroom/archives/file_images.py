"""Images that are delivered as files in zip archives, by class folders or by their names."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, tee
from pathlib import Path

import numpy

from darkroom.archives.boxes import Part
from darkroom.archives.layout import Content, Found, Image, complete_split
from darkroom.archives.listed import Images
from darkroom.archives.members import unpack
from darkroom.archives.named_contents import read_contents
from darkroom.archives.reading import find_reading
from darkroom.archives.suspicions import Suspicion, find_deeper
from darkroom.archives.zip_directory import Directory
from darkroom.core.errors import UserError
from darkroom.images.decoding.crops import is_inside
from darkroom.images.decoding.formats import CorruptImageError
from darkroom.images.decoding.reading import read_size
from darkroom.params.data import Dataset

Row = tuple[str, str, str, int, str, str, str, str | None]
"""A row of the index: split, class, file, bytes, sha256, archive, member, group."""


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
    placed: list[Sequence[Image]] = []
    odd: list[Suspicion] = []
    for split, contents in found.items():
        if contents:
            more, strange = complete_split(f"datasets.{key}.splits.{split}", dataset, split, contents)
            placed.append(more)
            odd += strange
    return Images([len(each) for each in placed], lambda split, number: placed[split][number]), odd


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
    for numbers in order_by_place(images):
        stored = (images[int(number)] for number in numbers)
        files = (list(parts) for _, parts in groupby(stored, key=lambda image: image.place))
        yield from _unpack_files(images[int(numbers[0])].member.directory, files, out)


def order_by_place(images: Sequence[Image]) -> list[numpy.ndarray]:
    """Return the numbers of the images of each archive, by their places in it, of one member by their files."""
    codes: dict[Path, int] = {}
    archives, offsets = array("q"), array("q")
    for image in images:
        archives.append(codes.setdefault(image.archive, len(codes)))
        offsets.append(image.member.header_offset)
    found = []
    for archive in sorted(codes):
        numbers = numpy.flatnonzero(numpy.asarray(archives) == codes[archive])
        places = numpy.asarray(offsets)[numbers]
        order = numbers[numpy.argsort(places, kind="stable")]
        if (numpy.diff(numpy.sort(places)) == 0).any():
            order = numpy.array(sorted(order, key=lambda one: (offsets[one], images[int(one)].place)))
        found.append(order)
    return found


def _unpack_files(directory: Directory, files: Iterator[list[Image]], out: Path) -> Iterator[Row]:
    """Unpack files of an archive, each given as its image or as the parts of that, and yield the rows of these."""
    files, read = tee(files)
    members = directory.read(first.member.number for first, *_ in read)
    made: set[Path] = set()
    for parts, (member, opened) in zip(files, members, strict=True):
        place = out / parts[0].place
        if place.parent not in made:
            place.parent.mkdir(parents=True, exist_ok=True)
            made.add(place.parent)
        digest = unpack(opened, member, place)
        for image in parts:
            if image.part is not None:
                check_inside(place, image.part)
            where = directory.archive.name, member.filename
            yield image.split, image.label, image.file, image.bytes, digest, *where, image.group


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
