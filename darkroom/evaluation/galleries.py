"""Galleries of test images, each with its class and the classes that a model predicted for it."""

from collections.abc import Callable, Sequence

import numpy
import pandas
from matplotlib.figure import Figure

from darkroom.evaluation.metrics import select_probabilities
from darkroom.params.model import Evaluation
from darkroom.reporting import galleries
from darkroom.reporting.gallery_files import Gallery

Read = Callable[[numpy.ndarray], numpy.ndarray]
"""What returns the images of rows, int64 (n,): uint8 (n, height, width, channels)."""
WORST, AMBIGUOUS, RANDOM = "worst.webp", "ambiguous.webp", "gallery.webp"
"""Files of the pictures."""
COLUMNS = 5
"""Images side by side."""


def list_galleries(
    labels: numpy.ndarray, probabilities: numpy.ndarray, ambiguous: pandas.DataFrame, evaluation: Evaluation
) -> list[Gallery]:
    """Return the galleries of an evaluation: the images worst predicted, the ``ambiguous``, and some at random."""
    count = len(labels)
    sampled = numpy.random.default_rng(evaluation.seed).permutation(count)[: evaluation.gallery]
    worst = numpy.argsort(select_probabilities(labels, probabilities), kind="stable")[: evaluation.worst]
    shown = {WORST: worst, AMBIGUOUS: ambiguous.index.to_numpy(), RANDOM: sampled}
    return [Gallery(figure, rows.tolist(), count) for figure, rows in shown.items()]


def draw_worst(
    read: Read,
    labels: numpy.ndarray,
    probabilities: numpy.ndarray,
    classes: Sequence[str],
    rows: numpy.ndarray,
    title: str,
) -> Figure:
    """Return a gallery of ``rows``, int64 (n,), the images with the lowest probability of their true class.

    Mistakes are framed: where a model makes few, some of the worst are correct.

    Args:
        read: returns the images of rows; only those shown are read.
        labels: int64 (images,).
        probabilities: float (images, classes).
        classes: names, by label.
        rows: of the images to show.
        title: stands above the gallery.
    """
    likely, predicted = select_probabilities(labels, probabilities), probabilities.argmax(axis=1)
    confidence = select_probabilities(predicted, probabilities)
    wrong = predicted != labels
    captions = [
        f"true: {classes[labels[row]]} {likely[row]:.1%}\npredicted: {classes[predicted[row]]} {confidence[row]:.1%}"
        if wrong[row]
        else f"correct: {classes[labels[row]]} {likely[row]:.1%}"
        for row in rows
    ]
    return draw_rows(read, rows, captions, title, numpy.flatnonzero(wrong[rows]).tolist())


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
    return draw_rows(read, rows, captions, title, numpy.flatnonzero(wrong[rows]).tolist())


def draw_ambiguous(read: Read, table: pandas.DataFrame, title: str) -> Figure:
    """Return the images of a table of ``metrics.find_ambiguous``, each with its class and its two best classes."""
    captions = [
        f"true: {true}\n{best} {first:.1%}\n{second} {other:.1%}"
        for _, true, best, first, second, other in table.itertuples(index=False)
    ]
    return draw_rows(read, table.index.to_numpy(), captions, title)


def draw_rows(
    read: Read, rows: numpy.ndarray, captions: Sequence[str], title: str, marked: Sequence[int] = ()
) -> Figure:
    """Return the images of ``rows``, int64 (n,), at least one, each below its caption, those at ``marked`` framed."""
    return galleries.draw_gallery(list(read(rows)), captions, title, min(COLUMNS, len(rows)), marked)
