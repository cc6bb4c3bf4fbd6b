"""What every Python on a test cluster does first: a stage notes in TEST_CLUSTER_TRACE, a file, that it begins and ends.

So a stage is counted even where another attempt overwrites its log, or its process is killed.
"""

import atexit
import json
import os
import sys
import time


def note(event: str) -> None:
    """Append a line in one piece."""
    given = {"job": os.environ.get("SLURM_JOB_ID"), "gpu": os.environ.get("CUDA_VISIBLE_DEVICES")}
    line = {"stage": STAGE, "event": event, "time": time.time(), **given}
    with open(os.environ["TEST_CLUSTER_TRACE"], "a") as file:  # noqa: PTH123  # before pathlib is worth its time
        file.write(json.dumps(line) + "\n")


module = sys.orig_argv[2] if sys.orig_argv[1:2] == ["-m"] and len(sys.orig_argv) > 3 else ""
if module.startswith("stages.") and "TEST_CLUSTER_TRACE" in os.environ:
    STAGE = f"{module.removeprefix('stages.')}@{sys.orig_argv[3]}"
    note("began")
    atexit.register(note, "ended")
