"""Networks described in params.yaml, and what their outputs mean."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.networks.blocks import add_residual_blocks, make_convolutions, make_penalty, refuse_small_images
from darkroom.params.network import Blocks, Head, Network

layers = keras.layers
NORMALIZATION, STANDARDIZATION = "normalization", "standardization"
"""The layers that standardise each channel: by statistics among the weights, or by constants."""
PROBABILITIES = "probabilities"
"""The last layer, which computes in float32 whatever the precision."""
OUTPUT_DROPOUT = "output_dropout"
BATCH = 32
"""Images given to a trained network at once; it bounds memory and changes no result."""


def build(network: Network, shape: tuple[int, int, int], classes: int) -> keras.Model:
    """Return the untrained model: uint8 images (batch, height, width, channels) in, probabilities out.

    These are (batch, classes), or of a sigmoid (batch, 1), and computed in float32 whatever the precision. A chain of
    convolutions or residual blocks, if it has any, each with its pooling and dropout, then dense layers with theirs.

    Raises:
        UserError: the images are too small for so many convolutions and poolings, or a sigmoid has not two classes.
    """
    build_it = _build_graph if isinstance(network.blocks, Blocks) and network.blocks.residual else _build_chain
    return build_it(network, shape, classes)


def _build_chain(network: Network, shape: tuple[int, int, int], classes: int) -> keras.Sequential:
    model = keras.Sequential(name="network")
    model.add(layers.Input(shape, name="image"))
    for layer in _make_front(network, shape[-1]):
        model.add(layer)
    if isinstance(network.blocks, Blocks):
        for layer in make_convolutions(network.blocks):
            with refuse_small_images(network.blocks, shape, layer.name):
                model.add(layer)
    for layer in make_top(network.head, classes):
        model.add(layer)
    return model


def _build_graph(network: Network, shape: tuple[int, int, int], classes: int) -> keras.Model:
    image = maps = layers.Input(shape, name="image")
    for layer in _make_front(network, shape[-1]):
        maps = layer(maps)
    if isinstance(network.blocks, Blocks):
        maps = add_residual_blocks(maps, network.blocks, shape)
    for layer in make_top(network.head, classes):
        maps = layer(maps)
    return keras.Model(image, maps, name="network")


def _make_front(network: Network, channels: int) -> Iterator[keras.layers.Layer]:
    """Yield the layers that scale pixels."""
    yield layers.Rescaling(1 / 255, name="rescaling")
    if network.normalization == "layer":
        yield layers.Normalization(name=NORMALIZATION)
    if network.normalization == "constants":
        yield layers.Rescaling([1.0] * channels, [0.0] * channels, name=STANDARDIZATION)


def make_top(head: Head, classes: int) -> Iterator[keras.layers.Layer]:
    """Yield the layers from feature maps (batch, height, width, channels) to probabilities (batch, classes or 1).

    Raises:
        UserError: one probability is asked for, but there are not two classes.
    """
    if head.output == "sigmoid" and classes != 2:
        raise UserError(f"network.head.output: sigmoid distinguishes two classes, but there are {classes}; use softmax")
    pool = layers.GlobalAveragePooling2D if head.pooling == "global-average" else layers.Flatten
    yield pool(name=head.pooling.replace("-", "_"))
    if head.batch_normalization:
        momentum = head.batch_normalization.momentum
        yield layers.BatchNormalization(momentum=momentum, name="head_batch_normalization")
    if head.input_dropout:
        yield layers.Dropout(head.input_dropout, name="head_dropout")
    for number, (units, rate) in enumerate(zip(head.units, head.dropout, strict=True), start=1):
        penalty = make_penalty(head.l2)
        yield layers.Dense(units, activation=head.activation, kernel_regularizer=penalty, name=f"dense_{number}")
        if rate:
            yield layers.Dropout(rate, name=f"dense_dropout_{number}")
    outputs = 1 if head.output == "sigmoid" else classes
    penalty = make_penalty(head.l2)
    yield layers.Dense(outputs, activation=head.output, kernel_regularizer=penalty, dtype="float32", name=PROBABILITIES)
    if head.output_dropout:
        yield layers.Dropout(head.output_dropout, dtype="float32", name=OUTPUT_DROPOUT)


def to_probabilities(outputs: Any) -> numpy.ndarray:
    """Return class probabilities, float32 (images, classes), of a model's outputs: of a sigmoid for both classes."""
    given = numpy.asarray(outputs, dtype=numpy.float32)
    return numpy.concatenate([1 - given, given], axis=1) if given.shape[1] == 1 else given


def count_classes(model: keras.Model) -> int:
    """Return how many classes a model distinguishes."""
    return max(2, model.output_shape[-1])


def set_normalization(model: keras.Model, batches: Iterable[numpy.ndarray]) -> None:
    """Give the model's standardising layer the mean and variance of the images, scaled to 0..1, per channel.

    Exact, and in one pass over ``batches`` (each uint8, (images, height, width, channels)): the 256 values are counted.
    A model without such a layer stays as it is.
    """
    names = {layer.name for layer in model.layers} & {NORMALIZATION, STANDARDIZATION}
    if not names:
        return
    layer = model.get_layer(names.pop())
    counts = numpy.zeros((model.input_shape[-1], 256), dtype=numpy.int64)
    images = 0
    for batch in batches:
        images += len(batch)
        for channel, count in enumerate(counts):
            count += numpy.bincount(batch[..., channel].ravel(), minlength=256)
    values = numpy.arange(256) / 255
    pixels = counts.sum(axis=1)
    mean = counts @ values / pixels
    variance = numpy.maximum(counts @ values**2 / pixels - mean**2, 0)  # of one colour, rounding may go below
    if layer.name == STANDARDIZATION:
        deviation = numpy.sqrt(variance).clip(keras.config.epsilon())
        layer.scale, layer.offset = (1 / deviation).tolist(), (-mean / deviation).tolist()
        return
    layer.set_weights([mean.astype("float32"), variance.astype("float32"), numpy.array(images)])
    layer.finalize_state()
