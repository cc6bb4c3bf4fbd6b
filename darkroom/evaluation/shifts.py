"""The shift test: how often a model is right on test images that were moved by a few pixels."""

from collections.abc import Mapping
from typing import Any

import numpy
import pandas

from darkroom.core.errors import UserError
from darkroom.core.progress import show_progress
from darkroom.evaluation.intervals import wilson_interval
from darkroom.images.prepared.views import TEST, View
from darkroom.networks.network import BATCH, to_probabilities

DIRECTIONS: Mapping[str, tuple[int, int]] = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
"""Rows and columns by which an image moves, for one pixel."""
CONFIDENCE = 0.95
COLUMNS = ["pixels", "images", "correct", "accuracy", "low", "high"]


def shift(images: numpy.ndarray, rows: int, columns: int) -> numpy.ndarray:
    """Return images (images, height, width, channels), moved down by ``rows`` and to the right by ``columns``.

    Negative numbers move them up and to the left. The pixels of the border fill what becomes free.
    """
    height, width = images.shape[1:3]
    down, across = numpy.arange(height) - rows, numpy.arange(width) - columns
    return images[:, down.clip(0, height - 1)][:, :, across.clip(0, width - 1)]


def measure_shifts(network: Any, view: View, predicted: numpy.ndarray, most: int, task: str) -> pandas.DataFrame:
    """Return a row for each number of pixels from 0 to ``most``; none, if that is 0.

    Args:
        network: the Keras model.
        view: what it is tested on.
        predicted: the labels that it gives the test images where they are, int64 (images,).
        most: pixels.
        task: named beside the progress.

    Returns:
        pixels; images; correct, the mean over the four directions; accuracy; low and high, the bounds of its interval
        (Wilson). The four moves of one image are hardly independent: the interval is that of so many images, not of
        four times as many.

    Raises:
        UserError: so many pixels are not less than the images have.
    """
    if not most:
        return pandas.DataFrame(columns=COLUMNS)
    side = min(view.shape[:2])
    if most >= side:
        raise UserError(f"shifts: {most}: the images of {view.folder} have {side} pixels a side; give fewer")
    labels = view.labels(TEST)
    hits = numpy.zeros(most + 1)
    hits[0] = (predicted == labels).sum()
    pieces = numpy.split(numpy.arange(len(labels)), range(BATCH, len(labels), BATCH))
    for piece in show_progress(pieces, len(pieces), task, "batches of moved images"):
        images = view.read(TEST, piece)
        for pixels in range(1, most + 1):
            for down, across in DIRECTIONS.values():
                moved = shift(images, down * pixels, across * pixels)
                found = to_probabilities(network.predict_on_batch(moved)).argmax(axis=1)
                hits[pixels] += (found == labels[piece]).sum() / len(DIRECTIONS)
    return tabulate(hits, len(labels))


def tabulate(correct: numpy.ndarray, images: int) -> pandas.DataFrame:
    """Return the table of the ``correct`` ones of ``images``, by pixels from 0 on, with intervals."""
    low, high = zip(*(wilson_interval(count, images, CONFIDENCE) for count in correct), strict=True)
    columns = {"pixels": range(len(correct)), "images": images, "correct": correct, "accuracy": correct / images}
    return pandas.DataFrame({**columns, "low": low, "high": high})
