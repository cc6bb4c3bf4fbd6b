"""The wish for a GPU, and what a machine tells of its own without a library that computes.

It is the workflow that knows where a stage runs, so the environment says what is wanted. ``DARKROOM_GPU`` is

- ``required``: a stage that would have to compute without one ends at once, instead of going on for days
- ``preferred``, also if unset: one is used where there is one
- ``none``: none is used
"""

import functools
import os
import re
import socket
import subprocess
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.core.progress import note

VARIABLE = "DARKROOM_GPU"
REQUIRED, PREFERRED, NONE = "required", "preferred", "none"
WISHES = (REQUIRED, PREFERRED, NONE)
DRIVER = Path("/proc/driver/nvidia/version")
QUERY = ("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
OTHERWISE = "or let the profile say config: [gpu=preferred]"


def read_wish() -> str:
    """Return what the environment wants: one of ``WISHES``.

    Raises:
        UserError: it says something else.
    """
    given = os.environ.get(VARIABLE) or PREFERRED
    if given not in WISHES:
        raise UserError(f"{VARIABLE}: {given!r}: allowed: {', '.join(WISHES)}")
    return given


def read_visible_devices() -> str | None:
    """Return CUDA_VISIBLE_DEVICES as it is set, by a scheduler or by hand."""
    return os.environ.get("CUDA_VISIBLE_DEVICES")


def is_here(version: Path = DRIVER, devices: Path = Path("/dev")) -> bool:
    """Return whether this machine's NVIDIA driver serves a GPU, whatever libraries make of it."""
    return version.exists() or any(devices.glob("nvidia[0-9]*"))


@functools.cache
def find_driver_version(version: Path = DRIVER) -> str | None:
    """Return the version of the NVIDIA driver, ``None`` where there is none or it does not say."""
    told = version.read_text(encoding="utf-8") if version.exists() else _ask_driver()
    found = re.search(r"\b\d{3,}\.\d+(\.\d+)?\b", told)
    return found[0] if found else None


def _ask_driver() -> str:
    try:
        return subprocess.run(QUERY, capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def check_missed(wish: str, library: str, built_for_gpus: bool) -> None:
    """Say what may be wrong where ``library`` has found no GPU, and go on only if none is required.

    Raises:
        UserError: one is required.
    """
    build = f"{library} is built for processors: make LOCK=gpu environment installs the other"
    if wish == REQUIRED:
        reasons = [] if is_here() else ["no NVIDIA driver is loaded there, see nvidia-smi"]
        reasons += [] if built_for_gpus else [build]
        reasons = reasons or [f"{library} can use none, CUDA_VISIBLE_DEVICES is {read_visible_devices()!r}"]
        told = "; ".join([*reasons, OTHERWISE])
        raise UserError(f"{VARIABLE}: {wish}: no GPU on {socket.gethostname()}: {told}")
    if is_here() and not built_for_gpus:
        note("gpu", f"not used: {build}")
