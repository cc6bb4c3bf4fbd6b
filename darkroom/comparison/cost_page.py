"""The page on what the training runs of a study cost, in Markdown.

What has no record, or lacks a value, is not mentioned.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas

from darkroom.core.provenance import note_on_images
from darkroom.params.data import Dataset
from darkroom.reporting.tables import markdown
from darkroom.reporting.templates import render

HEADINGS = {
    "seconds": "training time (s)",
    "frozen_seconds": "of which frozen layers (s)",
    "batch_size": "batch size",
    "steps_per_epoch": "steps per epoch",
    "seconds_per_step": "seconds per step",
    "seconds_per_epoch": "seconds per epoch",
    "images_per_second": "images per second",
    "features_per_second": "kept features per second",
    "peak_memory_mib": "peak memory (MiB)",
}
FORMATS = {
    **dict.fromkeys(("training time (s)", "of which frozen layers (s)"), ",.1f"),
    **dict.fromkeys(("images per second", "kept features per second"), ",.1f"),
    **dict.fromkeys(("batch size", "steps per epoch", "peak memory (MiB)"), ",.0f"),
    **dict.fromkeys(("seconds per step", "seconds per epoch"), ".3g"),
}
MEASURES = ["seconds_per_step", "seconds_per_epoch"]
CONDITIONS = ["threads", "precision", "processor"]
"""Conditions under which times compare, if they are the same."""


def compose_page(
    costs: pandas.DataFrame,
    batches: Mapping[str, Sequence[str]],
    frozen: Sequence[Mapping[str, bool]],
    missing: Sequence[str],
    study: str,
    dataset: Dataset,
    combined: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Return the page: what the table ``costs`` answers, the table, and the training runs without a record.

    Args:
        costs: as ``costs.tabulate_costs`` returns it.
        batches: groups of models that differ in batch size alone, by what they are called.
        frozen: groups of models that differ only in computing the outputs of frozen layers once or not.
        missing: keys of training runs.
        study: its key.
        dataset: what the images are.
        combined: the training runs of each ensemble, which costs what they do.
    """
    by_batch_size = (compare_batch_sizes(costs, name, models) for name, models in batches.items())
    by_frozen = (compare_frozen(costs, kept) for kept in frozen)
    return render(
        Path(__file__).parent,
        "costs.md.j2",
        study=study,
        title=dataset.title,
        qualification=note_on_images(dataset.source),
        runs=rank_times(costs),
        batches=[found for found in by_batch_size if found],
        frozen=[found for found in by_frozen if found],
        highest=find_highest_memory(costs),
        combined=[
            {"name": name, "members": runs, "seconds": add_times(costs, runs)}
            for name, runs in (combined or {}).items()
        ],
        table=markdown(costs.rename(columns=HEADINGS), FORMATS).rstrip() if len(costs) else "",
        missing=missing,
    )


def rank_times(costs: pandas.DataFrame) -> list[dict[Any, Any]]:
    """Return the training runs whose time is known, the fastest first."""
    return _list_rows(costs.dropna(subset=["seconds"]).sort_values("seconds", kind="stable"))


def compare_batch_sizes(costs: pandas.DataFrame, name: str, models: Sequence[str]) -> dict[str, Any] | None:
    """Return the times of ``models`` that differ in batch size alone, the smallest batch first; none of fewer than two.

    With them go the ``extremes``: of each measure the fastest training run and the slowest.
    """
    known = costs[costs["model"].isin(models)].dropna(subset=["batch_size", *MEASURES])
    known = known.sort_values("batch_size", kind="stable")
    if known["batch_size"].nunique() < 2:
        return None
    extremes = {
        measure: [known.loc[known[measure].idxmin()], known.loc[known[measure].idxmax()]] for measure in MEASURES
    }
    return {"name": name, "runs": known.to_dict("records"), "extremes": extremes, "comparable": _is_comparable(known)}


def compare_frozen(costs: pandas.DataFrame, kept: Mapping[str, bool]) -> dict[str, Any] | None:
    """Return the times of two models of ``kept``, of which one computed the outputs of frozen layers ``once``."""
    known = costs[costs["model"].isin(list(kept))].dropna(subset=["seconds"])
    rows = {kept[row["model"]]: row for row in reversed(_list_rows(known))}
    if len(rows) < 2:
        return None
    return {
        "once": rows[True],
        "always": rows[False],
        "spent": rows[True]["frozen_seconds"] or 0,
        "comparable": _is_comparable(known),
    }


def add_times(costs: pandas.DataFrame, runs: Sequence[str]) -> float | None:
    """Return the seconds that some training runs took together; nothing, where one of them is not known."""
    known = costs[costs["model"].isin(runs)].dropna(subset=["seconds"])
    return float(known["seconds"].sum()) if len(known) == len(runs) else None


def find_highest_memory(costs: pandas.DataFrame) -> dict[Any, Any] | None:
    """Return the training run that needed most memory; none where none is known."""
    known = costs.dropna(subset=["peak_memory_mib"])
    return None if known.empty else known.loc[known["peak_memory_mib"].astype(float).idxmax()].to_dict()


def _list_rows(table: pandas.DataFrame) -> list[dict[Any, Any]]:
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _is_comparable(rows: pandas.DataFrame) -> bool:
    return len(rows[CONDITIONS].drop_duplicates()) == 1
