"""What an execution cost and where it ran: no result, so it stands in a file of its own.

A record holds when the process began and ended, seconds, peak memory, the machine and the versions of what computed; of
a network's training or evaluation also the device, its driver and the threads, which stages/runtime.py tells; of a
training also its epochs and images per second. Of the stages only the cost table reads it.
"""

import os
import platform
import re
import resource
import socket
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from stages import template, versions

FILE = "record.json"
KIB_PER_MIB = 1024
FEATURES = (
    *("avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"),
    *("avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16"),
    *("asimd", "asimddp", "sve", "sve2", "bf16", "i8mm", "svebf16", "svei8mm"),
)
"""Features of x86 and Arm processors by which TensorFlow and oneDNN choose kernels; other kernels give other bits."""

_told: dict[str, Any] = {}
"""What the record of this process holds beside what can be measured here."""


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Wall-clock seconds."""
        return time.perf_counter() - self.began


def tell(facts: Mapping[str, Any]) -> None:
    """Add ``facts`` to the record of this process; ``versions`` among them join those that it holds anyway."""
    _told.update(facts)


def of_process() -> dict[str, Any]:
    """Return the record of this process up to now: began and ended (UTC), seconds, memory (MiB), machine, versions.

    The versions are those of Python and of the libraries that the stage declares. What was given to :func:`tell` joins
    them.
    """
    ended, seconds = time.time(), process_seconds()
    known = {"python": platform.python_version(), **libraries(), **_told.get("versions", {})}
    return {
        "began": _moment(ended - seconds),
        "ended": _moment(ended),
        "seconds": round(seconds, 2),
        "peak_memory_mib": peak_memory(),
        "machine": machine(),
        **_told,
        "versions": known,
    }


def of_training(seconds: float, epochs: int, images: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of a training that fitted ``images`` images in each of ``epochs`` epochs, with more ``facts``.

    Its ``seconds`` are those of the fit alone.
    """
    fit = {"seconds": round(seconds, 2), "epochs": epochs, "images_per_second": round(images * epochs / seconds, 1)}
    return {**of_process(), **fit, **facts}


def process_seconds() -> float:
    """Return the wall-clock seconds since this process began; psutil knows no better than the whole second."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started() / os.sysconf("SC_CLK_TCK")


def started(process: int | str = "self") -> int:
    """Return when a process began, in the system's ticks since it was started; no change of its clock touches that.

    Raises:
        FileNotFoundError: there is no such process.
    """
    return int(Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def libraries() -> dict[str, str]:
    """Return the installed versions of the libraries that the stage declares; of all, where no stage is run."""
    if not template.FILE.exists():
        return {}
    verb = Path(sys.argv[0]).stem
    return versions.installed(versions.declared(verb if verb in template.definitions() else None))


def peak_memory() -> int:
    """Return the most memory that this process has held at a time, or one of its workers, in MiB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    own = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)  # getrusage counts what forked this process, too
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return round(max(int(own[1]) if own else 0, workers) / KIB_PER_MIB)


def machine() -> dict[str, Any]:
    """Return the processor with its features, the cores, memory (GiB) and name of this machine."""
    known = _processor()
    return {
        "processor": known.get("model name", platform.machine()),
        "features": [name for name in FEATURES if name in known.get("flags", known.get("Features", "")).split()],
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "host": socket.gethostname(),
    }


def _processor() -> dict[str, str]:
    """Return what the system says of its first processor, by its names."""
    first = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("\n\n")[0]
    fields = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in fields}
