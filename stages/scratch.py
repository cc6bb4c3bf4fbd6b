"""A folder for large files that are worth keeping for a while and can be made again.

The environment says where it is and how much it may hold, since neither changes a result:

- ``DARKROOM_SCRATCH``: where it lies, ``.scratch`` if unset; best on a disk of the machine's own
- ``DARKROOM_SCRATCH_GIB``: the most that stays in it, 10 GiB if unset; what was used longest ago goes first
"""

import os
import shutil
import time
from pathlib import Path

from stages.errors import UserError

FOLDER = "darkroom-features"
"""Nothing beside it is ever touched: a user's DARKROOM_SCRATCH may hold other things."""
STALE = 24 * 3600
"""Seconds after which a folder that was never finished counts as left by a process that was killed."""


def place() -> Path:
    """Return the folder."""
    return Path(os.environ.get("DARKROOM_SCRATCH") or ".scratch").expanduser() / FOLDER


def bound() -> int:
    """Return the most bytes that stay in the folder.

    Raises:
        UserError: the environment gives no number.
    """
    given = os.environ.get("DARKROOM_SCRATCH_GIB") or "10"
    try:
        return int(float(given) * 2**30)
    except (ValueError, OverflowError):
        raise UserError(f"DARKROOM_SCRATCH_GIB: {given!r}: give a number of GiB, such as 10") from None


def free() -> int:
    """Return the free bytes of the folder's disk."""
    folder = place().absolute()
    return shutil.disk_usage(next(path for path in [folder, *folder.parents] if path.exists())).free


def used(path: Path) -> None:
    """Note that the folder ``path`` was used now."""
    os.utime(path)


def trim(room: int = 0) -> None:
    """Remove the folders used longest ago until those left, and ``room`` bytes more, are within the bound.

    A file that a process holds open stays readable for it. Folders left half-written a day ago go as well.
    """
    entries = []
    for path in place().iterdir() if place().is_dir() else []:
        try:
            if path.is_dir():
                entries.append((path.stat().st_mtime, sum(file.stat().st_size for file in path.iterdir()), path))
        except FileNotFoundError:  # another process was quicker
            continue
    whole = [entry for entry in entries if ".part" not in entry[2].name]
    gone = [path for used, _, path in entries if ".part" in path.name and time.time() - used > STALE]
    total = room + sum(size for _, size, _ in whole)
    for _, size, path in sorted(whole):
        if total <= bound():
            break
        gone.append(path)
        total -= size
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
