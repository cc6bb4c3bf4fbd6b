"""From the members of zip archives to classes: which image is of which class, and the name it gets.

In the layout class-folders the class of an image is the first of its folders that not all images of its archive share,
so that ``seg_train/seg_train/sea/1.jpg``, ``seg_train/sea/1.jpg`` and ``sea/1.jpg`` are all of the class ``sea``. In
the layout class-in-name it is the file's name up to the first dot: ``train/cat.1234.jpg`` is of the class ``cat``; or
what a pattern finds in it. In the layout csv it stands in a table. ``class_level`` says that the class is a deeper
folder; a few images beside the class folders are left out.

A class has one name however it is spelled: Unicode writes ``é`` in two ways, and macOS another than most.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from unicodedata import normalize

from darkroom.archives.boxes import Part
from darkroom.archives.classes import FORMS
from darkroom.archives.labels import label_by_folder, label_by_name
from darkroom.archives.members import Members, Parts, split_name
from darkroom.archives.name_labels import label_by_pattern, label_later
from darkroom.archives.names import LONGEST
from darkroom.archives.suspicions import Suspicion
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
    member: zipfile.ZipInfo
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


Found = tuple[list[Image], list[Suspicion]]
"""Images, and what is odd about them."""


@dataclass(frozen=True)
class Content:
    """The content of one archive, or of one folder within it."""

    archive: Path
    images: Members
    """Class, deeper folders and name of each image, in the order of the names."""
    labels: set[str]
    """Every class folder, with or without images."""
    others: list[str]
    """Files that are no images."""
    loose: list[str]
    """Images beside the class folders, which are left out."""


def sort_members(dataset: Dataset, archive: Path, members: Iterable[zipfile.ZipInfo], top: Parts) -> Content:
    """Sort the members beneath the folder ``top`` of an archive into classes; litter of file managers is left out.

    Raises:
        UserError: an image has no class.
    """
    inside = [
        (parts[len(top) :], member)
        for member in members
        if (parts := split_name(member))[: len(top)] == top and len(parts) > len(top)
    ]
    files = [(parts, member) for parts, member in inside if not member.is_dir() and not is_litter(member.filename)]
    chosen = [(parts, member) for parts, member in files if is_image_name(parts[-1]) and not is_hidden(parts[:-1])]
    folders = {parts if member.is_dir() else parts[:-1] for parts, member in inside}
    images, labels = label_images(dataset, archive, chosen, folders)
    images = [((normalize("NFC", label), *rest), member) for (label, *rest), member in images]
    images.sort(key=lambda image: (image[0], image[1].header_offset))
    labels = {normalize("NFC", label) for label in labels} if images else set()
    return Content(archive, images, labels, _list_names(files, chosen), _list_names(chosen, images))


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


def _list_names(all_of_them: Members, chosen: Members) -> list[str]:
    """Return the names of the members that were not chosen, sorted."""
    return sorted({member.filename for _, member in all_of_them} - {member.filename for _, member in chosen})


def place_images(split: str, contents: Iterable[Content]) -> Iterator[Image]:
    """Yield each image with a file name that no other of its class has, in the order of archives and names.

    Deeper folders become part of the name (``a/1.jpg``: ``a-1.jpg``); a name that an earlier image has is preceded by
    the archive's.

    Raises:
        UserError: such a name is too long.
    """
    taken: set[tuple[str, str]] = set()
    for each in contents:
        for (label, *rest), member in each.images:
            name = "-".join(rest)
            stem = each.archive.stem
            for number in count(1):
                if (label, name) not in taken:
                    break
                name = "-".join([stem, *([str(number)] if number > 1 else []), *rest])
            if len(name.encode()) > LONGEST:
                raise UserError(
                    f"{each.archive}: member {member.filename!r} needs a file name of over {LONGEST} bytes; shorten it"
                )
            taken.add((label, name))
            yield Image(split, label, name, each.archive, member)


def complete_split(where: str, dataset: Dataset, split: str, contents: Sequence[Content]) -> Found:
    """Return the images of a split, and what is odd about it.

    Raises:
        UserError: there are none; or none in some class folder, and the data set says that this is refused.
    """
    images = list(place_images(split, contents))
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
