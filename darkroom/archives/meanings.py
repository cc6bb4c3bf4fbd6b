"""All that a name under ``splits`` may mean of what a source holds, in each layout."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from zipfile import ZipInfo

from darkroom.archives import binary_batches, idx, shards
from darkroom.archives.archives import (
    find_inner,
    find_places,
    list_top_folders,
    matches,
    respell,
    select_entries,
    strip_ending,
)
from darkroom.archives.endings import is_archive, strip
from darkroom.archives.expansion import find_allowed
from darkroom.archives.members import Parts, split_name
from darkroom.archives.named import list_names
from darkroom.archives.names import fold_name, show
from darkroom.archives.reading import Reading, find_reading
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.params.data import Dataset


@dataclass(frozen=True)
class Meaning:
    """Something that a name means."""

    path: Path
    title: str
    """Its name; another path of this title is the same thing again."""
    words: str
    """Its name in a message."""


Finder = Callable[[str], list[Meaning]]
"""A function that returns all that a name means; nothing, where there is nothing."""


def make_finder(entries: Sequence[Path], dataset: Dataset, key: str) -> Finder:
    """Return the finder of what is in the files and folders ``entries``.

    Raises:
        UserError: a file that may be meant cannot be read, or unpacks to too much; so does the finder.
    """
    if dataset.layout == "cifar10-binary":
        return _find_batches(entries, dataset, key)
    if dataset.layout == "idx":
        return lambda name: [
            Meaning(path, fold_name(f"{before}-{kind}"), show(path.name))
            for before, kind, path in idx.find_halves(entries, name)
        ]
    if dataset.layout in shards.ENDINGS:
        return _find_shards(entries, dataset.layout, find_reading(key, dataset))
    names = [name for given in list_names(dataset).values() for name in given]
    return _find_zips(entries, names, find_reading(key, dataset), key)


def _find_batches(entries: Sequence[Path], dataset: Dataset, key: str) -> Finder:
    tars = [path for path in entries if binary_batches.is_tar(path)]
    held = {path: binary_batches.list_batches(path, find_allowed(key, dataset)) for path in tars}
    return lambda name: [
        Meaning(path, fold_name(stem), f"{stem} in {show(path.name)}")
        for path, stems in held.items()
        for stem in stems
        if matches(stem, name, (binary_batches.BATCH,))
    ]


def _find_shards(entries: Sequence[Path], layout: str, reading: Reading) -> Finder:
    """Return the finder of shards, in folders and in archives."""
    places = [(path, parts, "") for path, parts in shards.find_shards(entries, layout)]
    for path in entries:
        if shards.holds_shards(path, layout):
            inside = shards.list_inside(path, reading, layout)
            places += [(path, parts, f" in {show(path.name)}") for _, parts in inside]
    return lambda name: [
        Meaning(path, fold_name("/".join(parts)), f"{show('/'.join(parts))}{where}")
        for path, parts, where in places
        if shards.is_meant(parts, name, layout)
    ]


def _find_zips(entries: Sequence[Path], names: Sequence[str], reading: Reading, key: str) -> Finder:
    """Return the finder of archives and folders that are called what ``names`` say, or else hold a folder called so.

    An archive that is called so goes before a folder in another, as parts of a data set have the same folders. A folder
    does not: it may have been unpacked from the other, unless that is named for itself. Where nothing is called so,
    what differs in capitals alone is meant, or else an archive in another.
    """
    used = {path for name in names for path in select_entries(entries, name)}
    archives = [path for path in entries if is_archive(path) and path not in used]
    folders = [path for path in entries if path.is_dir() and path not in used]
    folders_in = cache(partial(_list_folders, reading=reading))

    def find_exactly(name: str) -> list[Meaning]:
        direct = select_entries(entries, name)
        if not direct:
            within = find_places(entries, name, reading)
            return [_within(*place) for place in within] + _find_unpacked(
                {archive for archive, _ in within}, folders, name
            )
        meanings = [_itself(path) for path in direct]
        if title := next((_title(path) for path in direct if path.is_dir()), None):
            places = [(path, folder) for path in archives for folder in folders_in(path) if matches(folder[-1], name)]
            meanings += [_within(*place, title=title) for place in places]
        return meanings

    def find(name: str) -> list[Meaning]:
        if meanings := find_exactly(name):
            return meanings
        for spelled in respell(entries, name, reading):
            if found := find_exactly(spelled):
                progress.note(f"fetch {key}", f"{name!r} is taken to mean {found[0].words}: only capitals differ")
                meanings += found
        return meanings or [_inside(path, member) for path, member in find_inner(entries, name, reading)]

    return find


def _title(path: Path) -> str:
    return fold_name(strip_ending(path))


def _itself(path: Path) -> Meaning:
    name = show(path.name)
    return Meaning(path, _title(path), name if is_archive(path) else f"the folder {name}")


def _within(archive: Path, folder: Parts, title: str | None = None) -> Meaning:
    """Return a folder in an archive, which is called what the archive is or has another ``title``."""
    words = f"the folder {show('/'.join(folder))} in {show(archive.name)}"
    return Meaning(archive, title or _title(archive), words)


def _inside(archive: Path, member: ZipInfo) -> Meaning:
    """Return an archive in another."""
    inner = split_name(member)[-1]
    return Meaning(archive, fold_name(strip(inner)), f"{show(inner)} in {show(archive.name)}")


def _find_unpacked(archives: set[Path], folders: Sequence[Path], name: str) -> list[Meaning]:
    """Return the folders that are called like one of the archives, and hold a folder of that name as it does."""
    titles = {_title(path) for path in archives}
    return [
        Meaning(path, title, f"one in the folder {show(path.name)}")
        for path in folders
        if (title := _title(path)) in titles and _holds(path, name)
    ]


def _holds(folder: Path, name: str) -> bool:
    """Return whether a folder of that name is in ``folder``, or beneath folders that hold nothing else."""
    inside = [folder]
    while len(inside) == 1 and inside[0].is_dir():
        inside = [path for path in inside[0].iterdir() if not path.name.startswith(".")]
        if any(path.is_dir() and matches(path.name, name) for path in inside):
            return True
    return False


def _list_folders(archive: Path, reading: Reading) -> list[Parts]:
    """Return an archive's folders that a name may mean; none of one that cannot be read."""
    try:
        return list_top_folders(archive, reading)
    except (UserError, OSError):
        return []
