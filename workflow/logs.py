"""What jobs leave in logs/: what Snakemake measured, and at the end of a log how far it came, or why it failed."""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from workflow.jobs import Job

LOGS = Path("logs")
TAIL = 2**16
"""Bytes at the end of a log that are looked at."""
PROGRESS, ERROR = "[", ("error", "ERROR", "slurmstepd: error", "srun: error")
"""How lines begin that the terminal shows too: of a stage, of DVC, of Slurm."""
ROUTINE = re.compile(
    r"\[[^]]*\] (epoch [\d,]+ of at most [\d,]+: |[\d,]+ frozen layers[:,] |for \S+: what |\w+: [\d,]+ parameters"
    r"|[\d.]+% correct|[\d,.]+ (of [\d,.]+ |MB|test images|training runs|probable))"
)
"""A line of progress that tells of nothing unusual."""
RESTORED = "restored "
"""How a line begins that names what was brought back before a stage."""
EPOCHS = re.compile(r"epoch ([\d,]+) of at most [\d,]+: .*?(val_accuracy [\d.]+|accuracy [\d.]+(?!.*val_accuracy))")
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


def outcome(log: str | None) -> str | None:
    """Return in a few words what the last line of progress in a log says of the result, if it does."""
    line = (progress(log) or "").partition("] ")[2]
    if found := EPOCHS.match(line):
        return f"{found[1]} epoch{'' if found[1] == '1' else 's'}, {found[2]}"
    return line if line.endswith("% correct") else None


def notes(log: str | None) -> list[str]:
    """Return the lines of a log that tell of something unusual: what was left out, restored or found corrupt."""
    lines = reversed(_last_lines(log))
    said = [one for one in lines if one.startswith((PROGRESS, RESTORED)) and not ROUTINE.match(one)]
    return list(dict.fromkeys(said))


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
