"""The training images that are nearest to a picture, by what a network makes of both before it decides on a class."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.core.progress import show_progress
from darkroom.images.prepared.views import TRAIN, View
from darkroom.networks.network import BATCH

MOST_VALUES = 1 << 26
"""Features that are held: 256 MiB. Of more images every second, third and so on is compared."""


@dataclass(frozen=True)
class Neighbour:
    """A training image: pixels, uint8 (height, width, channels), its class and file, and its cosine to the picture."""

    pixels: numpy.ndarray
    label: str
    file: str
    likeness: float


class Neighbours:
    """The training images of a view, by their features."""

    def __init__(self, network: keras.Model, view: View, task: str) -> None:
        """Compute the features of the training images; ``task`` is named beside the progress.

        Raises:
            UserError: the network has no dense layer that decides on the classes.
        """
        self.view, self.model = view, cut(network)
        count = view.count(TRAIN)
        self.rows = numpy.arange(0, count, -(-count * self.model.output_shape[-1] // MOST_VALUES))
        pieces = numpy.split(self.rows, range(BATCH, len(self.rows), BATCH))
        shown = show_progress(pieces, len(pieces), task, "batches of training images")
        self.features = self.compute(view.read(TRAIN, piece) for piece in shown)
        self.labels, self.files = view.labels(TRAIN), view.list_files(TRAIN)

    def compute(self, batches: Iterable[numpy.ndarray]) -> numpy.ndarray:
        """Return the features of images, each brought to the length 1: float32 (images, values)."""
        found = numpy.concatenate(
            [numpy.asarray(self.model.predict_on_batch(batch), dtype=numpy.float32) for batch in batches]
        )
        return found / numpy.maximum(numpy.linalg.norm(found, axis=1, keepdims=True), 1e-12)

    def find(self, pixels: numpy.ndarray, most: int) -> list[Neighbour]:
        """Return the ``most`` training images that are the nearest to one, uint8 (height, width, channels)."""
        likeness = self.features @ self.compute([pixels[None]])[0]
        nearest = numpy.argsort(-likeness, kind="stable")[:most]
        rows = self.rows[nearest]
        return [
            Neighbour(image, self.view.classes[self.labels[row]], self.files[row], float(likeness[place]))
            for image, row, place in zip(self.view.read(TRAIN, rows), rows, nearest, strict=True)
        ]


def cut(network: Any) -> keras.Model:
    """Return a network without the layer that decides on the classes: its features, (batch, values), out.

    Raises:
        UserError: it has none, as an ensemble of networks.
    """
    dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    if not dense:
        raise UserError("the network has no layer of its own that decides on the classes, so it has no features")
    return keras.Model(network.inputs, dense[-1].input)
