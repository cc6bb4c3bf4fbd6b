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


def _place(md5: str) -> Path:
    return FOLDER / f"{md5.removesuffix(FOLDER_ENDING)}.json"
