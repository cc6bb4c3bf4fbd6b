"""Lists of the files in folders that stages read, by DVC's hash of the folder, so that a change can be named.

DVC's cache has such lists of folders that stages write. Of others, a user's source or a folder in which several stages
write, a job leaves its list here. To lose one costs the names, no more.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from darkroom.core.files import read_json, write_json
from workflow.hashes import FOLDER_ENDING

FOLDER = Path(".dvc/tmp/listings")
Listing = Mapping[str, str]
"""The MD5 of each file by its path within the folder."""


def keep(md5: str, files: Listing) -> None:
    """Keep the list of a folder with DVC's hash ``md5``, where that can be written."""
    with suppress(PermissionError):  # another user's checkout, of which only the state is asked
        if not _place(md5).exists():
            write_json(_place(md5), dict(files))


def kept(md5: str) -> dict[str, str]:
    """Return the list of the folder that had DVC's hash ``md5``; nothing, where none was kept."""
    with suppress(OSError, ValueError):
        return read_json(_place(md5))
    return {}


def prune(wanted: Collection[str]) -> None:
    """Drop the lists of all folders but those with the hashes ``wanted``."""
    for file in FOLDER.glob("[!.]*.json"):
        if f"{file.stem}{FOLDER_ENDING}" not in wanted:
            file.unlink(missing_ok=True)


def difference(old: Listing, new: Listing) -> str:
    """Return in a few words which files differ, are new, or are gone; a folder stands for all in it."""
    both = {name for name in old.keys() & new.keys() if old[name] != new[name]}
    found = {
        ("differs", "differ"): both,
        ("is new", "are new"): _outermost(new.keys() - old.keys(), old),
        ("is gone", "are gone"): _outermost(old.keys() - new.keys(), new),
    }
    return "; ".join(_counted(sorted(names), *verbs) for verbs, names in found.items() if names)


def _outermost(names: Collection[str], others: Listing) -> set[str]:
    """Return ``names``, or in their place the folder at the top that ``others`` have not."""
    known = {name.partition("/")[0] for name in others}
    return {name if (top := name.partition("/")[0]) in known else top for name in names}


def _counted(names: list[str], one: str, several: str) -> str:
    return f"{names[0]} {one}" if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more {several}"


def _place(md5: str) -> Path:
    return FOLDER / f"{md5.removesuffix(FOLDER_ENDING)}.json"
