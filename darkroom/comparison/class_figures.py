"""Figures of accuracy class by class: every model, and before and after each fine-tuning."""

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from darkroom.reporting.figures import pyplot
from darkroom.reporting.labels import SMALLEST, abbreviate, choose_text_color, name_ticks

ANNOTATED = 20
"""Of more classes than this the cells are too small for numbers."""
WIDEST = 16.0
"""Inches of the map, however many classes it has."""
MOST_CHANGED = 30
"""Classes of a fine-tune that are shown, those that it changed most."""
ACROSS = 3
"""Fine-tunes shown side by side."""


def draw_class_accuracies(classes: pandas.DataFrame, finetuning: pandas.DataFrame, title: str) -> Figure:
    """Return each model's accuracy on each class as a map, and below it what each fine-tuning changed.

    Args:
        classes: model, class, accuracy.
        finetuning: finetuned, base, class, before, after; or no rows, and nothing stands below.
        title: stands above.
    """
    table = classes.pivot(index="model", columns="class", values="accuracy")
    table = table.loc[classes["model"].unique(), classes["class"].unique()]
    tuned = [select_changed(group) for _, group in finetuning.groupby("finetuned", sort=False)]
    rows, alike = -(-len(tuned) // ACROSS), table.shape[1] <= MOST_CHANGED
    width = min(3.4 + (0.62 if table.shape[1] <= ANNOTATED else 0.16) * table.shape[1], WIDEST)
    heights = [1.6 + 0.3 * len(table)] + [rows * (1.3 + 0.28 * min(table.shape[1], MOST_CHANGED))] * bool(tuned)
    figure = pyplot.figure(figsize=(max(6.4, width, 10 if tuned else 0), sum(heights) + 0.4), layout="constrained")
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    _draw_map(parts[0], table)
    if tuned:
        grid = parts[1].subplots(rows, min(ACROSS, len(tuned)), sharex=True, sharey=alike, squeeze=False)
        for axis in grid.flat[len(tuned) :]:
            axis.set_visible(False)
        for axis, group in zip(grid.flat, tuned, strict=False):
            _draw_change(axis, group)
        parts[1].suptitle("Before and after fine-tuning", fontsize=10)
        parts[1].legend(
            *grid[0, 0].get_legend_handles_labels(), frameon=False, fontsize=8, loc="outside lower left", ncols=4
        )
    figure.suptitle(title)
    return figure


def select_changed(group: pandas.DataFrame) -> pandas.DataFrame:
    """Return the classes that a fine-tuning changed most, as many as are shown, in their own order."""
    largest = group["difference"].abs().sort_values(ascending=False, kind="stable").index[:MOST_CHANGED]
    return group.loc[group.index.isin(largest)]


def _draw_map(figure: SubFigure, table: pandas.DataFrame) -> None:
    axis = figure.subplots()
    shades = axis.imshow(table, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    few = table.shape[1] <= ANNOTATED
    slanting = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if few else {"rotation": 90}
    name_ticks(axis, list(table.columns), "x", 9.0 if few else SMALLEST, **slanting)
    axis.set_yticks(range(len(table)), table.index, fontsize=8)
    figure.colorbar(shades, ax=axis, label="Share correct", fraction=0.04)
    for (row, column), value in numpy.ndenumerate(table.to_numpy()) if few else ():
        color = choose_text_color(shades.to_rgba(value))
        axis.text(column, row, f"{value:.0%}", ha="center", va="center", color=color, fontsize=8)


def _draw_change(axis: Axes, group: pandas.DataFrame) -> None:
    places = numpy.arange(len(group))
    for better, color, label in ((True, "C0", "better"), (False, "C3", "worse")):
        chosen = (group["difference"] >= 0) if better else (group["difference"] < 0)
        rows = group[chosen]
        axis.hlines(places[chosen], rows["before"], rows["after"], color=color, linewidth=2.5, label=label)
    axis.plot(group["before"], places, "o", color="white", markeredgecolor="0.3", label="before")
    axis.plot(group["after"], places, "o", color="0.2", label="after")
    axis.set_yticks(places, list(map(abbreviate, group["class"])), fontsize=8)
    axis.set(xlim=(-0.02, 1.02), ylim=(len(group) - 0.5, -0.5))
    axis.set_xlabel("Accuracy on the class", fontsize=9)
    axis.set_title(f"{group['finetuned'].iloc[0]}\nfrom {group['base'].iloc[0]}", fontsize=8)
    axis.grid(axis="x", color="0.9")
