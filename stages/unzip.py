"""Images by split and class, and an index.

Reads the archives of a dataset (``data/raw/<dataset>``); writes ``<split>/<class>/<file>`` and ``index.csv`` (split,
class, file, bytes, sha256, archive, member; ``file`` relative to the folder). Only what is an image by its name is
unpacked. The class of an image is the first of its folders that not all images of its archive share.
"""

import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pandas

from stages import progress
from stages.archives import found, is_archive, not_found, shared_folders
from stages.errors import UserError
from stages.formats import is_image_name, is_litter
from stages.members import LONGEST, Parts, inspected, parts_of
from stages.parameters.base import FILE
from stages.parameters.data import Dataset

INDEX = "index.csv"
COLUMNS = ["split", "class", "file", "bytes", "sha256", "archive", "member"]
SPLITS = ("train", "test")
SHOWN = 3
"""Names of skipped files that the log shows."""


@dataclass(frozen=True)
class Image:
    """A member of an archive and the place where it is unpacked."""

    split: str
    label: str
    name: str
    archive: Path
    member: zipfile.ZipInfo

    @property
    def file(self) -> str:
        """The path below the folder of images."""
        return f"{self.split}/{self.label}/{self.name}"


@dataclass(frozen=True)
class Content:
    """What one archive, or one folder within it, holds."""

    archive: Path
    images: list[tuple[Parts, zipfile.ZipInfo]]
    """Class, deeper folders and name of each image, in the order of the names."""
    labels: set[str]
    """Every class folder, with or without images."""
    others: list[str]
    """Files that are no images."""


def content(archive: Path, members: Iterable[zipfile.ZipInfo], top: Parts) -> Content:
    """Sort the members beneath the folder ``top`` of an archive into classes; litter of file managers is left out.

    Raises:
        UserError: an image stands outside the class folders.
    """
    inside = [
        (parts[len(top) :], member)
        for member in members
        if (parts := parts_of(member))[: len(top)] == top and len(parts) > len(top) and not is_litter(member.filename)
    ]
    # Folders such as .ipynb_checkpoints hold copies of images and are no classes.
    shown = [
        (parts, member) for parts, member in inside if not any(part.startswith(".") for part in _folders(parts, member))
    ]
    images = [(parts, member) for parts, member in shown if not member.is_dir() and is_image_name(parts[-1])]
    kept = {id(member) for _, member in images}
    others = [member.filename for _, member in inside if not member.is_dir() and id(member) not in kept]
    shared = shared_folders([parts[:-1] for parts, _ in images]) if images else ()
    for parts, member in images:
        if len(parts) < len(shared) + 2:
            raise UserError(
                f"{archive}: image {member.filename!r} stands in no class folder; "
                "the layout is <archive>/<class>/<image>, so move it into a class folder or remove it"
            )
    folders = [_folders(parts, member) for parts, member in shown]
    labels = {
        folder[len(shared)] for folder in folders if len(folder) > len(shared) and folder[: len(shared)] == shared
    }
    images = [(parts[len(shared) :], member) for parts, member in images]
    images.sort(key=lambda image: (image[0], image[1].header_offset))
    return Content(archive, images, labels if images else set(), sorted(others))


def _folders(parts: Parts, member: zipfile.ZipInfo) -> Parts:
    return parts if member.is_dir() else parts[:-1]


def placed(split: str, contents: Iterable[Content]) -> Iterator[Image]:
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


def planned(key: str, dataset: Dataset, raw: Path) -> list[Image]:
    """Return every image of a dataset with its place, before anything is unpacked.

    Raises:
        UserError: an archive is missing, unsafe or damaged, or the classes are not complete.
    """
    entries = sorted(raw.iterdir()) if raw.is_dir() else []
    archives = [path for path in entries if is_archive(path)]
    members: dict[Path, list[zipfile.ZipInfo]] = {}
    images: list[Image] = []
    for split, names in zip(SPLITS, (dataset.splits.train, dataset.splits.test), strict=True):
        where = f"datasets.{key}.splits.{split}"
        sources: dict[tuple[Path, Parts], None] = {}
        for name in names:
            here = found(archives, name)
            if not here:
                raise not_found(where, name, raw, archives)
            sources |= dict.fromkeys(here)
        for archive, _ in sources:
            if archive not in members:
                members[archive] = inspected(archive, dataset.max_expansion, f"datasets.{key}.max_expansion")
        contents = [content(archive, members[archive], top) for archive, top in sources]
        report_others(f"unzip {key}", split, [other for each in contents for other in each.others])
        images += complete(where, split, contents)
    check_classes(key, images)
    return images


def report_others(task: str, split: str, others: Sequence[str]) -> None:
    """Note how many files of a split are no images, and name a few."""
    if others:
        more = ", …" if len(others) > SHOWN else ""
        progress.note(task, f"{split}: {len(others):,} files skipped, no images: {', '.join(others[:SHOWN])}{more}")


def complete(where: str, split: str, contents: Sequence[Content]) -> list[Image]:
    """Return the images of a split.

    Raises:
        UserError: there are none, or none in some class folder.
    """
    images = list(placed(split, contents))
    names = ", ".join(sorted({each.archive.name for each in contents}))
    if not images:
        raise UserError(f"{FILE}: {where}: no image in {names}; give archives of <class>/<image>")
    empty = sorted({label for each in contents for label in each.labels} - {image.label for image in images})
    if empty:
        raise UserError(
            f"{FILE}: {where}: no image in the class folders {', '.join(empty)} of {names}; "
            "add images or remove the folders"
        )
    return images


def check_classes(key: str, images: Sequence[Image]) -> None:
    """Note classes that are only in train.

    Raises:
        UserError: a class is only in test, or train has a single class.
    """
    train, test = ({image.label for image in images if image.split == split} for split in SPLITS)
    if len(train) < 2:
        raise UserError(
            f"{FILE}: datasets.{key}.splits.train: all images are of one class, {min(train)!r}; "
            "the layout is <archive>/<class>/<image>, with two classes or more"
        )
    if unknown := sorted(test - train):
        raise UserError(
            f"{FILE}: datasets.{key}.splits.test: the classes {', '.join(unknown)} are not in train, "
            f"which has {', '.join(sorted(train))}; add training images of them or remove them from test"
        )
    if untested := sorted(train - test):
        progress.note(f"unzip {key}", f"no test image of the classes {', '.join(untested)}")


def unpacked(key: str, images: Sequence[Image], out: Path) -> pandas.DataFrame:
    """Unpack ``images`` into the empty folder ``out`` and return the index, a row for each.

    Raises:
        UserError: the disk has too little space, or an image's bytes are damaged in its archive.
    """
    needed, free = sum(image.member.file_size for image in images), shutil.disk_usage(out).free
    if needed > free:
        raise UserError(
            f"{out.parent}: the images of datasets.{key} need {needed:,} bytes, the disk has {free:,}; free some space"
        )
    for folder in {image.file.rpartition("/")[0] for image in images}:
        (out / folder).mkdir(parents=True)
    rows = []
    ordered = sorted(images, key=lambda image: (image.archive, image.member.header_offset))
    opened: zipfile.ZipFile | None = None
    for image in progress.followed(ordered, len(ordered), f"unzip {key}", "images"):
        ...
    return pandas.DataFrame(rows, columns=COLUMNS)
