"""Grad-CAM: the region of an image that spoke for a class; and HiResCAM, for where Grad-CAM finds none.

Sources: Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra, "Grad-CAM: Visual Explanations from Deep Networks via
Gradient-based Localization", ICCV 2017, equations 1 and 2. Draelos, Carin, "Use HiResCAM instead of Grad-CAM for
faithful explanations of convolutional neural networks", 2020.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy
from PIL import Image

from darkroom.core import gradients
from darkroom.core.backend import keras
from darkroom.explanation.feature_maps import FeatureMaps
from darkroom.networks.network import PROBABILITIES


def compute_heat(
    maps: FeatureMaps, layer: str, image: numpy.ndarray, label: int, by_position: bool = False
) -> numpy.ndarray:
    """Return how much each pixel of ``image`` spoke for the class ``label``: float32 (height, width), at most 1.

    The feature maps of ``layer``, each weighed by the mean gradient of the class's score with respect to it, are added
    up; what spoke against the class counts as 0. It is all 0 where nothing spoke for it. The score is that before
    softmax or sigmoid; with a sigmoid that of the first class is that of the second, negative.

    Args:
        maps: the network.
        layer: name of a layer with feature maps.
        image: uint8 (height, width, channels).
        label: place of the class.
        by_position: weigh each position of a map by its own gradient (HiResCAM). Behind Flatten, the weights of one map
            may speak for the class here and against it there, so that their mean says nothing.

    Raises:
        UserError: the backend gives no gradients.
    """
    model = keras.Model(maps.network.inputs, [maps.tensors[layer], maps.network.outputs[0]])

    def forward(pixels: Any) -> tuple[Any, Any]:
        features, scores = model([pixels], training=False)
        return features, select_score(scores, label)

    with without_activation(maps.layers[PROBABILITIES]):
        features, gradient = gradients.compute_gradient(forward, image[None].astype(numpy.float32))
    weights = gradient if by_position else gradient.mean(axis=(1, 2), keepdims=True)
    found = numpy.maximum((weights * features).sum(axis=-1)[0], 0)
    if found.max() > 0:
        found = found / found.max()
    height, width = image.shape[:2]
    return numpy.asarray(Image.fromarray(found).resize((width, height), Image.Resampling.BILINEAR))


def select_score(scores: Any, label: int) -> Any:
    """Return the score of the class ``label``, of scores (1, classes), or of one (1, 1) that speaks for the second."""
    if scores.shape[-1] == 1:
        return scores[0, 0] if label == 1 else -scores[0, 0]
    return scores[0, label]


@contextmanager
def without_activation(layer: keras.Layer) -> Iterator[None]:
    """Let a layer give what it computes before its activation, for as long as the block lasts."""
    kept = layer.activation
    layer.activation = keras.activations.linear
    try:
        yield
    finally:
        layer.activation = kept
