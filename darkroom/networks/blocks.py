"""The convolutions of a network: in a chain, or in residual blocks; each with its pooling and dropout."""

from collections.abc import Iterator
from contextlib import contextmanager

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
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


@contextmanager
def refuse_small_images(blocks: Blocks, shape: tuple[int, int, int], layer: str) -> Iterator[None]:
    """Refuse images of ``shape``, where the block tells that nothing of their maps would be left at a layer.

    Raises:
        UserError: nothing is.
    """
    try:
        yield
    except ValueError as error:
        raise UserError(
            f"network.blocks: images of {shape[0]}x{shape[1]} are too small for {len(blocks.filters)} blocks: "
            f"nothing is left at {layer}; use fewer filters, padding: same, pooling: 1, strides: 1 or a larger view"
        ) from error


def add_residual_blocks(maps: keras.KerasTensor, blocks: Blocks, shape: tuple[int, int, int]) -> keras.KerasTensor:
    """Return what basic blocks make of feature maps of images of ``shape``, each with its pooling and dropout.

    Two convolutions, and a shortcut around them: the maps themselves, or where these have another shape, a projection,
    which is a convolution of 1x1 (option B). As the normalization behind it shifts, no convolution has a bias.

    Raises:
        UserError: the images are too small for so many poolings.

    Source: He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", 2015, section 3 and figure 5, left.
    """
    strides = _repeat(blocks.strides, blocks)
    for number, (filters, stride) in enumerate(zip(blocks.filters, strides, strict=True), start=1):
        found = _convolve(maps, blocks, filters, blocks.kernel, stride, f"{number}a")
        found = layers.Activation(blocks.activation, name=f"activation_{number}a")(found)
        found = _convolve(found, blocks, filters, blocks.kernel, 1, f"{number}b")
        if stride > 1 or maps.shape[-1] != filters:
            maps = _convolve(maps, blocks, filters, 1, stride, f"{number}_shortcut")
        maps = layers.Add(name=f"sum_{number}")([found, maps])
        maps = layers.Activation(blocks.activation, name=f"activation_{number}b")(maps)
        for layer in _make_reduction(blocks, number):
            with refuse_small_images(blocks, shape, layer.name):
                maps = layer(maps)
    return maps


def _convolve(
    maps: keras.KerasTensor, blocks: Blocks, filters: int, kernel: int, stride: int, name: str
) -> keras.KerasTensor:
    """Return the normalized outputs of a convolution."""
    assert blocks.batch_normalization  # params/network.py requires it
    momentum, penalty = blocks.batch_normalization.momentum, make_penalty(blocks.l2)
    maps = layers.Conv2D(
        filters, kernel, stride, "same", use_bias=False, kernel_regularizer=penalty, name=f"convolution_{name}"
    )(maps)
    return layers.BatchNormalization(momentum=momentum, name=f"batch_normalization_{name}")(maps)


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
