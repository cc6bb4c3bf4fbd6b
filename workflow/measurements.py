"""What Snakemake measured of each job: reads logs/<stage>/**/<key>.tsv with the log beside it, and the jobs' own files.

The figures are those of the whole job: the start of Python and DVC, hashing, and the command, if DVC executed it.
"""

import csv
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from workflow import jobs
from workflow.logs import LOGS, stage_of

EXECUTED = re.compile(r"^Running stage '", re.MULTILINE)
"""What DVC prints before it executes a command, and not where it restores outputs."""


@dataclass(frozen=True)
class Measurement:
    """What a job took; ``memory`` is the most that its processes held at a time, in MiB, ``load`` in % of a core.

    A job that ended within a moment has its seconds only. ``host`` and ``gpu`` are known of jobs of this folder.
    """

    verb: str
    key: str
    executed: bool
    seconds: float
    memory: float | None
    cpu_seconds: float | None
    load: float | None
    host: str | None
    gpu: str | None


def measurements(stages: Collection[str]) -> list[Measurement]:
    """Return what the last jobs of ``stages`` took, in this order; of those whose last job ended well."""
    newest = {stage_of(file): file for file in sorted(files(), key=_changed)}
    return [one for name in stages if name in newest and (one := _measurement(name, newest[name]))]


def latest(wildcards: object) -> list[str]:
    """Return the last file of figures that was written, if any, for a rule to depend on.

    The whole path: Snakemake would take the one that it writes itself for a wish to run the job that it tells of.
    """
    return [str(file.resolve()) for file in sorted(files(), key=_changed)[-1:]]


def files() -> list[Path]:
    """Return the files of figures that jobs of dvc.yaml's stages left."""
    return list(LOGS.glob("*/**/*.tsv"))


def _changed(file: Path) -> float:
    return file.stat().st_mtime


def _measurement(stage: str, file: Path) -> Measurement | None:
    """Return what a file tells of a stage's job; ``None`` if another one has begun since."""
    log = file.with_suffix(".log")
    if not log.exists() or _changed(log) > _changed(file):
        return None
    with file.open(encoding="utf-8", newline="") as opened:
        row = next(csv.DictReader(opened, delimiter="\t"), None)
    if row is None:
        return None
    job = jobs.last(stage)
    mine = job if job and job.log == str(log) else None
    verb, _, key = stage.partition("@")
    return Measurement(
        verb=verb,
        key=key,
        executed=bool(EXECUTED.search(log.read_text(encoding="utf-8", errors="replace"))),
        seconds=float(row["s"]),
        memory=_number(row["max_rss"]),
        cpu_seconds=_number(row["cpu_time"]),
        load=_number(row["mean_load"]),
        host=mine.host if mine else None,
        gpu=mine.gpus if mine else None,
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # NA, or - where the system does not tell
        return None
