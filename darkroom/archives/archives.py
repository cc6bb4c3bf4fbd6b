"""The archives of a folder, or folders within an archive, that the names under ``splits`` mean."""

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from zipfile import ZipInfo

from darkroom.archives.contents import list_members
from darkroom.archives.endings import READABLE, find_ending, is_archive, strip
from darkroom.archives.members import Parts, split_name
from darkroom.archives.names import fold_name
from darkroom.archives.reading import Reading
from darkroom.core.errors import UserError
from darkroom.images.decoding.formats import is_hidden, is_image_name, is_litter

LOOSE = 100
"""One in so many images, or a single one, may stand beside the class folders, and is left out."""


def matches(name: str, pattern: str, endings: tuple[str, ...] = READABLE) -> bool:
    """Return whether ``pattern`` (with or without one of ``endings``; ``*`` stands for anything) means ``name``."""
    wanted = strip(pattern, endings)
    return re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), name, re.DOTALL) is not None


def strip_ending(path: Path) -> str:
    """Return what names call an archive or a folder, without ``.zip`` or another archive's ending."""
    return strip(path.name)


def select_entries(entries: Sequence[Path], pattern: str) -> list[Path]:
    """Return the archives and folders that ``pattern`` means.

    Written with its ending it means the one that is spelled like it, or else goes for an archive before a folder that
    is called the same; without, it means both.
    """
    fitting = [path for path in entries if (is_archive(path) or path.is_dir()) and matches(strip_ending(path), pattern)]
    if not find_ending(pattern):
        return fitting
    zipped = {fold_name(strip_ending(path)) for path in fitting if is_archive(path)}
    exactly = [path for path in fitting if path.name == pattern]
    return exactly or [path for path in fitting if is_archive(path) or fold_name(strip_ending(path)) not in zipped]


def find_shared_folders(folders: Sequence[Parts]) -> Parts:
    """Return the leading folders that all ``folders`` have, without the last one where all are the same."""
    first, last = min(folders), max(folders)
    depth = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:-1] if first == last else first[:depth]


def find_depth(folders: Sequence[Parts]) -> int:
    """Return how many leading folders all images have, given the folders of each, but for a few beside them."""
    kept = list(folders)
    while kept:
        shared = find_shared_folders(kept)
        deeper = [folder for folder in kept if folder != shared]
        if len(deeper) in (0, len(kept)) or len(folders) - len(deeper) > max(1, len(folders) // LOOSE):
            return len(shared)
        kept = deeper
    return 0


def list_top_folders(archive: Path, reading: Reading) -> list[Parts]:
    """Return the folders in an archive that a name may mean: at its top, or beneath the folder that holds all else.

    Raises:
        UserError: the archive is truncated or no zip.
    """
    images = [member for member in list_members(archive, reading).members if is_image_name(member.filename)]
    folders = [folder for member in images if not is_hidden(folder := split_name(member)[:-1])]
    depth = find_depth(folders)
    return sorted({folder[: level + 1] for folder in folders for level in range(min(depth + 1, len(folder)))})


def keep_outermost(places: Collection[tuple[Path, Parts]]) -> list[tuple[Path, Parts]]:
    """Return the places, each an archive and a folder in it, without those that lie in another of them."""
    return [
        (archive, folder)
        for archive, folder in places
        if not any((archive, folder[:depth]) in places for depth in range(len(folder)))
    ]


def find_places(entries: Sequence[Path], pattern: str, reading: Reading) -> list[tuple[Path, Parts]]:
    """Return the archives that ``pattern`` means, or else those that hold folders of that name, with the folder.

    Raises:
        UserError: nothing was found, but an archive that might hold it is no whole one.
        OSError: nothing was found, but one that might hold it cannot be opened.
    """
    archives = [path for path in entries if is_archive(path)]
    if meant := select_entries(archives, pattern):
        return [(path, ()) for path in meant]
    holding: list[tuple[Path, Parts]] = []
    unreadable: Exception | None = None
    for path in archives:
        try:
            holding += [(path, folder) for folder in list_top_folders(path, reading) if matches(folder[-1], pattern)]
        except (UserError, OSError) as error:
            unreadable = error
    if unreadable and not holding:
        raise unreadable
    return holding


def find_inner(entries: Sequence[Path], pattern: str, reading: Reading) -> list[tuple[Path, ZipInfo]]:
    """Return the archives that ``pattern`` means and that lie in another one, with that."""
    return [
        (path, member)
        for path in entries
        if is_archive(path)
        for member in _list_readable(path, reading)
        if find_ending(member.filename)
        and not member.is_dir()
        and not is_litter(member.filename)
        and matches(strip(split_name(member)[-1]), pattern)
    ]


def respell(entries: Sequence[Path], pattern: str, reading: Reading) -> list[str]:
    """Return the names that ``pattern`` means but for capitals and Unicode's forms."""
    folded = fold_name(pattern)
    named = {strip_ending(path) for path in entries if is_archive(path) or path.is_dir()}
    if not any(matches(fold_name(name), folded) for name in named):
        for path in filter(is_archive, entries):
            with suppress(UserError, OSError):
                named |= {folder[-1] for folder in list_top_folders(path, reading)}
    return sorted(name for name in named if matches(fold_name(name), folded) and not matches(name, pattern))


def _list_readable(archive: Path, reading: Reading) -> Sequence[ZipInfo]:
    """Return an archive's members; none of one that cannot be read."""
    try:
        return list_members(archive, reading).members
    except (UserError, OSError):
        return []
