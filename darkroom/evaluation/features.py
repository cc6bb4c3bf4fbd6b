"""What a network makes of images before it decides on a class: the values that its last dense layer is given."""

from typing import Any

import numpy

from darkroom.core.backend import keras
from darkroom.core.progress import show_progress
from darkroom.images.prepared.views import TEST, View
from darkroom.networks.network import BATCH


def compute_features(network: Any, view: View, task: str) -> numpy.ndarray:
    """Return the features of a view's test images, read batch by batch: float32 (images, values)."""
    last = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)][-1]
    model = keras.Model(network.inputs, last.input)
    rows = numpy.arange(len(view.labels(TEST)))
    pieces = numpy.split(rows, range(BATCH, len(rows), BATCH))
    batches = (view.read(TEST, piece) for piece in show_progress(pieces, len(pieces), task, "batches"))
    found = [numpy.asarray(model.predict_on_batch(batch), dtype=numpy.float32) for batch in batches]
    return numpy.concatenate([part.reshape(len(part), -1) for part in found])
