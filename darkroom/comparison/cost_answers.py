"""What the trainings of a study cost, in sentences: the times, what a batch size or frozen layers do to them, memory.

Pure functions over the table of costs, one row per training. What has no record, or lacks a figure, is not spoken of.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas

from darkroom.reporting.quantities import counted
from darkroom.reporting.tables import escaped

MEASURES = {"seconds_per_step": "a step", "seconds_per_epoch": "an epoch"}
CONDITIONS = ["threads", "precision", "processor"]
"""What times compare under, if it is the same."""


def answers(
    costs: pandas.DataFrame, batches: Mapping[str, Sequence[str]], kept: Sequence[Mapping[str, bool]]
) -> list[str]:
    """Return what the table answers, a paragraph each.

    Args:
        costs: as ``costs.table`` returns it.
        batches: groups of models that differ in batch size alone, by what they are called.
        kept: groups of models that differ in nothing but whether what frozen layers give was computed once.
    """
    of_groups = [of_batch_size(costs, name, models) for name, models in batches.items()]
    of_groups += [of_frozen(costs, models) for models in kept]
    return [text for text in (elapsed(costs), *of_groups, memory(costs)) if text]


def elapsed(costs: pandas.DataFrame) -> str:
    """Return which training took least and most, and all together."""
    known = costs.dropna(subset=["seconds"]).sort_values("seconds", kind="stable").to_dict("records")
    if not known:
        return ""
    if len(known) == 1:
        return f"Elapsed training time: {_timed(known[0])}."
    total = duration(sum(row["seconds"] for row in known))
    return (
        f"Elapsed training time: fastest {_timed(known[0])}, slowest {_timed(known[-1])}; that of every other is in "
        f"the table. Training all of them took {total}."
    )


def of_batch_size(costs: pandas.DataFrame, name: str, models: Sequence[str]) -> str:
    """Return which batch size is fastest by step and by epoch, of ``models`` that differ in nothing else."""
    known = costs[costs["model"].isin(models)].dropna(subset=["batch_size", *MEASURES])
    known = known.sort_values("batch_size", kind="stable")
    if known["batch_size"].nunique() < 2:
        return ""
    sizes = ", ".join(f"{size:.0f}" for size in known["batch_size"])
    parts = []
    for measure, unit in MEASURES.items():
        least, most = (known.loc[row] for row in (known[measure].idxmin(), known[measure].idxmax()))
        parts.append(
            f"{unit} is fastest with **{least['batch_size']:.0f}** images ({duration(least[measure])}) and slowest "
            f"with {most['batch_size']:.0f} ({duration(most[measure])})"
        )
    each = (f"{', '.join(duration(value) for value in known[measure])} {unit}" for measure, unit in MEASURES.items())
    times = f"With {sizes} images: {'; '.join(each)}."
    return f"{escaped(name)}, all else the same: {'; '.join(parts)}. {times}{_unlike(known)}"


def of_frozen(costs: pandas.DataFrame, kept: Mapping[str, bool]) -> str:
    """Return what computing frozen layers once saved, of models that differ in nothing else."""
    known = costs[costs["model"].isin(list(kept))].dropna(subset=["seconds"])
    rows = {kept[row["model"]]: row for row in reversed(known.to_dict("records"))}
    if len(rows) < 2:
        return ""
    once, always = rows[True], rows[False]
    saved = always["seconds"] - once["seconds"]
    brought = 0 if pandas.isna(once["frozen_seconds"]) else once["frozen_seconds"]
    gain = f"{duration(saved)} saved, {always['seconds'] / once['seconds']:.1f} times as fast" if saved > 0 else ""
    return (
        f"What frozen layers give, computed once by {_timed(once)}, in every epoch by {_timed(always)}: "
        f"{gain or 'nothing saved'}. Of the {duration(once['seconds'])}, {duration(brought)} went to compute it, or to "
        f"read it where an earlier training kept it.{_unlike(known)}"
    )


def memory(costs: pandas.DataFrame) -> str:
    """Return which training needed most memory."""
    known = costs.dropna(subset=["peak_memory_mib"])
    if known.empty:
        return ""
    most = known.loc[known["peak_memory_mib"].astype(float).idxmax()]
    return f"Peak memory of any training of this study: {most['peak_memory_mib']:,.0f} MiB ({most['model']})."


def duration(seconds: float) -> str:
    """Return a time in words: hours and minutes, minutes and seconds, or seconds with three significant digits."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.3g} s"


def _timed(row: Mapping[Any, Any]) -> str:
    epochs = "" if pandas.isna(row["epochs"]) else f", {counted(int(row['epochs']), 'epoch')}"
    return f"{row['model']} ({duration(row['seconds'])}{epochs})"


def _unlike(rows: pandas.DataFrame) -> str:
    alike = len(rows[CONDITIONS].drop_duplicates()) == 1
    return "" if alike else " They ran with other threads, precisions or processors, so these times compare badly."
