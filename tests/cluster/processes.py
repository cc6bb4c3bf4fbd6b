"""Processes that a test cluster started, found by a mark in their environment and ended by their PIDs."""

import signal
import time
from collections.abc import Callable
from contextlib import suppress

import psutil

PATIENCE = 60.0
"""Seconds after which something that was waited for is taken to fail."""
KEEPER = "slurmstepd"
"""Slurm's process above those of a job, which reports how they ended."""


def wait(until: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: it does not within ``patience`` seconds; its message is ``what``.
    """
    end = time.monotonic() + patience
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {patience:.0f} s in vain: {what}")
        time.sleep(0.1)


def marked(**variables: str) -> list[psutil.Process]:
    """Return the processes that were given these environment variables."""
    return [process for process in psutil.process_iter() if variables.items() <= environment(process).items()]


def environment(process: psutil.Process) -> dict[str, str]:
    """Return the environment that a process was started with; nothing where it is gone, or somebody else's."""
    with suppress(psutil.Error):
        return process.environ()
    return {}


def keepers(tasks: list[psutil.Process]) -> set[psutil.Process]:
    """Return Slurm's processes above those of jobs."""
    found: set[psutil.Process] = set()
    for task in tasks:
        with suppress(psutil.Error):
            found |= {parent for parent in task.parents() if parent.name() == KEEPER}
    return found


def end(process: psutil.Process, how: signal.Signals = signal.SIGKILL) -> None:
    """Signal a process, kill it if that is not enough, and wait until it is gone or waits to be reaped."""

    def gone() -> bool:
        with suppress(psutil.Error):
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        return True

    for signalled in (how, signal.SIGKILL):
        with suppress(psutil.Error):
            process.send_signal(signalled)
        with suppress(TimeoutError):
            wait(gone, f"{process} ends", 20)
            return
