"""Time and memory of every job, in a table, on a page and in a figure: python -m workflow.timings CSV MD PNG.

Reads what Snakemake measured (workflow/measurements.py) of the stages that params.yaml asks for. No stage of DVC makes
this, as times differ from run to run.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import pandas
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from darkroom.core.files import write_table, write_text
from darkroom.pipeline import command, template
from darkroom.reporting.figures import pyplot, save
from darkroom.reporting.tables import cell, markdown
from darkroom.reporting.templates import render
from workflow.measurements import Measurement, measurements

COLUMNS = {"memory": "peak_memory_mib", "load": "mean_load_percent"}
"""Columns of the table that are not called as the fields of a measurement."""
SHOWN = 30
"""Jobs in the figure."""
FORMATS = {"seconds": ",.1f", "longest (s)": ",.1f", "peak memory (MiB)": ",.0f", "seconds restoring": ",.1f"}
DRAWN = {"seconds": "Seconds", "peak_memory_mib": "Peak memory (MiB)"}
COLOURS = {True: ("C0", "command executed"), False: ("0.75", "outputs restored, nothing computed")}
NONE = "No job has left its measurements here."


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
    for verb, jobs in found.groupby("verb"):
        done, restored = jobs[jobs["executed"]], jobs[~jobs["executed"]]
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
