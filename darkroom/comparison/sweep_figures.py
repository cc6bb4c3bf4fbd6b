"""Figures of a sweep: the learning curves of a model and its variants on one plot, and their gaps."""

from collections.abc import Mapping

import numpy
import pandas
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from darkroom.comparison.figures import limit_loss
from darkroom.comparison.sweeps import VALIDATION
from darkroom.evaluation.evaluations import Evaluated
from darkroom.reporting.figures import pyplot

BLACK = (0.0, 0.0, 0.0, 1.0)


def draw_figures(evaluated: Mapping[str, Evaluated], table: pandas.DataFrame, title: str) -> dict[str, Figure]:
    """Return the figures of a sweep, by name; ``table`` is that of ``sweeps.measure_variants``."""
    histories = {model: one.history for model, one in evaluated.items()}
    return {"curves": draw_curves(histories, table, title), "gap": draw_gaps(table, title)}


def draw_curves(histories: Mapping[str, pandas.DataFrame], table: pandas.DataFrame, title: str) -> Figure:
    """Return loss and accuracy of all models by epoch, training dashed and validation solid, the base in black.

    Args:
        histories: by model, the base first; epoch, loss, accuracy, and val_loss and val_accuracy where validated.
        table: model and best_epoch, whose point is marked.
        title: stands above.
    """
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    kept = dict(zip(table["model"], table["best_epoch"], strict=True))
    colors = _pick_colors(list(histories))
    for axis, measure in zip(axes, ("loss", "accuracy"), strict=True):
        for model, history in histories.items():
            shown = f"val_{measure}" if f"val_{measure}" in history else measure
            axis.plot(history["epoch"], history[measure], "--", color=colors[model], linewidth=1)
            if shown != measure:
                axis.plot(history["epoch"], history[shown], "-", color=colors[model], linewidth=1.6)
            chosen = history[history["epoch"] == kept[model]]
            axis.plot(chosen["epoch"], chosen[shown], "o", color=colors[model], markersize=5)
        axis.set(xlabel="Epoch", ylabel=measure.capitalize())
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(color="0.93")
    axes[1].set_ylim(0, 1.02)
    top, cut = limit_loss(histories)
    axes[0].set_ylim(0, top)
    axes[0].set_ylabel("Loss (cut off)" if cut else "Loss")
    lines = [Line2D([], [], color="0.3", linestyle="--", label="training")]
    lines.append(Line2D([], [], color="0.3", linestyle="-", label="validation"))
    lines.append(Line2D([], [], color="0.3", marker="o", linestyle="", label="epoch kept"))
    lines += [Line2D([], [], color=color, linewidth=3, label=model) for model, color in colors.items()]
    figure.legend(handles=lines, frameon=False, fontsize=8, loc="outside lower left", ncols=4)
    figure.suptitle(title)
    return figure


def draw_gaps(table: pandas.DataFrame, title: str) -> Figure:
    """Return each model's accuracies in training and in validation, or test, the gap between them, and on the test.

    ``table`` is that of ``sweeps.measure_variants``.
    """
    figure, axis = pyplot.subplots(figsize=(8.5, 1.8 + 0.42 * len(table)), layout="constrained")
    places, against = numpy.arange(len(table)), table["against"].iloc[0]
    held_out = table["val_accuracy"] if against == VALIDATION else table["accuracy"]
    axis.hlines(places, held_out, table["train_accuracy"], color="0.8", linewidth=4, zorder=1)
    axis.plot(table["train_accuracy"], places, "o", color="white", markeredgecolor="C0", markersize=7, label="training")
    if against == VALIDATION:
        axis.plot(held_out, places, "o", color="C1", markersize=7, label="validation")
    spread = [table["accuracy"] - table["low"], table["high"] - table["accuracy"]]
    axis.errorbar(
        table["accuracy"],
        places + 0.2,
        xerr=spread,
        fmt="s",
        color="0.3",
        markersize=4,
        capsize=2,
        label="test, with interval",
    )
    right = table[["train_accuracy", "high"]].max(axis=1).combine(held_out, max)
    for place, edge, gap in zip(places.tolist(), right, table["gap"], strict=True):
        axis.text(edge + 0.012, place, f"gap {100 * gap:+.1f}", va="center", fontsize=8)
    axis.set_yticks(places, table["model"], fontsize=8)
    axis.set(xlabel="Accuracy at the epoch kept (gap in points)", ylim=(len(table) - 0.4, -0.6))
    axis.set_xlim(right=max(axis.get_xlim()[1], float(right.max()) + 0.13))
    axis.grid(axis="x", color="0.93")
    figure.legend(frameon=False, fontsize=8, loc="outside lower left", ncols=3)
    figure.suptitle(title)
    return figure


def _pick_colors(models: list[str]) -> dict[str, tuple[float, float, float, float]]:
    """Return a color for each model, black for the first."""
    shades = pyplot.get_cmap("tab10" if len(models) <= 11 else "turbo")
    places = range(len(models) - 1) if len(models) <= 11 else numpy.linspace(0.05, 0.95, len(models) - 1)
    return dict(zip(models, [BLACK, *(shades(place) for place in places)], strict=True))
