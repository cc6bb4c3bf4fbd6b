"""Galleries of test images, each with its class and the classes that a model predicted for it."""

from collections.abc import Callable, Sequence

import numpy
import pandas
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from darkroom.evaluation.metrics import select_probabilities
from darkroom.reporting import figures

Read = Callable[[numpy.ndarray], numpy.ndarray]
"""What returns the images of rows, int64 (n,): uint8 (n, height, width, channels)."""
COLUMNS = 5
"""Images side by side."""
LINE = 0.08
"""Room for a further line above an image, as a share of its own."""
WRONG = "firebrick"
"""Colour of mistakes."""


def draw_worst(
    read: Read,
    labels: numpy.ndarray,
    probabilities: numpy.ndarray,
    classes: Sequence[str],
    most: int,
    title: str,
) -> Figure:
    """Return a gallery of the ``most`` images with the lowest probability of their true class, lowest first.

    Args:
        read: returns the images of rows; only those shown are read.
        labels: int64 (images,).
        probabilities: float (images, classes).
        classes: names, by label.
        most: images to show; all, if there are fewer.
        title: stands above the gallery.
    """
    likely, predicted = select_probabilities(labels, probabilities), probabilities.argmax(axis=1)
    rows = numpy.argsort(likely, kind="stable")[:most]
    confidence = select_probabilities(predicted, probabilities)
    captions = [
        f"true: {classes[labels[row]]} {likely[row]:.1%}\npredicted: {classes[predicted[row]]} {confidence[row]:.1%}"
        for row in rows
    ]
    return draw_rows(read, rows, captions, title)


def draw_gallery(
    read: Read,
    labels: numpy.ndarray,
    probabilities: numpy.ndarray,
    classes: Sequence[str],
    rows: numpy.ndarray,
    title: str,
) -> Figure:
    """Return the images of ``rows``, int64 (n,), with predicted class and certainty; mistakes are framed and named.

    The other arguments are those of :func:`draw_worst`.
    """
    predicted = probabilities.argmax(axis=1)
    wrong = predicted != labels
    certain = select_probabilities(predicted, probabilities)
    captions = [
        f"{classes[predicted[row]]} {certain[row]:.1%}" + (f"\n(true: {classes[labels[row]]})" if wrong[row] else "")
        for row in rows
    ]
    figure = draw_rows(read, rows, captions, title)
    for axis, row in zip(figure.axes, rows, strict=False):
        if wrong[row]:
            axis.title.set_color(WRONG)
            frame = Rectangle((0, 0), 1, 1, transform=axis.transAxes, fill=False, edgecolor=WRONG, linewidth=3)
            frame.set_clip_on(False)
            axis.add_patch(frame)
    return figure


def draw_ambiguous(read: Read, table: pandas.DataFrame, title: str) -> Figure:
    """Return the images of a table of ``metrics.find_ambiguous``, each with its class and its two best classes."""
    captions = [
        f"true: {true}\n{best} {first:.1%}\n{second} {other:.1%}"
        for _, true, best, first, second, other in table.itertuples(index=False)
    ]
    return draw_rows(read, table.index.to_numpy(), captions, title)


def draw_rows(read: Read, rows: numpy.ndarray, captions: Sequence[str], title: str) -> Figure:
    """Return the images of ``rows``, int64 (n,), at least one, each below its caption, which may have several lines."""
    figure = figures.draw_gallery(list(read(rows)), captions, title, columns=min(COLUMNS, len(rows)))
    lines = max(caption.count("\n") for caption in captions)  # beyond the first, which the gallery has room for
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height * (1 + LINE * lines))
    figure.tight_layout()
    return figure
