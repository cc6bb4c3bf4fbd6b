"""Which of a machine's GPUs a process computes on, where no scheduler says: the one that the fewest others have.

A lease is a locked file, which the system gives up when its process ends, however that ends. GPUs are numbered as
nvidia-smi numbers them.
"""

import fcntl
import itertools
import os
import re
import tempfile
from pathlib import Path
from typing import TextIO

VISIBLE, ORDER = "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"
_held: list[TextIO] = []


def take(devices: Path = Path("/dev"), folder: Path | None = None) -> str | None:
    """Let this process see one GPU alone, of several, until it ends; return its number.

    ``None`` where a scheduler or the user has said which, where there are fewer than two, and where this process has
    one already.
    """
    count = sum(1 for one in devices.glob("nvidia*") if re.fullmatch(r"nvidia\d+", one.name))
    if VISIBLE in os.environ or count < 2:
        return None
    place = folder or Path(tempfile.gettempdir()) / f"darkroom-gpus-{os.getuid()}"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if place.stat().st_uid != os.getuid():  # somebody else's: his locks would be ours
        return None
    for turn in itertools.count():
        for number in range(count):
            if _lock(place / f"{number}-{turn}"):
                os.environ[VISIBLE] = str(number)
                os.environ.setdefault(ORDER, "PCI_BUS_ID")
                return os.environ[VISIBLE]
    raise AssertionError  # there is always another turn


def _lock(file: Path) -> bool:
    """Hold a lease until this process ends, and return whether nobody else has it."""
    lease = file.open("a", encoding="utf-8")
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lease.close()
        return False
    _held.append(lease)
    return True
