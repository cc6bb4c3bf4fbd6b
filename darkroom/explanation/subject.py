"""The subject of an explanation: a network, its predictions, and the images and layers to show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy
import pandas

from darkroom.core.progress import show_progress
from darkroom.explanation.feature_maps import FeatureMaps
from darkroom.images.prepared.views import TEST, View
from darkroom.params.explanation import Explanation
from darkroom.reporting import selection

BATCH = 16
"""Images given to the network at once; it bounds memory."""


@dataclass(frozen=True)
class Subject:
    """A network and its predictions, and the images and layers to show."""

    title: str
    wish: Explanation
    view: View
    maps: FeatureMaps
    predictions: pandas.DataFrame
    rows: list[int]
    layers: list[str]
    summary: Mapping[str, Any]

    def read_images(self, rows: list[int]) -> list[numpy.ndarray]:
        """Return test images: uint8 (height, width, channels) each."""
        return list(self.view.read(TEST, numpy.array(rows, dtype=numpy.int64)))

    def write_captions(self, rows: list[int]) -> list[str]:
        """Return for each image the true class and the predicted one, each with its probability."""
        likely = selection.true_probability(self.predictions)
        chosen = zip(rows, self.predictions.iloc[rows].itertuples(index=False), strict=True)
        return [f"true: {one[1]} {likely[row]:.1%}\npredicted: {one[2]} {one[3]:.1%}" for row, one in chosen]

    def read_captioned_images(self, rows: list[int]) -> list[tuple[numpy.ndarray, str]]:
        """Return test images with their captions."""
        return list(zip(self.read_images(rows), self.write_captions(rows), strict=True))


def open_subject(
    wish: Explanation,
    view: View,
    maps: FeatureMaps,
    predictions: pandas.DataFrame,
    summary: Mapping[str, Any],
    title: str,
) -> Subject:
    """Return the subject of an explanation, with its images and layers selected.

    Raises:
        UserError: a file, class or layer is unknown; it begins with the key below the explanation's.
    """
    rows = selection.select_images(predictions, wish.files, wish.images, wish.seed)
    for name in wish.classes:
        selection.group_by_outcome(predictions, name)
    layers = [maps.find_layer(layer, "layers") for layer in wish.layers]
    return Subject(title, wish, view, maps, predictions, rows, list(dict.fromkeys(layers)), summary)


def measure_responses(subject: Subject, task: str) -> pandas.DataFrame:
    """Return how each filter of the chosen layers responds to all test images; ``task`` is named beside progress."""
    rows = numpy.arange(len(subject.predictions))
    pieces = numpy.split(rows, range(BATCH, len(rows), BATCH))
    batches: Iterator[numpy.ndarray] = (
        subject.view.read(TEST, piece) for piece in show_progress(pieces, len(pieces), task, "batches")
    )
    return subject.maps.measure(subject.layers, batches)
