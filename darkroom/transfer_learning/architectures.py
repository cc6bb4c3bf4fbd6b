"""Backbones by name: networks without their last layers, and the preprocessing of images that each was trained with.

A name is one of keras.applications, whose graph for ``weights=None`` is taken whatever weights it gets, or
an EfficientNetLite, built here.
"""

import inspect
import re
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.params.backbone import PACKAGED
from darkroom.transfer_learning import efficientnet_lite

PREPROCESSING = "preprocessing"
"""The layer that scales pixels, in float32 whatever the precision."""
CHANNELS = 3
"""Of every image that a backbone takes: the weights of its first layer are made for red, green and blue."""
BRIGHTEST = 255
"""Of a pixel; darkest is 0."""


def build(architecture: str, alpha: float | None, shape: tuple[int, int, int]) -> keras.Model:
    """Return the network without its last layers, with random weights, named after the architecture in lower case.

    In: images after ``make_preprocessing``, float32 (batch, height, width, 3). Out: feature maps (batch, rows, columns,
    features), not pooled. Layers have the same names however many networks were built before.

    Raises:
        UserError: the architecture takes no images of this ``shape`` (height, width, channels), or not this ``alpha``.
    """
    size = f"images of {shape[0]}x{shape[1]}"
    if shape[2] != CHANNELS:
        channels = f"{shape[2]} channel{'s' if shape[2] > 1 else ''}"
        raise UserError(
            f"{size} with {channels}: {architecture} takes {CHANNELS}, red, green and blue; use a view with mode: RGB"
        )
    try:
        packaged = architecture in PACKAGED
        build_here = efficientnet_lite.build
        network = build_here(architecture, shape) if packaged else build_published(architecture, alpha, shape, None)
    except ValueError as error:
        if least := re.search(r"at least (\d+x\d+)", str(error)):
            raise UserError(
                f"{size} are too small for {architecture}, which needs at least {least[1]}; use a larger view"
            ) from None
        problem = " ".join(str(error).split())
        raise UserError(
            f"{architecture} cannot be built for {size} and alpha {alpha}: {problem[:200]}; change one of them"
        ) from None
    number_names(network)
    return keras.Model(network.input, network.output, name=architecture.lower())


def build_published(
    architecture: str, alpha: float | None, shape: tuple[int, int, int], weights: str | None
) -> keras.Model:
    """Return what keras.applications makes of ``architecture`` without its last layers, with ``weights``.

    Raises:
        ValueError: it has no such network or weights.
    """
    width = {} if alpha is None else {"alpha": alpha}
    return getattr(keras.applications, architecture)(include_top=False, weights=weights, input_shape=shape, **width)


def number_names(network: keras.Model) -> None:
    """Number the names that Keras gave to operations by itself from the start, as in a process that built no other."""
    counts: Counter[str] = Counter()
    for operation in network.operations:
        name = re.sub(r"_\d+$", "", operation.name)
        if name.replace("_", "") == type(operation).__name__.lower():
            operation.name = f"{name}_{counts[name]}" if counts[name] else name
            counts[name] += 1


def make_preprocessing(architecture: str) -> list[Callable[[keras.KerasTensor], keras.KerasTensor]]:
    """Return what to call on images, one after another, to prepare them as ``architecture`` was trained on them.

    Symbolic images (batch, height, width, 3) of any dtype, with values from 0 to 255, become what ``preprocess_input``
    of the architecture makes of them, through layers and operations that a ``.keras`` file holds: at most a reversal of
    the channels and a change of scale, in float32. The list is empty where the network begins with it.
    """
    reverse, rescaling = find_affine(architecture)
    steps: list[Callable[[keras.KerasTensor], keras.KerasTensor]] = []
    if reverse:
        steps.append(partial(keras.ops.flip, axis=-1))
    if rescaling != {"scale": 1.0, "offset": 0.0}:
        steps.append(keras.layers.Rescaling(**rescaling, dtype="float32", name=PREPROCESSING))
    return steps


def find_affine(architecture: str) -> tuple[bool, dict[str, Any]]:
    """Return whether channels are reversed first, and the arguments of ``Rescaling``: numbers, or lists by channel.

    They are found by asking ``preprocess_input``, beside the architecture in its module, for a few pixels: it is affine
    in every channel.
    """
    if architecture in PACKAGED:
        return False, efficientnet_lite.PREPROCESSING
    function = inspect.getmodule(getattr(keras.applications, architecture)).preprocess_input  # type: ignore[union-attr]

    def output(pixel: numpy.ndarray) -> numpy.ndarray:
        return function(pixel.astype("float64").reshape(1, 1, 1, CHANNELS)).ravel()

    offset = output(numpy.zeros(CHANNELS))
    primaries = numpy.eye(CHANNELS) * BRIGHTEST
    matrix = numpy.stack([output(pixel) - offset for pixel in primaries], axis=1) / BRIGHTEST  # output by input channel
    reverse = not matrix[0, 0]
    scale = numpy.diag(matrix[:, ::-1] if reverse else matrix)
    return reverse, {"scale": _shorten(scale), "offset": _shorten(offset)}


def _shorten(values: numpy.ndarray) -> float | list[float]:
    """Return one number where all are equal."""
    return float(values[0]) if (values == values[0]).all() else values.tolist()
