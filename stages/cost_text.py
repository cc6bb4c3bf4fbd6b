"""The page on what the trainings of a study cost, in Markdown."""

from collections.abc import Sequence

import pandas

from stages.parameters.data import Dataset
from stages.tables import escaped, markdown

HEADINGS = {
    "seconds": "training time (s)",
    "frozen_seconds": "of which frozen layers (s)",
    "batch_size": "batch size",
    "steps_per_epoch": "steps per epoch",
    "seconds_per_step": "seconds per step",
    "seconds_per_epoch": "seconds per epoch",
    "images_per_second": "images per second",
    "peak_memory_mib": "peak memory (MiB)",
}
FORMATS = {
    **dict.fromkeys(("training time (s)", "of which frozen layers (s)", "images per second"), ",.1f"),
    **dict.fromkeys(("batch size", "steps per epoch", "peak memory (MiB)"), ",.0f"),
    **dict.fromkeys(("seconds per step", "seconds per epoch"), ".3g"),
}
MEASURED = (
    "Each training's own measurement, on the machine and under the load of its day. What frozen layers give is "
    "computed once, or read where an earlier training kept it; the other columns are about the rest. A step is one "
    "update of the weights, however many parts its batch was accumulated from; the seconds of an epoch contain its "
    "validation.\n"
)


def page(costs: pandas.DataFrame, missing: Sequence[str], study: str, dataset: Dataset) -> str:
    """Return the cost table as a page in Markdown, which names the trainings that have no record."""
    qualified = f" ({dataset.note})" if dataset.note else ""
    lines = [f"# Cost of the trainings of {study}, on {escaped(dataset.title)}{qualified}\n", MEASURED]
    lines.append(
        markdown(costs.rename(columns=HEADINGS), FORMATS) if len(costs) else "No training has left a record.\n"
    )
    if costs["seconds"].notna().any():
        lines.append(f"Training all of them took {_duration(costs['seconds'].sum())}.\n")
    if costs["peak_memory_mib"].notna().any():
        most = costs.loc[costs["peak_memory_mib"].astype(float).idxmax()]
        lines.append(
            f"Peak memory of any training of this study: {most['peak_memory_mib']:,.0f} MiB ({most['model']}).\n"
        )
    if missing:
        lines.append(f"Without a record, so left out: {', '.join(missing)}.\n")
    lines.append("![Batch size and time](steps.png)\n")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
