"""DVC's cache, and which files a folder holds by DVC's hash of it, so that a change can be named.

The cache has such lists of folders that stages write. Of others, a user's source or a folder in which several stages
write, a job leaves its list here. To lose one costs the names, no more.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from darkroom.core.files import read_json, write_json
from workflow import storage
from workflow.hashes import FOLDER_ENDING, of_folder

NOTES = "runs"
"""Where in the cache the run cache is: notes of what stages gave for which inputs."""
FOLDER = Path(".dvc/tmp/listings")
Listing = Mapping[str, str]
"""The MD5 of each file by its path within the folder."""


def cache() -> Path:
    """Return DVC's cache, which its configuration may have moved."""
    return Path(storage.setting("cache", "dir") or ".dvc/cache")


def place(cache: Path, md5: str) -> Path:
    """Return where a cache keeps the file, or the list of a folder's files, with DVC's hash ``md5``."""
    return cache / "files/md5" / md5[:2] / md5[2:]


def holds(cache: Path, md5: str) -> bool:
    """Return whether a cache has a file, or a folder's list with every file of it."""
    if not md5.endswith(FOLDER_ENDING):
        return place(cache, md5).is_file()
    files = listed(cache, md5)
    return bool(files) and all(place(cache, one).is_file() for one in set(files.values()))


def listed(cache: Path, md5: str) -> dict[str, str]:
    """Return the files of a folder with DVC's hash ``md5``, as a cache lists them; none if it does not."""
    with suppress(OSError, ValueError, KeyError, TypeError):  # none, or damaged
        if md5.endswith(FOLDER_ENDING):
            files = {one["relpath"]: one["md5"] for one in read_json(place(cache, md5))}
            return files if of_folder(files) == md5 else {}
    return {}


def keep(md5: str, files: Listing) -> None:
    """Keep the list of a folder with DVC's hash ``md5``, where that can be written."""
    with suppress(PermissionError):  # another user's checkout, of which only the state is asked
        if not _kept(md5).exists():
            write_json(_kept(md5), dict(files))


def kept(md5: str) -> dict[str, str]:
    """Return the list of the folder that had DVC's hash ``md5``; nothing, where none was kept."""
    with suppress(OSError, ValueError):
        return read_json(_kept(md5))
    return {}


def prune(wanted: Collection[str]) -> None:
    """Drop the lists of all folders but those with the hashes ``wanted``."""
    for file in FOLDER.glob("[!.]*.json"):
        if f"{file.stem}{FOLDER_ENDING}" not in wanted:
            file.unlink(missing_ok=True)


def _kept(md5: str) -> Path:
    return FOLDER / f"{md5.removesuffix(FOLDER_ENDING)}.json"


def tell_apart(old: Listing, new: Listing) -> str:
    """Return in a few words which files differ, are new, or are gone; a folder stands for all in it."""

    def outermost(names: Collection[str], others: Listing) -> set[str]:
        known = {name.partition("/")[0] for name in others}
        return {name if (top := name.partition("/")[0]) in known else top for name in names}

    found = {
        ("differs", "differ"): {name for name in old.keys() & new.keys() if old[name] != new[name]},
        ("is new", "are new"): outermost(new.keys() - old.keys(), old),
        ("is gone", "are gone"): outermost(old.keys() - new.keys(), new),
    }
    return "; ".join(
        f"{min(names)} {one}" if len(names) == 1 else f"{min(names)} and {len(names) - 1:,} more {several}"
        for (one, several), names in found.items()
        if names
    )
