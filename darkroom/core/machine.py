"""The machine that computes: its processor with the features that decide about bits, cores, memory and name."""

import os
import platform
import socket
from pathlib import Path
from typing import Any

FEATURES = (
    *("avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"),
    *("avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16"),
    *("asimd", "asimddp", "sve", "sve2", "bf16", "i8mm", "svebf16", "svei8mm"),
)
"""Features of x86 and Arm processors by which TensorFlow and oneDNN choose kernels; other kernels give other bits."""


def describe() -> dict[str, Any]:
    """Return the processor with its features, the cores, memory (GiB) and name of this machine."""
    known = _read_processor()
    return {
        "processor": known.get("model name", platform.machine()),
        "features": [name for name in FEATURES if name in known.get("flags", known.get("Features", "")).split()],
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "host": socket.gethostname(),
    }


def _read_processor() -> dict[str, str]:
    """Return what the system says of its first processor, by its names."""
    first = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("\n\n")[0]
    fields = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in fields}
