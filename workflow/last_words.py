"""What a job said last: the end of its log."""

import os
from contextlib import suppress
from pathlib import Path

from workflow.jobs import Job

TAIL = 2**16
"""Bytes at the end of a log that are looked at."""
PROGRESS, ERROR = "[", ("error", "ERROR")
"""How the lines of a log begin that the terminal shows too."""
OURS = (PROGRESS, "> ", "job ")
"""How the lines of a log begin that say nothing of how a job ended."""


def progress(log: str | None) -> str | None:
    """Return the last line of progress in a log, if there is any."""
    return next((line for line in _last_lines(log) if line.startswith(PROGRESS)), None)


def error(job: Job) -> str:
    """Return why a job failed: its log's last line of error, or else what its file says, with its log's last line."""
    lines = _last_lines(job.log)
    words = f": {lines[0]}" if lines and not lines[0].startswith(OURS) else ""
    return next((line for line in lines if line.startswith(ERROR)), f"{job.error}{words}")


def error_since(log: str | None, moment: float) -> str | None:
    """Return the last line of error in a log, if it was written after a ``moment``, seconds since 1970."""
    with suppress(OSError):
        if log and Path(log).stat().st_mtime >= moment:
            return next((line for line in _last_lines(log) if line.startswith(ERROR)), None)
    return None


def _last_lines(log: str | None) -> list[str]:
    """Return the lines at the end of a log, the last one first; none where there is no log."""
    with suppress(OSError):
        if log:
            with Path(log).open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
                text = file.read().decode(errors="replace")
            return [line.strip() for line in reversed(text.splitlines()) if line.strip()]
    return []
