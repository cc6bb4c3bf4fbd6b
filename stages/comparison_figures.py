"""Figures of a comparison: accuracies with their intervals, and learning curves side by side."""

from collections.abc import Mapping

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from stages.figures import pyplot

MEASURES = ("loss", "accuracy")


def accuracies(models: pandas.DataFrame, replicates: pandas.DataFrame, confidence: float, title: str) -> Figure:
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


def learning_curves(histories: Mapping[str, pandas.DataFrame], best_epochs: Mapping[str, int], title: str) -> Figure:
    """Return a panel of loss above one of accuracy per model, all on the same scales, the other models in grey.

    Args:
        histories: by model; epoch, loss, accuracy, val_loss, val_accuracy.
        best_epochs: by model, the chosen epoch, from 1.
        title: stands above.
    """
    blocks = -(-len(histories) // (5 if len(histories) <= 10 else 8))
    columns = -(-len(histories) // blocks)
    size = (max(5.5, 2.5 * columns), 4.2 * blocks + 0.6)
    figure, grid = pyplot.subplots(2 * blocks, columns, figsize=size, sharex=True, squeeze=False, layout="constrained")
    for axis in grid.flat:
        axis.set_visible(False)
    limits = {"loss": (0.0, _loss_limit(histories)), "accuracy": (0.0, 1.02)}
    beyond = max(history["val_loss"].max() for history in histories.values()) > limits["loss"][1]
    labels = {"loss": "Loss (cut off)" if beyond else "Loss", "accuracy": "Accuracy"}
    for place, model in enumerate(histories):
        block, column = divmod(place, columns)
        for axis, measure in zip(grid[2 * block : 2 * block + 2, column], MEASURES, strict=True):
            axis.set_visible(True)
            axis.set_ylim(*limits[measure])
            _draw(axis, histories, model, measure, best_epochs[model])
            axis.set_ylabel(labels[measure] if column == 0 else "")
            axis.tick_params(labelbottom=measure == MEASURES[-1], labelleft=column == 0)
        grid[2 * block, column].set_title(model, fontsize=9)
        grid[2 * block + 1, column].set_xlabel("Epoch")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), frameon=False, fontsize=8, loc="outside lower left", ncols=4)
    figure.suptitle(title)
    return figure


def _draw(axis: Axes, histories: Mapping[str, pandas.DataFrame], model: str, measure: str, best_epoch: int) -> None:
    others = [history for other, history in histories.items() if other != model]
    for number, history in enumerate(others):
        label = None if number else "validation of the others"
        axis.plot(history["epoch"], history[f"val_{measure}"], color="0.85", linewidth=0.8, zorder=1, label=label)
    own = histories[model]
    axis.plot(own["epoch"], own[measure], "C0--", linewidth=1, label="training")
    axis.plot(own["epoch"], own[f"val_{measure}"], "C1-", linewidth=1.6, label="validation")
    chosen = own[own["epoch"] == best_epoch]
    axis.plot(chosen["epoch"], chosen[f"val_{measure}"], "ko", markersize=4, label="chosen epoch")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def _loss_limit(histories: Mapping[str, pandas.DataFrame]) -> float:
    """Return the top of the loss axes: validation loss beyond three times the largest in training is cut off."""
    joined = pandas.concat(histories.values())[["loss", "val_loss"]]
    largest = joined.replace([numpy.inf, -numpy.inf], numpy.nan).max().fillna(1.0)
    return 1.05 * max(largest["loss"], min(largest["val_loss"], 3 * largest["loss"]))
