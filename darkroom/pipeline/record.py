"""Records of executions: their cost and their machine, no result, so in a file of its own.

A record holds when the process began and ended, seconds, peak memory, the machine and the versions of what computed; of
a network's training or evaluation also the device, its driver and the threads (darkroom/core/runtime.py); of a training
run also its epochs and images per second. Of the stages only the cost table reads it.
"""

import os
import platform
import re
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from darkroom.core import facts, machine
from darkroom.pipeline import template, versions

KIB_PER_MIB = 1024


def describe_process() -> dict[str, Any]:
    """Return the record of this process up to now: began and ended (UTC), seconds, memory (MiB), machine, versions.

    The versions are those of Python and of the libraries that the stage declares. What was told of it (see
    darkroom/core/facts.py) joins them.
    """
    ended, seconds, told = time.time(), measure_seconds(), facts.collect()
    known = {"python": platform.python_version(), **list_libraries(), **told.get("versions", {})}
    return {
        "began": _format_moment(ended - seconds),
        "ended": _format_moment(ended),
        "seconds": round(seconds, 2),
        "peak_memory_mib": measure_memory(),
        "machine": machine.describe(),
        **told,
        "versions": known,
    }


def measure_seconds() -> float:
    """Return the wall-clock seconds since this process began; psutil knows no better than the whole second."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - find_start() / os.sysconf("SC_CLK_TCK")


def find_start(process: int | str = "self") -> int:
    """Return when a process began, in the system's ticks since it was started; no change of its clock touches that.

    Raises:
        FileNotFoundError: there is no such process.
    """
    return int(Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])


def _format_moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def list_libraries() -> dict[str, str]:
    """Return the installed versions of the libraries that the stage declares; of all, where no stage is run."""
    if not template.FILE.exists():
        return {}
    verb = Path(sys.argv[0]).stem
    return versions.find_installed(versions.list_declared(verb if verb in template.read_definitions() else None))


def measure_memory() -> int:
    """Return the most memory that this process has held at a time, or one of its workers, in MiB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    own = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)  # getrusage counts what forked this process, too
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return round(max(int(own[1]) if own else 0, workers) / KIB_PER_MIB)
