"""The convolutions of a network: chains of convolution, activation, pooling and dropout."""

from collections.abc import Iterator

from darkroom.core.backend import keras
from darkroom.params.network import Blocks

layers = keras.layers
POOLINGS = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}


def make_convolutions(blocks: Blocks) -> Iterator[keras.layers.Layer]:
    """Yield the layers of a chain of convolutions, each with its pooling and dropout."""
    strides = _repeat(blocks.strides, blocks)
    for number, (filters, stride) in enumerate(zip(blocks.filters, strides, strict=True), start=1):
        fused = None if blocks.batch_normalization else blocks.activation
        yield layers.Conv2D(
            filters,
            blocks.kernel,
            stride,
            padding=blocks.padding,
            activation=fused,
            kernel_regularizer=make_penalty(blocks.l2),
            name=f"convolution_{number}",
        )
        if blocks.batch_normalization:
            momentum = blocks.batch_normalization.momentum
            yield layers.BatchNormalization(momentum=momentum, name=f"batch_normalization_{number}")
            yield layers.Activation(blocks.activation, name=f"activation_{number}")
        yield from _make_reduction(blocks, number)


def _make_reduction(blocks: Blocks, number: int) -> Iterator[keras.layers.Layer]:
    """Yield what stands behind a convolution, the first being number 1: pooling and dropout, as far as it has them."""
    size = _repeat(blocks.pooling, blocks)[number - 1]
    found = [POOLINGS[blocks.pooling_kind](size, name=f"pooling_{number}")] if size > 1 else []
    if blocks.dropout:
        dropout = layers.Dropout(blocks.dropout, name=f"dropout_{number}")
        found = [dropout, *found] if blocks.dropout_first else [*found, dropout]
    yield from found


def _repeat(given: int | list[int], blocks: Blocks) -> list[int]:
    """Return a value for each convolution."""
    return given if isinstance(given, list) else [given] * len(blocks.filters)


def make_penalty(factor: float) -> keras.regularizers.Regularizer | None:
    """Return the penalty of a layer's squared weights, if it has any."""
    return keras.regularizers.L2(factor) if factor else None
