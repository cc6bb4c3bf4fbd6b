"""Images that are delivered as files in zip archives, by class folders or by their names."""

import zipfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from darkroom.archives.archives import find_places, keep_outermost, respell
from darkroom.archives.encodings import describe_guess
from darkroom.archives.endings import is_zip
from darkroom.archives.lacking import make_error
from darkroom.archives.layout import Content, Found, Image, complete_split, sort_members
from darkroom.archives.members import Listing, Parts, inspect_members, unpack
from darkroom.archives.names import check_writable
from darkroom.archives.reading import Reading, find_reading
from darkroom.archives.suspicions import Suspicion, find_deeper
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.core.splits import SPLITS
from darkroom.params.data import Dataset
from darkroom.params.yaml_files import FILE

SHOWN = 3
"""Names of skipped files that the log shows."""
Row = tuple[str, str, str, int, str, str, str]
"""A row of the index: split, class, file, bytes, sha256, archive, member."""


def find_sources(where: str, names: Sequence[str], raw: Path, reading: Reading) -> list[tuple[Path, Parts]]:
    """Return each archive that the names of a split mean, with the folder in it that holds the split, in their order.

    A folder within another that is meant, too, is not named again: its images are the other's.

    Raises:
        UserError: a name means nothing that is in ``raw``, or what must be renamed.
    """
    archives = sorted(path for path in raw.iterdir() if is_zip(path)) if raw.is_dir() else []
    chosen: dict[tuple[Path, Parts], None] = {}
    for name in names:
        meant = find_places(archives, name, reading)
        for spelled in [] if meant else respell(archives, name, reading):
            meant += find_places(archives, spelled, reading)
        if not meant:
            raise make_error(where, name, raw, archives)
        chosen |= dict.fromkeys(meant)
    for archive, _ in chosen:
        check_writable(archive)
    return keep_outermost(chosen)


def plan_images(key: str, dataset: Dataset, raw: Path) -> Found:
    """Return every image in the zip archives of a dataset with its place, before anything is unpacked, and what is odd.

    Raises:
        UserError: an archive is missing, unsafe or corrupt, or a class folder has no images.
    """
    members: dict[Path, Listing] = {}
    images: list[Image] = []
    odd: list[Suspicion] = []
    everything: list[Content] = []
    used: list[tuple[str, Path, Parts]] = []
    reading = find_reading(key, dataset)
    for split in SPLITS:
        where, names = f"datasets.{key}.splits.{split}", getattr(dataset.splits, split)
        contents: list[Content] = []
        for archive, top in find_sources(where, names, raw, reading):
            check_apart(where, split, archive, top, used)
            used.append((split, archive, top))
            if archive not in members:
                members[archive] = inspect_members(archive, reading)
            contents.append(sort_members(dataset, archive, members[archive].members, top))
        note_others(key, split, [other for each in contents for other in each.others])
        found, more = complete_split(where, dataset, split, contents) if names else ([], [])
        images, odd, everything = images + found, odd + more, everything + contents
    odd += [
        Suspicion("names", archive.name, describe_guess(listing.guessed, reading.encoding))
        for archive, listing in members.items()
        if listing.guessed
    ]
    return images, [*odd, *(find_deeper(key, list_inside(everything)) if is_level_open(dataset) else ())]


def is_level_open(dataset: Dataset) -> bool:
    """Return whether a data set leaves it open which folder is the class of an image."""
    return dataset.layout == "class-folders" and dataset.class_level is None


def list_inside(contents: Sequence[Content]) -> dict[str, set[str]]:
    """Return the folders in each class that has no image but in some."""
    held: dict[str, set[str]] = {}
    direct: set[str] = set()
    for (label, *rest), _ in (image for each in contents for image in each.images):
        if len(rest) > 1:
            held.setdefault(label, set()).add(rest[0])
        else:
            direct.add(label)
    return {label: names for label, names in held.items() if label not in direct}


def check_apart(where: str, split: str, archive: Path, top: Parts, used: Sequence[tuple[str, Path, Parts]]) -> None:
    """Check that what a split names is in no other split.

    Raises:
        UserError: it is.
    """
    for home, taken, other in used:
        if home != split and taken == archive and do_overlap(top, other):
            raise UserError(
                f"{FILE}: {where}: {archive.name} is in {home} already; an image must not stand in two splits"
            )


def do_overlap(one: Parts, other: Parts) -> bool:
    """Return whether two folders of an archive are the same, or one lies in the other."""
    depth = min(len(one), len(other))
    return one[:depth] == other[:depth]


def note_others(key: str, split: str, others: Sequence[str]) -> None:
    """Say how many files of a split are skipped, and name a few."""
    if others:
        more = ", …" if len(others) > SHOWN else ""
        text = f"{split}: {len(others):,} skipped, no images or in hidden folders: {', '.join(others[:SHOWN])}{more}"
        progress.note(f"unzip {key}", text)


def unpack_images(images: Sequence[Image], out: Path) -> Iterator[Row]:
    """Unpack images into a folder for each class, and yield each one's row of the index.

    Raises:
        UserError: an image's bytes are corrupt in its archive.
    """
    for folder in {(image.split, image.label) for image in images}:
        out.joinpath(*folder).mkdir(parents=True)
    stored = sorted(images, key=lambda image: (image.archive, image.member.header_offset))
    for archive, group in groupby(stored, key=lambda image: image.archive):
        with zipfile.ZipFile(archive) as opened:
            for image in group:
                member = image.member
                digest = unpack(opened, member, out / image.file)
                yield image.split, image.label, image.file, image.bytes, digest, archive.name, member.filename
