"""From the members of zip archives to classes: which image is of which class, and the name it gets.

In the layout class-folders the class of an image is the first of its folders that not all images of its archive share,
so that ``seg_train/seg_train/sea/1.jpg``, ``seg_train/sea/1.jpg`` and ``sea/1.jpg`` are all of the class ``sea``. In
the layout class-in-name it is the file's name up to the first dot: ``train/cat.1234.jpg`` is of the class ``cat``; or
what a pattern finds in it. In the layout csv it stands in a table. ``class_level`` says that the class is a deeper
folder; a few images beside the class folders are left out.

A class has one name however it is spelled: Unicode writes ``é`` in two ways, and macOS another than most.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from unicodedata import normalize

import numpy

from darkroom.archives.boxes import Part
from darkroom.archives.classes import FORMS
from darkroom.archives.labels import label_by_folder, label_by_name
from darkroom.archives.listed import Images, Members
from darkroom.archives.members import Parts
from darkroom.archives.name_labels import label_by_pattern, label_later
from darkroom.archives.names import LONGEST
from darkroom.archives.suspicions import Suspicion
from darkroom.archives.zip_directory import Directory, Member
from darkroom.core.errors import UserError
from darkroom.images.decoding.formats import is_hidden, is_image_name, is_litter
from darkroom.params.data import Dataset
from darkroom.params.yaml_files import FILE


@dataclass(frozen=True)
class Image:
    """A member of an archive and the place where it is unpacked."""

    split: str
    label: str
    name: str
    archive: Path
    member: Member
    group: str | None = None
    """What must not stand in two splits, if it is known."""
    part: Part | None = None
    """The part of the image that is meant, if not all of it."""

    @property
    def path(self) -> str:
        """Its path in the archive."""
        return self.member.filename

    @property
    def place(self) -> str:
        """The path of its file below the folder of images."""
        return f"{self.split}/{self.label}/{self.name}"

    @property
    def file(self) -> str:
        """The path in the index: that of its file, or of the part in it."""
        return self.place if self.part is None else f"{self.place}/{self.part}"

    @property
    def bytes(self) -> int:
        """The size of the file, as the archive declares it."""
        return self.member.file_size


Found = tuple[Sequence[Image], list[Suspicion]]
"""Images, and what is odd about them."""


@dataclass(frozen=True)
class Content:
    """The content of one archive, or of one folder within it."""

    archive: Path
    images: Sequence[tuple[Parts, Member]]
    """Class, deeper folders and name of each image, in the order of the names."""
    labels: set[str]
    """Every class folder, with or without images."""
    others: list[str]
    """Files that are no images."""
    loose: list[str]
    """Images beside the class folders, which are left out."""


def sort_members(dataset: Dataset, archive: Path, directory: Directory, top: Parts) -> Content:
    """Sort the members beneath the folder ``top`` of an archive into classes; litter of file managers is left out.

    Raises:
        UserError: an image has no class.
    """
    depth = len(top)
    inside = Members.of(directory).select(lambda _, parts: parts[:depth] == top and len(parts) > depth)
    inside = inside.cut(lambda parts: parts[depth:])
    files = inside.select(lambda name, _: not name.endswith("/") and not is_litter(name))
    chosen = files.select(lambda _, parts: is_image_name(parts[-1]) and not is_hidden(parts[:-1]))
    folders = {parts if name.endswith("/") else parts[:-1] for name, parts in inside.pairs()}
    images, labels = label_images(dataset, archive, chosen, folders)
    images = images.cut(lambda parts: (normalize("NFC", parts[0]), *parts[1:])).sort()
    labels = {normalize("NFC", label) for label in labels} if images else set()
    return Content(archive, images, labels, files.list_others(chosen), chosen.list_others(images))


def label_images(
    dataset: Dataset, archive: Path, chosen: Members, folders: Iterable[Parts]
) -> tuple[Members, set[str]]:
    """Return the images of an archive with their class before what is beneath it, and every class folder.

    Raises:
        UserError: an image has no class.
    """
    if dataset.class_pattern is not None:
        return label_by_pattern(dataset.class_pattern, archive, chosen), set()
    if dataset.layout == "csv":
        return label_later(chosen), set()
    if dataset.layout == "class-in-name":
        return label_by_name(archive, chosen), set()
    return label_by_folder(archive, chosen, folders, dataset.class_level)


def place_images(split: str, contents: Sequence[Content]) -> Sequence[Image]:
    """Return each image with a file name that no other of its class has, in the order of archives and names.

    Deeper folders become part of the name (``a/1.jpg``: ``a-1.jpg``); a name that an earlier image has is preceded by
    the archive's.

    Raises:
        UserError: such a name is too long.
    """
    renamed = rename_images(contents) if has_namesakes(contents) else {}

    def place(content: int, number: int) -> Image:
        each = contents[content]
        (label, *rest), member = each.images[number]
        return Image(split, label, renamed.get((content, number), "-".join(rest)), each.archive, member)

    for content, number, name in iterate_names(contents):
        if len(renamed.get((content, number), name).encode()) > LONGEST:
            each = contents[content]
            raise UserError(
                f"{each.archive}: member {each.images[number][1].filename!r} needs a file name of over {LONGEST} "
                "bytes; shorten it"
            )
    return Images([len(each.images) for each in contents], place)


def iterate_names(contents: Iterable[Content]) -> Iterator[tuple[int, int, str]]:
    """Yield the number of each image's content, its own there, and its name where no other has that."""
    for content, each in enumerate(contents):
        for number, ((_, *rest), _) in enumerate(each.images):
            yield content, number, "-".join(rest)


def has_namesakes(contents: Sequence[Content]) -> bool:
    """Return whether two images of a class have one name, or, which hardly happens, two names one hash."""
    each = (hash((parts[0], "-".join(parts[1:]))) for content in contents for parts, _ in content.images)
    hashes = numpy.fromiter(each, dtype=numpy.int64)
    hashes.sort()
    return bool((hashes[1:] == hashes[:-1]).any())


def rename_images(contents: Iterable[Content]) -> dict[tuple[int, int], str]:
    """Return the names of the images whose own another one of their class has, by their contents and numbers there."""
    taken: set[tuple[str, str]] = set()
    renamed: dict[tuple[int, int], str] = {}
    for content, each in enumerate(contents):
        for place, ((label, *rest), _) in enumerate(each.images):
            name = "-".join(rest)
            for number in count(1):
                if (label, name) not in taken:
                    break
                renamed[content, place] = name = "-".join(
                    [each.archive.stem, *([str(number)] if number > 1 else []), *rest]
                )
            taken.add((label, name))
    return renamed


def complete_split(where: str, dataset: Dataset, split: str, contents: Sequence[Content]) -> Found:
    """Return the images of a split, and what is odd about it.

    Raises:
        UserError: there are none; or none in some class folder, and the data set says that this is refused.
    """
    images = place_images(split, contents)
    names = ", ".join(sorted({each.archive.name for each in contents}))
    if not images:
        raise UserError(f"{FILE}: {where}: no image in {names}; {FORMS[dataset.layout]}")
    empty = sorted({label for each in contents for label in each.labels} - {image.label for image in images})
    if empty and dataset.empty_classes == "refuse":
        key = where.partition(".splits")[0]
        raise UserError(
            f"{FILE}: {where}: no image in the class folders {', '.join(empty)} of {names}; "
            f"add images, remove the folders, or leave them out with {key}.empty_classes: leave-out"
        )
    why = f"a folder of {names} without an image: left out"
    odd = [Suspicion("empty class", f"{split}/{label}", why) for label in empty]
    odd += [
        Suspicion("loose image", f"{each.archive.name}: {name}", "stands in no class folder: left out")
        for each in contents
        for name in each.loose
    ]
    return images, odd
