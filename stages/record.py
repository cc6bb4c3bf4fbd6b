"""What a computation cost and where it ran: no result, so it stands in a file of its own.

A record holds seconds, epochs, images per second, peak memory, the machine and the versions. Nothing but the cost table
reads it.
"""

import importlib
import os
import platform
import resource
import socket
import time
from pathlib import Path
from typing import Any

import keras
import psutil

from stages import runtime

MIB = 1024


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Wall-clock seconds."""
        return time.perf_counter() - self.began


def of_training(seconds: float, epochs: int, images: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a training of ``images`` images in each of ``epochs`` epochs, with its ``settings``."""
    return {
        "seconds": round(seconds, 2),
        "epochs": epochs,
        "images_per_second": round(images * epochs / seconds, 1),
        "peak_memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB),
        "machine": machine(),
        **settings,
        "versions": {"python": platform.python_version(), keras.backend.backend(): _backend(), "keras": keras.__version__},
    }


def machine() -> dict[str, Any]:
    """Return the processor, cores, memory (GiB), GPU and name of this machine."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "gpu": runtime.device(),
        "host": socket.gethostname(),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _backend() -> str:
    return str(importlib.import_module(keras.backend.backend()).__version__)
