"""What jobs leave in logs/: what Snakemake measured, and at the end of a log how far it came, or why it failed."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from workflow.jobs import Job

LOGS = Path("logs")
TAIL = 2**16
"""Bytes at the end of a log that are looked at."""
PROGRESS, ERROR = "[", ("error", "ERROR", "slurmstepd: error", "srun: error")
"""How lines begin that the terminal shows too: of a stage, of DVC, of Slurm."""
OURS = (PROGRESS, "> ", "job ")
"""How the lines of a log begin that say nothing of how a job ended."""


def stage_of(log: str | Path) -> str | None:
    """Return the stage whose job writes a log or its figures, ``logs/<verb>/**/<key>``; ``None`` of others."""
    parts = Path(log).parts
    return f"{parts[1]}@{Path(log).stem}" if len(parts) > 2 and parts[0] == str(LOGS) else None


def measured() -> list[Path]:
    """Return the files in which Snakemake measured jobs of dvc.yaml's stages, the last one at the end."""
    return sorted(LOGS.glob("*/**/*.tsv"), key=lambda file: file.stat().st_mtime)


def latest(wildcards: object) -> list[str]:
    """Return the last of these files, if there is any, for a rule to depend on.

    The whole path: Snakemake would take the one that it writes itself for a wish to run the job that it tells of.
    """
    return [str(file.resolve()) for file in measured()[-1:]]


def progress(log: str | None) -> str | None:
    """Return the last line of progress in a log, if there is any."""
    return next((line for line in _last_lines(log) if line.startswith(PROGRESS)), None)


def error(job: Job) -> str:
    """Return why a job failed: its log's last line of error, or else what its file says, with its log's last line."""
    lines = _last_lines(job.log)
    words = f": {lines[0]}" if lines and not lines[0].startswith(OURS) else ""
    return next((line for line in lines if line.startswith(ERROR)), f"{job.error}{words}")


def errors_since(logs: Iterable[str], moment: float) -> list[str]:
    """Return the lines of error in logs that were written after a ``moment``, seconds since 1970; each once."""
    found: dict[str, None] = {}
    for log in logs:
        with suppress(OSError):
            if Path(log).stat().st_mtime >= moment:
                found |= {line: None for line in reversed(_last_lines(log)) if line.startswith(ERROR)}
    return list(found)


def _last_lines(log: str | None) -> list[str]:
    """Return the lines at the end of a log, the last one first; none where there is no log."""
    with suppress(OSError):
        if log:
            with Path(log).open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
                text = file.read().decode(errors="replace")
            return [line.strip() for line in reversed(text.splitlines()) if line.strip()]
    return []
