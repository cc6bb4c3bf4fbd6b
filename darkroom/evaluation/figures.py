"""Figures of one model's evaluation: learning curves, confusion, calibration, and images with what it made of them."""

from collections.abc import Sequence

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from darkroom.evaluation.curves import is_validated
from darkroom.evaluation.metrics import expected_calibration_error, probability_of, shares
from darkroom.reporting import figures
from darkroom.reporting.figures import pyplot

ANNOTATED = 20
"""A confusion matrix of more classes than this has too small cells for numbers."""
COLUMNS = 5
"""Images side by side."""
LINE = 0.08
"""Room for a further line above an image, as a share of its own."""
WRONG = "firebrick"
"""Colour of what was mistaken."""


def learning_curves(history: pandas.DataFrame, kept_epoch: int, title: str) -> Figure:
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


def confusion(counts: numpy.ndarray, classes: Sequence[str], title: str) -> Figure:
    """Return a confusion matrix, int64 (classes, classes), as counts and as shares of the true class, side by side."""
    side = max(3.2, 1.4 + len(classes) * (0.62 if len(classes) <= ANNOTATED else 0.16))
    figure, axes = pyplot.subplots(1, 2, figsize=(2 * side + 0.6, side + 0.9), layout="constrained")
    _draw_matrix(axes[0], counts, classes, "d", "Images")
    _draw_matrix(axes[1], shares(counts), classes, ".0%", "Share of the true class")
    figure.suptitle(title)
    return figure


def _draw_matrix(axis: Axes, values: numpy.ndarray, classes: Sequence[str], specification: str, label: str) -> None:
    largest = max(values.max(), 1)
    axis.imshow(values, cmap="Blues", vmin=0, vmax=largest)
    ticks = range(len(classes))
    small = 9 if len(classes) <= ANNOTATED else 5
    axis.set_xticks(ticks, classes, rotation=45, ha="right", rotation_mode="anchor", fontsize=small)
    axis.set_yticks(ticks, classes, fontsize=small)
    axis.set(xlabel="Predicted class", ylabel="True class")
    axis.set_title(label, fontsize=10)
    if len(classes) > ANNOTATED:
        return
    for row, column in numpy.ndindex(values.shape):
        value = values[row, column]
        color = "white" if value > largest / 2 else "black"
        axis.text(column, row, format(value, specification), ha="center", va="center", color=color, fontsize=9)


def reliability(bins: pandas.DataFrame, title: str) -> Figure:
    """Return accuracy, and below it images, by confidence, from a table of ``metrics.calibration``."""
    figure, (upper, lower) = pyplot.subplots(
        2, 1, figsize=(5, 6), sharex=True, gridspec_kw={"height_ratios": [3, 1]}, layout="constrained"
    )
    width = bins["upper"] - bins["lower"]
    upper.bar(bins["lower"], bins["accuracy"], width, align="edge", edgecolor="white", label="accuracy in the bin")
    upper.plot([0, 1], [0, 1], color="0.4", linestyle="--", label="perfect calibration")
    upper.plot(bins["confidence"], bins["accuracy"], "o", color="C1", label="at its mean confidence")
    error = expected_calibration_error(bins)
    upper.text(0.98, 0.03, f"ECE {error:.3f}", ha="right", transform=upper.transAxes, bbox={"fc": "white", "ec": "0.8"})
    upper.set(ylabel="Accuracy", xlim=(0, 1), ylim=(0, 1.02))
    upper.legend(frameon=False, loc="upper left", fontsize=9)
    lower.bar(bins["lower"], bins["images"], width, align="edge", color="0.6", edgecolor="white")
    lower.set(xlabel="Confidence (probability of the predicted class)", ylabel="Images")
    figure.suptitle(title)
    return figure


def worst(
    images: numpy.ndarray,
    labels: numpy.ndarray,
    probabilities: numpy.ndarray,
    classes: Sequence[str],
    most: int,
    title: str,
) -> Figure:
    """Return a gallery of the ``most`` images with the lowest probability of their true class, lowest first.

    Args:
        images: uint8 (images, height, width, channels), as a view's memory map; only those shown are read.
        labels: int64 (images,).
        probabilities: float (images, classes).
        classes: names, by label.
        most: images to show; all, if there are fewer.
        title: stands above the gallery.
    """
    likely, predicted = probability_of(labels, probabilities), probabilities.argmax(axis=1)
    rows = numpy.argsort(likely, kind="stable")[:most]
    confidence = probability_of(predicted, probabilities)
    captions = [
        f"true: {classes[labels[row]]} {likely[row]:.1%}\npredicted: {classes[predicted[row]]} {confidence[row]:.1%}"
        for row in rows
    ]
    return _shown(images, rows, captions, title)


def gallery(
    images: numpy.ndarray,
    labels: numpy.ndarray,
    probabilities: numpy.ndarray,
    classes: Sequence[str],
    rows: numpy.ndarray,
    title: str,
) -> Figure:
    """Return the images of ``rows``, int64 (n,), with predicted class and certainty; mistakes are framed and named.

    The other arguments are those of :func:`worst`.
    """
    predicted = probabilities.argmax(axis=1)
    wrong = predicted != labels
    certain = probability_of(predicted, probabilities)
    captions = [
        f"{classes[predicted[row]]} {certain[row]:.1%}" + (f"\n(true: {classes[labels[row]]})" if wrong[row] else "")
        for row in rows
    ]
    figure = _shown(images, rows, captions, title)
    for axis, row in zip(figure.axes, rows, strict=False):
        if wrong[row]:
            axis.title.set_color(WRONG)
            frame = Rectangle((0, 0), 1, 1, transform=axis.transAxes, fill=False, edgecolor=WRONG, linewidth=3)
            frame.set_clip_on(False)
            axis.add_patch(frame)
    return figure


def ambiguous(images: numpy.ndarray, table: pandas.DataFrame, title: str) -> Figure:
    """Return the images of a table of ``metrics.ambiguous``, each with its class and its two best classes."""
    captions = [
        f"true: {true}\n{best} {first:.1%}\n{second} {other:.1%}"
        for _, true, best, first, second, other in table.itertuples(index=False)
    ]
    return _shown(images, table.index.to_numpy(), captions, title)


def _shown(images: numpy.ndarray, rows: numpy.ndarray, captions: Sequence[str], title: str) -> Figure:
    chosen = [numpy.asarray(images[row]) for row in rows]
    figure = figures.gallery(chosen, captions, title, columns=min(COLUMNS, len(rows)))
    lines = max(caption.count("\n") for caption in captions)  # beyond the first, which the gallery has room for
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height * (1 + LINE * lines))
    figure.tight_layout()
    return figure
