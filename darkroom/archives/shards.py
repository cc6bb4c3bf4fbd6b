"""Shards: files of many images and their classes each, of the layouts parquet and webdataset, found by their names.

``train-00000-of-00003.parquet`` and ``train/0000.parquet`` are shards of ``train``, as is what has exactly that name.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from darkroom.archives.archives import matches
from darkroom.archives.endings import TARS, find_ending, is_archive, is_tar, strip
from darkroom.archives.members import Parts
from darkroom.archives.packing import walk
from darkroom.archives.reading import Reading
from darkroom.archives.tar_members import open_archive
from darkroom.images.decoding.formats import is_hidden, is_litter

ENDINGS: dict[str, tuple[str, ...]] = {"parquet": (".parquet",), "webdataset": TARS}
"""Of each layout of shards."""
NUMBER = re.compile(r"[-_.]?\d+(?:-of-\d+)?$", re.ASCII)
"""What follows a split's name in that of a shard."""


def is_shard_name(name: str, layout: str) -> bool:
    """Return whether a file of this path is a shard, and neither hidden nor litter."""
    parts = PurePosixPath(name).parts
    return bool(find_ending(parts[-1], ENDINGS[layout])) and not is_hidden(parts) and not is_litter(name)


def is_shard(path: Path, layout: str) -> bool:
    """Return whether a file is a shard, and no tar of tars."""
    return is_shard_name(path.name, layout) and path.is_file() and not (layout == "webdataset" and _holds_tars(path))


def holds_shards(path: Path, layout: str) -> bool:
    """Return whether a file is an archive that may hold shards, and no shard itself."""
    return is_archive(path) and not is_shard(path, layout)


def _holds_tars(path: Path) -> bool:
    """Return whether the first file in a tar is a tar; what cannot be read is judged where it is read."""
    if not is_tar(path):
        return False
    try:
        with open_archive(path, many=True) as members:
            first = next((member for member, _ in members if member.isfile()), None)
    except Exception:
        return False
    return first is not None and bool(find_ending(first.name, TARS))


def find_shards(entries: Sequence[Path], layout: str) -> Iterator[tuple[Path, Parts]]:
    """Yield each shard among files and in folders, with its place beside them."""
    for entry in entries:
        for path in walk(entry) if entry.is_dir() else [entry]:
            parts = path.relative_to(entry.parent).parts
            if is_shard_name("/".join(parts), layout) and is_shard(path, layout):
                yield path, parts


def is_meant(parts: Parts, pattern: str, layout: str) -> bool:
    """Return whether a name under ``splits`` means a shard: by its name, with its number or not, or its folders."""
    stem = strip(parts[-1], ENDINGS[layout])
    return any(matches(name, pattern, ENDINGS[layout]) for name in (stem, NUMBER.sub("", stem), *parts[:-1]) if name)


def list_inside(archive: Path, reading: Reading, layout: str) -> list[tuple[str, Parts]]:
    """Return the name of each shard in an archive, and its parts.

    Raises:
        UserError: the archive is corrupt.
    """
    from darkroom.archives.contents import list_members

    return [
        (member.filename, tuple(member.filename.removeprefix("./").split("/")))
        for member in list_members(archive, reading).members
        if not member.is_dir() and is_shard_name(member.filename, layout)
    ]
