"""Figures of one model's evaluation: learning curves, confusion and calibration; and all of them in their order."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from darkroom.evaluation.boxes import list_boxes
from darkroom.evaluation.curves import is_validated
from darkroom.evaluation.diagram import draw_diagram
from darkroom.evaluation.galleries import AMBIGUOUS, RANDOM, WORST, draw_ambiguous, draw_gallery, draw_worst
from darkroom.evaluation.metrics import compute_calibration_error, compute_shares, count_confusions
from darkroom.evaluation.prediction import Trained
from darkroom.images.prepared.views import TEST, View
from darkroom.reporting.figures import pyplot
from darkroom.reporting.gallery_files import Gallery
from darkroom.reporting.labels import SMALLEST, choose_text_color, name_ticks

ANNOTATED = 20
"""A confusion matrix of more classes than this has cells too small for numbers."""
LARGEST = 13.8
"""Inches of a confusion matrix, however many classes it has."""
FIXED: dict[bool, dict[str, str]] = {True: {"rotation_mode": "anchor"}, False: {}}
"""How names that are turned are held: slanting ones at their ends."""


def draw_figures(
    trained: Trained,
    view: View,
    found: numpy.ndarray,
    tables: Mapping[str, pandas.DataFrame],
    shown: Sequence[Gallery],
    title: str,
) -> Iterator[tuple[str, Figure]]:
    """Yield the figures, by the names of their files; of the images only those shown are read.

    Args:
        trained: the model.
        view: what it was tested on.
        found: the class probabilities that it predicted: float32 (images, classes).
        tables: as ``results.tabulate`` returns them.
        shown: as ``galleries.list_galleries`` returns them.
        title: stands above each figure.
    """
    classes, labels, read = view.classes, view.labels(TEST), partial(view.read, TEST)
    rows = {one.figure: numpy.array(one.rows, dtype=numpy.int64) for one in shown}
    counts = count_confusions(labels, found.argmax(axis=1), classes)
    if trained.history.empty:
        yield "curves.png", draw_nothing(f"{title}: combined of trained models, so it has no curves")
    else:
        yield "curves.png", draw_curves(trained.history, trained.summary["best_epoch"], title)
    yield "confusion.png", draw_confusion(counts, classes, f"{title}, {len(labels):,} test images")
    yield "calibration.png", draw_calibration(tables["calibration"], title)
    worst, random = f"{title}: least probable true class", f"{title}: test images at random"
    yield WORST, draw_worst(read, labels, found, classes, rows[WORST], f"{worst} (framed: wrong)")
    yield RANDOM, draw_gallery(read, labels, found, classes, rows[RANDOM], f"{random} (framed: wrong)")
    yield AMBIGUOUS, draw_ambiguous(read, tables["ambiguous"], f"{title}: closest between two classes")
    yield "diagram.png", draw_diagram(list_boxes(trained.network), title)


def draw_curves(history: pandas.DataFrame, kept_epoch: int, title: str) -> Figure:
    """Return loss and accuracy by epoch, of training and, if any, validation, with the epoch of the kept weights."""
    validated = is_validated(history)
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 3.8))
    for axis, measure in zip(axes, ("loss", "accuracy"), strict=True):
        axis.plot(history["epoch"], history[measure], "o--", markersize=3, label="training")
        if validated:
            axis.plot(history["epoch"], history[f"val_{measure}"], "o-", markersize=3, label="validation")
        axis.axvline(kept_epoch, color="0.5", linestyle=":", label=f"weights kept (epoch {kept_epoch})")
        axis.set(xlabel="Epoch", ylabel=measure.capitalize())
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.legend(frameon=False)
    figure.suptitle(title if validated else f"{title}: nothing validated")
    figure.tight_layout()
    return figure


def draw_nothing(title: str) -> Figure:
    """Return a figure that only says why there is nothing to draw."""
    figure, axis = pyplot.subplots(figsize=(10, 1.2))
    axis.axis("off")
    figure.suptitle(title)
    return figure


def draw_confusion(counts: numpy.ndarray, classes: Sequence[str], title: str) -> Figure:
    """Return a confusion matrix, int64 (classes, classes), as counts and as shares of the true class, side by side.

    Of more than ``ANNOTATED`` classes it has no numbers, shares alone, and a size that does not grow any more.
    """
    few = len(classes) <= ANNOTATED
    side = min(max(3.2, 1.4 + len(classes) * (0.62 if few else 0.16)), LARGEST)
    figure, axes = pyplot.subplots(
        1, 1 + few, figsize=((1 + few) * side + 0.6, side + 0.9), layout="constrained", squeeze=False
    )
    if few:
        _draw_matrix(axes[0, 0], counts, classes, "d", "Images")
    _draw_matrix(axes[0, -1], compute_shares(counts), classes, ".0%", "Share of the true class")
    figure.suptitle(title)
    return figure


def _draw_matrix(axis: Axes, values: numpy.ndarray, classes: Sequence[str], specification: str, label: str) -> None:
    largest, few = max(values.max(), 1), len(classes) <= ANNOTATED
    shades = axis.imshow(values, cmap="Blues", vmin=0, vmax=largest)
    small = 9.0 if few else SMALLEST
    name_ticks(axis, classes, "x", small, rotation=45 if few else 90, ha="right" if few else "center", **FIXED[few])
    name_ticks(axis, classes, "y", small)
    axis.set(xlabel="Predicted class", ylabel="True class")
    axis.set_title(label, fontsize=10)
    if not few:
        return
    for row, column in numpy.ndindex(values.shape):
        value = values[row, column]
        color = choose_text_color(shades.to_rgba(value))
        axis.text(column, row, format(value, specification), ha="center", va="center", color=color, fontsize=9)


def draw_calibration(bins: pandas.DataFrame, title: str) -> Figure:
    """Return accuracy, and below it images, by confidence, from a table of ``metrics.measure_calibration``."""
    figure, (upper, lower) = pyplot.subplots(
        2, 1, figsize=(5, 6), sharex=True, gridspec_kw={"height_ratios": [3, 1]}, layout="constrained"
    )
    width = bins["upper"] - bins["lower"]
    upper.bar(bins["lower"], bins["accuracy"], width, align="edge", edgecolor="white", label="accuracy in the bin")
    upper.plot([0, 1], [0, 1], color="0.4", linestyle="--", label="perfect calibration")
    upper.plot(bins["confidence"], bins["accuracy"], "o", color="C1", label="at its mean confidence")
    error = compute_calibration_error(bins)
    upper.text(0.98, 0.03, f"ECE {error:.3f}", ha="right", transform=upper.transAxes, bbox={"fc": "white", "ec": "0.8"})
    upper.set(ylabel="Accuracy", xlim=(0, 1), ylim=(0, 1.02))
    upper.legend(frameon=False, loc="upper left", fontsize=9)
    lower.bar(bins["lower"], bins["images"], width, align="edge", color="0.6", edgecolor="white")
    lower.set(xlabel="Confidence (probability of the predicted class)", ylabel="Images")
    figure.suptitle(title)
    return figure
