"""Figures of a comparison: accuracies with their intervals, and learning curves side by side."""

from collections.abc import Mapping

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from darkroom.comparison import class_figures
from darkroom.comparison.tables import Tables
from darkroom.evaluation.evaluations import Evaluated
from darkroom.reporting.figures import pyplot

MEASURES = ("loss", "accuracy")
LONG = 24
"""A longer name needs smaller letters above its panel."""


def draw_figures(tables: Tables, firsts: Mapping[str, Evaluated], confidence: float, title: str) -> dict[str, Figure]:
    """Return every figure of the comparison, by name; ``title`` says on which images."""
    models = tables.models
    kept = dict(zip(models["model"], models["best_epoch"], strict=True))
    histories = {model: one.history for model, one in firsts.items() if not one.is_ensemble}
    return {
        "accuracy": draw_accuracies(models, tables.replicates, confidence, f"Accuracy on {title}"),
        "curves": draw_learning_curves(histories, kept, f"Learning curves on {title}"),
        "classes": class_figures.draw_class_accuracies(
            tables.classes, tables.finetuning, f"Accuracy per class of {title}"
        ),
    }


def draw_accuracies(models: pandas.DataFrame, replicates: pandas.DataFrame, confidence: float, title: str) -> Figure:
    """Return each model's accuracy with its interval, and the accuracies of its further replicates as dots.

    Args:
        models: model, accuracy, low, high.
        replicates: model, replicate, accuracy.
        confidence: of the intervals.
        title: stands above.
    """
    figure, axis = pyplot.subplots(figsize=(7.5, 1.7 + 0.36 * len(models)), layout="constrained")
    places = numpy.arange(len(models))
    spread = [models["accuracy"] - models["low"], models["high"] - models["accuracy"]]
    axis.errorbar(
        models["accuracy"], places, xerr=spread, fmt="o", capsize=3, label=f"accuracy, {confidence:g} interval (Wilson)"
    )
    further = replicates[replicates["replicate"] > 1]
    if len(further):
        place = dict(zip(models["model"], places, strict=True))
        rows = further["model"].map(place).to_numpy() + 0.22
        axis.plot(further["accuracy"], rows, ".", color="C1", label="further replicates")
    axis.set_yticks(places, models["model"])
    axis.set(xlabel="Accuracy on the test images", ylim=(len(models) - 0.5, -0.5))
    axis.grid(axis="x", color="0.9")
    figure.legend(frameon=False, fontsize=8, loc="outside lower left", ncols=2)
    figure.suptitle(title)
    return figure


def draw_learning_curves(histories: Mapping[str, pandas.DataFrame], kept: Mapping[str, int], title: str) -> Figure:
    """Return a panel of loss above one of accuracy per model, all on the same scales, the other models in grey.

    Args:
        histories: by model; epoch, loss, accuracy, and val_loss and val_accuracy where something validated.
        kept: by model, the epoch whose weights were kept, from 1.
        title: stands above.
    """
    blocks = -(-len(histories) // (5 if len(histories) <= 10 else 8))
    columns = -(-len(histories) // blocks)
    size = (max(5.5, 2.5 * columns), 4.2 * blocks + 0.6)
    figure, grid = pyplot.subplots(2 * blocks, columns, figsize=size, sharex=True, squeeze=False, layout="constrained")
    for axis in grid.flat:
        axis.set_visible(False)
    top, cut = limit_loss(histories)
    limits, labels = {"loss": (0.0, top), "accuracy": (0.0, 1.02)}, {"loss": "Loss", "accuracy": "Accuracy"}
    labels["loss"] += " (cut off)" * cut
    for place, model in enumerate(histories):
        block, column = divmod(place, columns)
        for axis, measure in zip(grid[2 * block : 2 * block + 2, column], MEASURES, strict=True):
            axis.set_visible(True)
            axis.set_ylim(*limits[measure])
            _draw_panel(axis, histories, model, measure, kept[model])
            axis.set_ylabel(labels[measure] if column == 0 else "")
            axis.tick_params(labelbottom=measure == MEASURES[-1], labelleft=column == 0)
        grid[2 * block, column].set_title(model, fontsize=9 if len(model) <= LONG else 7)
        grid[2 * block + 1, column].set_xlabel("Epoch")
    handles = {
        label: handle for axis in grid.flat for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), frameon=False, fontsize=8, loc="outside lower left", ncols=4)
    figure.suptitle(title)
    return figure


def _draw_panel(axis: Axes, histories: Mapping[str, pandas.DataFrame], model: str, measure: str, kept: int) -> None:
    own, followed = histories[model], f"val_{measure}"
    shown = followed if followed in own else measure
    what = "validation" if shown == followed else "training"
    others = [history for other, history in histories.items() if other != model and shown in history]
    for number, history in enumerate(others):
        label = None if number else f"{what} of the others"
        axis.plot(history["epoch"], history[shown], color="0.85", linewidth=0.8, zorder=1, label=label)
    axis.plot(own["epoch"], own[measure], "C0--", linewidth=1, label="training")
    if shown == followed:
        axis.plot(own["epoch"], own[followed], "C1-", linewidth=1.6, label="validation")
    chosen = own[own["epoch"] == kept]
    axis.plot(chosen["epoch"], chosen[shown], "ko", markersize=4, label="epoch kept")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def limit_loss(histories: Mapping[str, pandas.DataFrame]) -> tuple[float, bool]:
    """Return the top of the loss axes, and True where validation loss beyond it, three times training's, is cut off."""
    joined = pandas.concat(histories.values()).reindex(columns=["loss", "val_loss"])
    largest = joined.replace([numpy.inf, -numpy.inf], numpy.nan).max().fillna(0.0)
    trained = largest["loss"] or 1.0
    top = 1.05 * max(trained, min(largest["val_loss"], 3 * trained))
    return top, bool(joined["val_loss"].max() > top)
