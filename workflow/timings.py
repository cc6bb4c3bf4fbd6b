"""What every job took, in a table, on a page and in a figure: python -m workflow.timings CSV MD PNG.

Reads logs/<stage>/**/<key>.tsv, which Snakemake measured, with the log beside it and the jobs' own files. The numbers
are those of the whole job: the start of Python and DVC, hashing, and the command, if DVC executed it. No stage of DVC
makes this, as times differ from run to run.
"""

import argparse
import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from darkroom.core.files import write_table, write_text
from darkroom.pipeline import command, template
from darkroom.reporting.figures import pyplot, save
from darkroom.reporting.tables import cell, markdown
from darkroom.reporting.templates import render
from workflow import jobs, logs

EXECUTED = re.compile(r"^Running stage '", re.MULTILINE)
"""What DVC prints before it executes a command, and not where it restores outputs."""
MEASURED = {"memory": "max_rss", "cpu_seconds": "cpu_time", "load": "mean_load"}
"""What Snakemake calls what it measures."""
COLUMNS = {"memory": "peak_memory_mib", "load": "mean_load_percent"}
"""Columns of the table that are not called as the fields of a measurement."""
SHOWN = 30
"""Jobs in the figure."""
FORMATS = {"seconds": ",.1f", "longest (s)": ",.1f", "peak memory (MiB)": ",.0f", "seconds restoring": ",.1f"}
DRAWN = {"seconds": "Seconds", "peak_memory_mib": "Peak memory (MiB)"}
COLOURS = {True: ("C0", "command executed"), False: ("0.75", "outputs restored, nothing computed")}
NONE = "No job has left its measurements here."


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


def measured() -> list[Path]:
    """Return the files in which Snakemake measured jobs of dvc.yaml's stages, the last one at the end."""
    return sorted(logs.LOGS.glob("*/**/*.tsv"), key=lambda file: file.stat().st_mtime)


def latest(wildcards: object) -> list[str]:
    """Return the last of these files, if there is any, for a rule to depend on.

    The whole path: Snakemake would take the one that it writes itself for a wish to run the job that it tells of.
    """
    return [str(file.resolve()) for file in measured()[-1:]]


def measurements(stages: Collection[str]) -> list[Measurement]:
    """Return what the last jobs of ``stages`` took, in this order; of those whose last job ended well."""
    newest = {logs.stage_of(file): file for file in measured()}
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
    mine = job if job and job.log == str(log) else None
    verb, _, key = stage.partition("@")
    return Measurement(
        verb=verb,
        key=key,
        executed=bool(EXECUTED.search(log.read_text(encoding="utf-8", errors="replace"))),
        seconds=float(row["s"]),
        **{name: _number(row[column]) for name, column in MEASURED.items()},
        host=mine.host if mine else None,
        gpu=mine.gpus if mine else None,
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # NA, or - where the system does not tell
        return None


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


def table(found: Sequence[Measurement]) -> pandas.DataFrame:
    """Return a row for each measurement, sorted by verb and key; what is not known stays empty."""
    names = [field.name for field in fields(Measurement)]
    numbers = dict.fromkeys(("seconds", "memory", "cpu_seconds", "load"), float)  # also where none is known
    rows = pandas.DataFrame([asdict(one) for one in found], columns=names).astype(numbers).rename(columns=COLUMNS)
    return rows.sort_values(["verb", "key"], ignore_index=True)


def page(found: pandas.DataFrame) -> str:
    """Return the page: for each verb how many jobs there were, what they took, and where jobs ran."""
    hosts = found["host"].dropna().value_counts().to_dict()
    table = markdown(summary(found), FORMATS) if len(found) else ""
    return render(Path(__file__).parent, "timings.md.j2", table=table, hosts=hosts, notice=NONE)


def summary(found: pandas.DataFrame) -> pandas.DataFrame:
    """Return a row for each verb, the one that took longest first."""
    rows = []
    for verb, those in found.groupby("verb"):
        done, restored = those[those["executed"]], those[~those["executed"]]
        rows.append(
            {
                "stage": verb,
                "executed": len(done),
                "seconds": done["seconds"].sum(),
                "longest (s)": done["seconds"].max(),
                "peak memory (MiB)": done["peak_memory_mib"].max(),
                "restored": len(restored),
                "seconds restoring": restored["seconds"].sum(),
            }
        )
    return pandas.DataFrame(rows).sort_values(["seconds", "seconds restoring"], ascending=False, ignore_index=True)


def figure(found: pandas.DataFrame) -> Figure:
    """Return bars of the seconds of the longest jobs beside bars of their memory, those that only restored in grey."""
    longest = found.sort_values("seconds", ascending=False, ignore_index=True).head(SHOWN)
    size = (9.5, 1.4 + 0.24 * max(len(longest), 2))
    drawn, axes = pyplot.subplots(1, 2, figsize=size, sharey=True, layout="constrained")
    for axis, (column, label) in zip(axes, DRAWN.items(), strict=True):
        colours = [COLOURS[executed][0] for executed in longest["executed"]]
        bars = axis.barh(longest.index, longest[column].fillna(0), height=0.7, color=colours)
        axis.bar_label(bars, [cell(value, ",.0f") for value in longest[column]], fontsize=7, padding=2)
        axis.set(xlabel=label, ylim=(max(len(longest), 1) - 0.5, -0.5))
        axis.margins(x=0.1)
        axis.set_xlim(left=0)
        axis.spines["left"].set_visible(False)
        axis.tick_params(axis="y", length=0)
    axes[0].set_yticks(longest.index, longest["verb"] + "@" + longest["key"])
    keys = [Patch(color=colour, label=said) for colour, said in COLOURS.values()]
    drawn.legend(handles=keys, frameon=False, fontsize=8, loc="outside lower left", ncols=2)
    more = f"The {SHOWN} longest of {len(found):,} jobs" if len(found) > SHOWN else "All jobs, the longest first"
    drawn.suptitle(more if len(found) else NONE)
    return drawn


if __name__ == "__main__":
    command.run(main)
