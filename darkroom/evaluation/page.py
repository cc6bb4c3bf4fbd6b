"""The page that sums up one model's evaluation, in Markdown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas

from darkroom.evaluation.curve_shape import is_still_falling
from darkroom.evaluation.curves import is_cross_entropy, judge
from darkroom.evaluation.prediction import Trained
from darkroom.reporting.templates import render

SHOWN = 5
"""Classes named as those predicted most often, and images as the most ambiguous."""


def compose_page(
    title: str, note: str, trained: Trained, test: Mapping[str, Any], tables: Mapping[str, pandas.DataFrame]
) -> str:
    """Return the page.

    Args:
        title: the training run, and the dataset that it is tested on.
        note: what every result must say; stands in every heading.
        trained: the model, its history and its summary.
        test: metrics of the test set, as ``results.measure`` returns them.
        tables: as ``results.tabulate`` returns them, and that of ``measure_shifts``.
    """
    summary, classes = trained.summary, tables["classes"]
    return render(
        Path(__file__).parent,
        "evaluation.md.j2",
        title=title,
        note=f" ({note})" if note else "",
        test=test,
        summary=summary,
        classes=classes,
        favourites=classes.sort_values("predicted", ascending=False, kind="stable").head(SHOWN).to_dict("records"),
        pairs=tables["confused-pairs"],
        ambiguous=tables["ambiguous"].head(SHOWN),
        shifts=tables["shifts"],
        curves=None if trained.history.empty else summarize_curves(trained.history, len(classes), summary),
        layers=trained.layers.drop(columns="share"),
        largest_layers=pandas.DataFrame(summary["largest_layers"]),
        backbone=summarize_backbone(summary["backbone"]) if "backbone" in summary else None,
    )


def summarize_curves(history: pandas.DataFrame, classes: int, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the verdict on the learning curves, or where nothing validated, the course of training loss."""
    cross_entropy = is_cross_entropy(summary["hyperparameters"])
    loss = history["loss"].to_numpy(float)
    return {
        "verdict": judge(history, classes, summary["stopped_early"], cross_entropy),
        "cross_entropy": cross_entropy,
        "first_loss": loss[0],
        "last_loss": loss[-1],
        "epochs": len(loss),
        "still_falling": is_still_falling(loss),
    }


def summarize_backbone(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a backbone, with the sizes of its feature maps as a table."""
    return {**description, "sizes": pandas.DataFrame(description["sizes"])}
