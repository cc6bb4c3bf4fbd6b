"""What every job took, in a table, on a page and in a figure: python -m workflow.timings CSV MD PNG.

Reads logs/<stage>/**/<key>.tsv, which Snakemake measured, with the log beside it and the jobs' own files. The numbers
are those of the whole job: the start of Python and DVC, hashing, and the command, if DVC executed it. No stage of DVC
makes this, as times differ from run to run.
"""

import argparse
import csv
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas

from darkroom.core.files import write_table, write_text
from darkroom.pipeline import command, template
from darkroom.reporting.figures import save
from darkroom.timings.figure import figure
from darkroom.timings.page import page
from workflow import jobs, logs

EXECUTED = re.compile(r"^Running stage '", re.MULTILINE)
"""What DVC prints before it executes a command, and not where it restores outputs."""
MEASURED = {"seconds": "s", "peak_memory_mib": "max_rss", "cpu_seconds": "cpu_time", "mean_load_percent": "mean_load"}
"""What Snakemake calls what it measures."""


@dataclass(frozen=True)
class Measurement:
    """What a job took; its memory is the most that its processes held at a time, its load in % of a core.

    A job that ended within a moment has its seconds only. ``host`` and ``gpu`` are known of jobs of this folder.
    """

    verb: str
    key: str
    executed: bool
    seconds: float | None
    peak_memory_mib: float | None
    cpu_seconds: float | None
    mean_load_percent: float | None
    host: str | None
    gpu: str | None


def measurements(stages: Collection[str]) -> list[Measurement]:
    """Return what the last jobs of ``stages`` took, in this order; of those whose last job ended well."""
    newest = {logs.stage_of(file): file for file in logs.measured()}
    return [one for name in stages if name in newest and (one := _measurement(name, newest[name]))]


def _measurement(stage: str, file: Path) -> Measurement | None:
    """Return what a file tells of a stage's job; ``None`` if another one has begun since."""
    log = file.with_suffix(".log")
    if not log.exists() or log.stat().st_mtime > file.stat().st_mtime:
        return None
    with file.open(encoding="utf-8", newline="") as opened:
        row = next(csv.DictReader(opened, delimiter="\t"), None)
    if row is None:
        return None
    job = jobs.last(stage)
    host, gpu = (job.host, job.gpus) if job and job.log == str(log) else (None, None)
    verb, _, key = stage.partition("@")
    executed = bool(EXECUTED.search(log.read_text(encoding="utf-8", errors="replace")))
    numbers = {name: _number(row[column]) for name, column in MEASURED.items()}
    return Measurement(verb, key, executed, **numbers, host=host, gpu=gpu)


def _number(text: str) -> float | None:
    with suppress(ValueError):  # NA, or - where the system does not tell
        return float(text)
    return None


def table(found: Sequence[Measurement]) -> pandas.DataFrame:
    """Return a row for each measurement, sorted by verb and key; what is not known stays empty."""
    names = [field.name for field in fields(Measurement)]
    rows = pandas.DataFrame([asdict(one) for one in found], columns=names)
    rows = rows.astype(dict.fromkeys(MEASURED, float))  # also where none is known
    return rows.sort_values(["verb", "key"], ignore_index=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the files that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, help="a row for each job, as CSV")
    parser.add_argument("page", type=Path, help="a row for each stage, in Markdown")
    parser.add_argument("figure", type=Path, help="time and memory of the longest jobs, as PNG")
    options = parser.parse_args(argv)
    found = table(measurements(template.read_stages()))
    write_table(options.table, found)
    write_text(options.page, page(found))
    save(figure(found), options.figure)


if __name__ == "__main__":
    command.run(main)
