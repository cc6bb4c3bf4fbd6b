"""A folder for large files that are worth keeping for a while and can be made again.

The environment says where it is and how much it may hold, since neither changes a result:

- ``DARKROOM_SCRATCH``: where it lies, ``.scratch`` if unset; best on a disk of the machine's own, unless a training
  run that was killed is to go on at another machine: then on one that both see
- ``DARKROOM_SCRATCH_GIB``: the most that stays in it, 10 GiB if unset; what was used longest ago goes first

Several processes may use it at once: who makes, reads or removes an entry holds its lock.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.core.files import BESIDE, is_abandoned

FEATURES, BACKUPS = "darkroom-features", "darkroom-backups"
"""Features that frozen layers give, and backups of training runs. Nothing beside these two folders is ever touched: a
user's DARKROOM_SCRATCH may hold other things."""


def find_folder(kind: str = FEATURES) -> Path:
    """Return the folder of one kind of entries."""
    return Path(os.environ.get("DARKROOM_SCRATCH") or ".scratch").expanduser() / kind


def read_bound() -> int:
    """Return the most bytes that stay in the folder.

    Raises:
        UserError: the environment gives no number.
    """
    given = os.environ.get("DARKROOM_SCRATCH_GIB") or "10"
    try:
        return int(float(given) * 2**30)
    except (ValueError, OverflowError):
        raise UserError(f"DARKROOM_SCRATCH_GIB: {given!r}: give a number of GiB, such as 10") from None


def measure_free_space() -> int:
    """Return the free bytes of the folder's disk."""
    folder = find_folder().absolute()
    return shutil.disk_usage(next(path for path in [folder, *folder.parents] if path.exists())).free


@contextmanager
def lock(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of the entry ``path`` and give ``True``; give ``False`` if another has it and we don't ``wait``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


def list_entries() -> list[tuple[float, int, Path]]:
    """Return when each entry was last used, its bytes, and its folder, those used longest ago first."""
    found = []
    for folder in (find_folder(FEATURES), find_folder(BACKUPS)):
        for path in folder.iterdir() if folder.is_dir() else []:
            try:
                if path.is_dir():
                    found.append((path.stat().st_mtime, sum(file.stat().st_size for file in path.iterdir()), path))
            except FileNotFoundError:  # another process was quicker
                continue
    return sorted(found)


def trim(room: int = 0) -> None:
    """Remove entries until those left and ``room`` bytes more are within the bound and ``room`` bytes are free.

    Those used longest ago go first, those that a process holds stay; what a killed one left half-written goes as well.
    A file that is open stays readable.
    """
    most, total = read_bound(), room
    whole = []
    for _, size, path in list_entries():
        if not path.name.startswith(BESIDE):
            whole.append((size, path))
            total += size
        elif is_abandoned(path):
            shutil.rmtree(path, ignore_errors=True)
    for size, path in whole:
        if total <= most and measure_free_space() >= room:
            break
        with lock(path, wait=False) as ours:
            if ours:
                shutil.rmtree(path, ignore_errors=True)
                total -= size
