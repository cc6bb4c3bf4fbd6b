"""Images that are delivered as files in zip archives, by class folders or by their names."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath

from darkroom.archives.archives import find_places, is_archive, keep_outermost, make_error
from darkroom.archives.expansion import find_allowed
from darkroom.archives.layout import Content, Image, complete_split, sort_members
from darkroom.archives.members import Parts, inspect_members, unpack
from darkroom.archives.named import list_names
from darkroom.archives.names import check_writable
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.params.data import Dataset
from darkroom.params.yaml_files import FILE

SHOWN = 3
"""Names of skipped files that the log shows."""
Row = tuple[str, str, str, int, str, str, str]
"""A row of the index: split, class, file, bytes, sha256, archive, member."""


def find_sources(where: str, names: Sequence[str], raw: Path) -> list[tuple[Path, Parts]]:
    """Return each archive that the names of a split mean, with the folder in it that holds the split, in their order.

    A folder within another that is meant, too, is not named again: its images are the other's.

    Raises:
        UserError: a name means nothing that is in ``raw``, or what must be renamed.
    """
    archives = sorted(path for path in raw.iterdir() if is_archive(path)) if raw.is_dir() else []
    chosen: dict[tuple[Path, Parts], None] = {}
    for name in names:
        if not (meant := find_places(archives, name)):
            raise make_error(where, name, raw, archives)
        chosen |= dict.fromkeys(meant)
    for archive, _ in chosen:
        check_writable(archive)
    return keep_outermost(chosen)


def plan_images(key: str, dataset: Dataset, raw: Path) -> list[Image]:
    """Return every image in the zip archives of a dataset with its place, before anything is unpacked.

    Raises:
        UserError: an archive is missing, unsafe or corrupt, or a class folder has no images.
    """
    images: list[Image] = []
    for split, contents in read_contents(key, dataset, raw, list_names(dataset)).items():
        where = f"datasets.{key}.splits.{split}"
        images += complete_split(where, dataset.layout, split, contents) if contents else []
    return images


def read_contents(
    key: str, dataset: Dataset, raw: Path, named: Mapping[str, Sequence[str]]
) -> dict[str, list[Content]]:
    """Return the content of the archives that are ``named`` by a key of the dataset, such as splits.train.

    It is given by the last part of that key; nothing is unpacked.

    Raises:
        UserError: an archive is missing, unsafe or corrupt, or named by two keys.
    """
    members: dict[Path, list[zipfile.ZipInfo]] = {}
    found: dict[str, list[Content]] = {}
    used: list[tuple[str, Path, Parts]] = []
    for part, names in named.items():
        where, split = f"datasets.{key}.{part}", part.rpartition(".")[2]
        found[split] = []
        for archive, top in find_sources(where, names, raw):
            for home, taken, other in used:
                if home != split and taken == archive and do_overlap(top, other):
                    raise UserError(
                        f"{FILE}: {where}: {archive.name} is in {home} already; an image must not stand in two splits"
                    )
            used.append((split, archive, top))
            if archive not in members:
                members[archive] = inspect_members(archive, find_allowed(key, dataset))
            content = sort_members(dataset.layout, archive, members[archive], top, dataset.class_pattern)
            found[split].append(content)
        others = [other for each in found[split] for other in each.others]
        tables = dataset.table.names if dataset.table else ()
        note_others(key, split, [other for other in others if PurePosixPath(other).name not in tables])
    return found


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
