"""What jobs took, on a page: how many there were of each stage, how long they took, and where they ran."""

from pathlib import Path

import pandas

from darkroom.reporting.tables import markdown
from darkroom.reporting.templates import render

FORMATS = {"seconds": ",.1f", "longest (s)": ",.1f", "peak memory (MiB)": ",.0f", "seconds restoring": ",.1f"}
NONE = "No job has left its measurements here."


def page(found: pandas.DataFrame) -> str:
    """Return the page of a table with a row for each job, as workflow/timings.py writes it."""
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
