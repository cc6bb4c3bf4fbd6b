"""DVC's cache, and which files a folder holds by DVC's hash of it, so that a change can be named.

The cache has such lists of folders that stages write. Of others, a user's source or a folder in which several stages
write, a job leaves its list here. To lose one costs the names, no more.
"""

import functools
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from darkroom.core.files import read_json, write_json
from workflow import storage
from workflow.hashes import FOLDER_ENDING, content, of_folder, signature

NOTES = "runs"
"""Where in the cache the run cache is: notes of what stages gave for which inputs."""
ASIDE = "corrupt"
"""Where in the cache files are put that no longer are what their names say."""
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
    """Return whether a cache has, by their bytes, a file, or a folder's list with every file of it."""
    if not md5.endswith(FOLDER_ENDING):
        return _is_whole(place(cache, md5), md5)
    files = listed(cache, md5)
    return bool(files) and all(_is_whole(place(cache, one), one) for one in set(files.values()))


def _is_whole(path: Path, md5: str) -> bool:
    return (now := signature(path)) is not None and _has_md5(path, md5.removesuffix(FOLDER_ENDING), now)


@functools.cache
def _has_md5(path: Path, md5: str, signature: str) -> bool:
    """Return whether a file with this ``signature`` holds what it should; each is read once by a process."""
    found = content(path)
    return found is not None and found.md5 == md5


def put_corrupt_aside(cache: Path, out: str, md5: str) -> None:
    """Take out of a cache, and say so, what it holds of an output with DVC's hash ``md5`` that is no longer the same.

    DVC believes a file that nobody may write to, whatever it holds, and keeps it when it is to take in a whole one.
    """
    for one in sorted({md5, *listed(cache, md5).values()}):
        held, aside = place(cache, one), cache / ASIDE / one
        if held.exists() and not _is_whole(held, one):
            aside.parent.mkdir(exist_ok=True)
            with suppress(FileNotFoundError):  # another job was faster
                held.rename(aside)
                print(f"[{out}] corrupt in DVC's cache, put aside: {aside}", file=sys.stderr)


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
        files = read_json(_kept(md5))
        return files if isinstance(files, dict) and of_folder(files) == md5 else {}
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
