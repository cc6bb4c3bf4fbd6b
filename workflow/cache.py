"""DVC's cache: where it is, and where in it a file or the list of a folder's files is."""

from pathlib import Path

from darkroom.core.files import read_json
from workflow.hashes import FOLDER_ENDING, of_folder

DVC = Path(".dvc")
HERE = DVC / "cache"
"""Where it is unless DVC's configuration moved it."""
NOTES = "runs"
"""Where in it the run cache is: notes of what stages gave for which inputs."""


def folder() -> Path:
    """Return DVC's cache, which its configuration may have moved."""
    from dvc.config import Config  # here, as it is not needed to show an audit

    return Path(Config(str(DVC))["cache"].get("dir") or HERE)


def place(cache: Path, md5: str) -> Path:
    """Return where a cache keeps the file, or the list of a folder's files, with DVC's hash ``md5``."""
    return cache / "files/md5" / md5[:2] / md5[2:]


def holds(cache: Path, md5: str) -> bool:
    """Return whether a cache has a file, or a folder's list with every file of it."""
    if not md5.endswith(FOLDER_ENDING):
        return place(cache, md5).is_file()
    files = listing(cache, md5)
    return bool(files) and all(place(cache, one).is_file() for one in set(files.values()))


def listing(cache: Path, md5: str) -> dict[str, str]:
    """Return the MD5 of each file of a folder with DVC's hash ``md5``, as a cache lists them; none if it does not."""
    file = place(cache, md5)
    if not md5.endswith(FOLDER_ENDING) or not file.is_file():
        return {}
    try:
        files = {one["relpath"]: one["md5"] for one in read_json(file)}
    except (ValueError, KeyError, TypeError):  # damaged
        return {}
    return files if of_folder(files) == md5 else {}
