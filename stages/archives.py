"""Which archives of a folder, or folders within an archive, the names under ``splits`` mean."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from stages.errors import UserError
from stages.formats import is_hidden, is_image_name
from stages.members import Parts, listed_members, parts_of
from stages.parameters.base import FILE

ENDING = ".zip"
SHOWN = 8
"""Names that an error lists of those that a folder holds."""


def matches(name: str, pattern: str, ending: str = ENDING) -> bool:
    """Whether ``pattern`` (with or without ``ending``; ``*`` stands for anything) means ``name``."""
    wanted = pattern[: -len(ending)] if pattern.lower().endswith(ending) else pattern
    return re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), name, re.DOTALL) is not None


def is_archive(path: Path) -> bool:
    """Whether a path is a zip file, by its name."""
    return path.suffix.lower() == ENDING and path.is_file()


def shared_folders(folders: Sequence[Parts]) -> Parts:
    """Return the leading folders that all ``folders`` have, without the last one where all are the same."""
    first, last = min(folders), max(folders)
    depth = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:-1] if first == last else first[:depth]


def within(archive: Path, pattern: str) -> list[Parts]:
    """Return the folders that ``pattern`` means at the top of an archive, or beneath the folder that holds all else.

    Raises:
        UserError: the archive is truncated or no zip.
    """
    images = [member for member in listed_members(archive) if is_image_name(member.filename)]
    folders = [folder for member in images if not is_hidden(folder := parts_of(member)[:-1])]
    depth = len(shared_folders(folders)) if folders else 0
    top = {
        folder[: level + 1]
        for folder in folders
        for level in range(min(depth + 1, len(folder)))
        if matches(folder[level], pattern)
    }
    return sorted(top)


def outermost(places: Collection[tuple[Path, Parts]]) -> list[tuple[Path, Parts]]:
    """Return the places, each an archive and a folder in it, without those that lie in another of them."""
    return [
        (archive, folder)
        for archive, folder in places
        if not any((archive, folder[:depth]) in places for depth in range(len(folder)))
    ]


def found(entries: Sequence[Path], pattern: str) -> list[tuple[Path, Parts]]:
    """Return the archives that ``pattern`` means, or else those that hold folders of that name, with the folder.

    Raises:
        UserError: nothing was found, but an archive that might hold it cannot be read.
    """
    archives = [path for path in entries if is_archive(path)]
    if named := [path for path in archives if matches(path.stem, pattern)]:
        return [(path, ()) for path in named]
    holding: list[tuple[Path, Parts]] = []
    unreadable: UserError | None = None
    for path in archives:
        try:
            holding += [(path, folder) for folder in within(path, pattern)]
        except UserError as error:
            unreadable = error
    if unreadable and not holding:
        raise unreadable
    return holding


WANTED = {"cifar10-binary": "no .tar.gz archive with a batch", "idx": "no pair of IDX files"}
"""What a layout looks for by the names under ``splits``."""


def not_found(
    where: str, pattern: str, place: str | Path, entries: Sequence[Path], layout: str = "class-folders"
) -> UserError:
    """Return the error that says what ``place`` holds instead of what ``pattern`` under the key ``where`` asks for."""
    wanted = WANTED.get(layout, "no archive or folder")
    names = [path.name for path in entries]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    held = f"{', '.join(names[:SHOWN])}{more}" if names else "nothing"
    return UserError(
        f"{FILE}: {where}: {pattern!r}: {wanted} of that name in {place}, which holds {held}; "
        "correct the name or add what it means"
    )
