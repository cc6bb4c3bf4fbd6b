"""What a computation cost and where it ran: no result, so it stands in a file of its own.

A record holds seconds, epochs, images per second, peak memory, the machine and the versions. Nothing but the cost table
reads it.
"""

import os
import platform
import resource
import socket
import time
from pathlib import Path
from typing import Any

import psutil

FILE = "record.json"
KIB_PER_MIB = 1024


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Wall-clock seconds."""
        return time.perf_counter() - self.began


def of_training(seconds: float, epochs: int, images: int, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a training of ``images`` images in each of ``epochs`` epochs, with more ``facts``."""
    return {
        "seconds": round(seconds, 2),
        "epochs": epochs,
        "images_per_second": round(images * epochs / seconds, 1),
        "peak_memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB),
        "machine": machine(),
        **facts,
    }


def machine() -> dict[str, Any]:
    """Return the processor, cores, memory (GiB) and name of this machine."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "host": socket.gethostname(),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
