"""The archives of a folder, or folders within an archive, that the names under ``splits`` mean."""

import re
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

from darkroom.archives.members import Parts, list_members, split_name
from darkroom.archives.names import fold_name, show
from darkroom.core.errors import UserError
from darkroom.images.decoding.formats import is_hidden, is_image_name
from darkroom.params.yaml_files import FILE

ENDING = ".zip"
SHOWN = 8
"""Names that an error lists of those that a folder holds."""


def matches(name: str, pattern: str, ending: str = ENDING) -> bool:
    """Return whether ``pattern`` (with or without ``ending``; ``*`` stands for anything) means ``name``."""
    wanted = pattern[: -len(ending)] if pattern.lower().endswith(ending) else pattern
    return re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), name, re.DOTALL) is not None


def is_archive(path: Path) -> bool:
    """Return whether a path is a zip file, by its name."""
    return path.suffix.lower() == ENDING and path.is_file()


def strip_ending(path: Path) -> str:
    """Return what names call an archive or a folder, without ``.zip``."""
    return path.stem if path.suffix.lower() == ENDING else path.name


def select_entries(entries: Sequence[Path], pattern: str) -> list[Path]:
    """Return the archives and folders that ``pattern`` means.

    Written with its ending it means the one that is spelled like it, or else goes for an archive before a folder that
    is called the same; without, it means both.
    """
    fitting = [path for path in entries if (is_archive(path) or path.is_dir()) and matches(strip_ending(path), pattern)]
    if not pattern.lower().endswith(ENDING):
        return fitting
    zipped = {fold_name(strip_ending(path)) for path in fitting if is_archive(path)}
    exactly = [path for path in fitting if path.name == pattern]
    return exactly or [path for path in fitting if is_archive(path) or fold_name(strip_ending(path)) not in zipped]


def find_shared_folders(folders: Sequence[Parts]) -> Parts:
    """Return the leading folders that all ``folders`` have, without the last one where all are the same."""
    first, last = min(folders), max(folders)
    depth = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:-1] if first == last else first[:depth]


def list_top_folders(archive: Path) -> list[Parts]:
    """Return the folders in an archive that a name may mean: at its top, or beneath the folder that holds all else.

    Raises:
        UserError: the archive is truncated or no zip.
    """
    images = [member for member in list_members(archive) if is_image_name(member.filename)]
    folders = [folder for member in images if not is_hidden(folder := split_name(member)[:-1])]
    depth = len(find_shared_folders(folders)) if folders else 0
    return sorted({folder[: level + 1] for folder in folders for level in range(min(depth + 1, len(folder)))})


def keep_outermost(places: Collection[tuple[Path, Parts]]) -> list[tuple[Path, Parts]]:
    """Return the places, each an archive and a folder in it, without those that lie in another of them."""
    return [
        (archive, folder)
        for archive, folder in places
        if not any((archive, folder[:depth]) in places for depth in range(len(folder)))
    ]


def find_places(entries: Sequence[Path], pattern: str) -> list[tuple[Path, Parts]]:
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
            holding += [(path, folder) for folder in list_top_folders(path) if matches(folder[-1], pattern)]
        except (UserError, OSError) as error:
            unreadable = error
    if unreadable and not holding:
        raise unreadable
    return holding


WANTED = {"cifar10-binary": "no .tar.gz archive with a batch", "idx": "no pair of IDX files"}
"""Words for what a layout looks for by the names under ``splits``."""
PIECE = re.compile(r"(.+\.zip)\.\d+", re.IGNORECASE)
"""The name of a piece of an archive that was cut."""


def make_error(
    where: str, pattern: str, place: str | Path, entries: Sequence[Path], layout: str = "class-folders"
) -> UserError:
    """Return the error that says what ``place`` holds instead of what ``pattern`` under the key ``where`` asks for."""
    wanted = WANTED.get(layout, "no zip archive or folder")
    names = [_describe(path) for path in entries]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    held = f"{', '.join(names[:SHOWN])}{more}" if names else "nothing"
    pieces = [match[1] for path in entries if (match := PIECE.fullmatch(path.name))]
    cut = next((shlex.quote(whole) for whole in pieces if matches(whole[: -len(ENDING)], pattern)), None)
    remedy = f"join the pieces: cat {cut}.* > {cut}" if cut else "correct the name or add what it means"
    return UserError(
        f"{FILE}: {where}: {pattern!r}: {wanted} of that name in {show(place)}, which holds {held}; {remedy}"
    )


def _describe(path: Path) -> str:
    """Return a name for a list of what a folder holds, with what is out of the ordinary."""
    if path.is_dir():
        return f"{show(path.name)}/"
    unusual = "a link to nothing" if path.is_symlink() else "neither a file nor a folder"
    return show(path.name) if path.is_file() else f"{show(path.name)} ({unusual})"
