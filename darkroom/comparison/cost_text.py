"""The page on what the trainings of a study cost, in Markdown."""

from collections.abc import Sequence

import pandas

from darkroom.core.provenance import note_on_images
from darkroom.params.data import Dataset
from darkroom.reporting.tables import escaped, markdown

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


def page(costs: pandas.DataFrame, answers: Sequence[str], missing: Sequence[str], study: str, dataset: Dataset) -> str:
    """Return the page, in Markdown: what the table ``costs`` answers, the table, and the trainings without a record."""
    qualified = f" ({note_on_images(dataset.source)})" if note_on_images(dataset.source) else ""
    lines = [f"# Cost of the trainings of {study}, on {escaped(dataset.title)}{qualified}\n"]
    if answers:
        lines.append("".join(f"- {answer}\n" for answer in answers))
    lines.append(MEASURED)
    lines.append(
        markdown(costs.rename(columns=HEADINGS), FORMATS) if len(costs) else "No training has left a record.\n"
    )
    if missing:
        lines.append(f"Without a record, so left out: {', '.join(missing)}.\n")
    lines.append("![Batch size and time](steps.png)\n")
    return "\n".join(lines)
