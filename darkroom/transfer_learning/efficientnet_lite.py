"""EfficientNetLites in Keras.

Lite0 is EfficientNetB0 without squeeze-and-excitation and with ReLU6 for swish, as in tensorflow/tpu on GitHub,
models/official/efficientnet/lite/efficientnet_lite_builder.py. The larger ones have more filters and blocks, but for
the first and the last layers and groups of blocks, whose number stays. Layers are named as those of
``keras.applications.EfficientNetB0``. Convolutions pad as TensorFlow does, by the size of the map before them; so does
``efficientnet_lite_pytorch``, if made with ``image_size=None`` or the images' own.
"""

import math
from typing import NamedTuple

from darkroom.core.backend import keras

layers = keras.layers

PREPROCESSING = {"scale": 1 / 128, "offset": -127 / 128}
"""Arguments of ``Rescaling`` that make the network's input of pixels from 0 to 255: (pixel - 127) / 128.

From MEAN_RGB and STDDEV_RGB of efficientnet_lite_builder.py. The package with the weights says nothing; the README of
``efficientnet_lite_pytorch`` repeats that of the other EfficientNets, with ImageNet's mean and deviation, under which
the stem's outputs would have five times the variance that its BatchNormalization keeps.
"""
EPSILON = 1e-3
MOMENTUM = 0.99
DROP_RATE = 0.2
"""Training leaves out a residual block with this probability times its index divided by the number of blocks."""
INITIALIZER = {
    "class_name": "VarianceScaling",
    "config": {"scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal"},
}
"""That of keras.applications' EfficientNets."""


class _Group(NamedTuple):
    """Blocks that follow one another; the first has the stride."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    filters: int


GROUPS = (
    _Group(1, 3, 1, 1, 16),
    _Group(2, 3, 2, 6, 24),
    _Group(2, 5, 2, 6, 40),
    _Group(3, 3, 2, 6, 80),
    _Group(3, 5, 1, 6, 112),
    _Group(4, 5, 2, 6, 192),
    _Group(1, 3, 1, 6, 320),
)
"""Of Lite0."""
SCALES = {"EfficientNetLite0": (1.0, 1.0), "EfficientNetLite1": (1.0, 1.1), "EfficientNetLite2": (1.1, 1.2)}
"""Factors of the filters and of the blocks; their images have 224, 240 and 260 pixels a side."""
DIVISOR = 8
"""Filters are a multiple of it."""


def scale_groups(architecture: str) -> list[_Group]:
    """Return the groups of blocks of an architecture in ``SCALES``."""
    width, depth = SCALES[architecture]
    inner = range(1, len(GROUPS) - 1)
    return [
        group._replace(
            blocks=math.ceil(group.blocks * depth) if place in inner else group.blocks,
            filters=_scale_filters(group.filters, width),
        )
        for place, group in enumerate(GROUPS)
    ]


def _scale_filters(filters: int, width: float) -> int:
    """Return the nearest multiple of ``DIVISOR``, at least 90% of what was asked for."""
    wanted = filters * width
    nearest = max(DIVISOR, int(wanted + DIVISOR / 2) // DIVISOR * DIVISOR)
    return nearest + DIVISOR if nearest < 0.9 * wanted else nearest


def name_blocks(architecture: str) -> list[str]:
    """Return the names of an architecture's blocks in their order, such as ``block2a``."""
    groups = scale_groups(architecture)
    return [f"block{number}{letter}" for number, group in enumerate(groups, 1) for letter in "abcde"[: group.blocks]]


def build(architecture: str, shape: tuple[int, int, int]) -> keras.Model:
    """Return the untrained network of a name in ``SCALES``, without pooling and classifier.

    Float images (batch, height, width, channels), prepared by ``PREPROCESSING``, in; features (batch, height / 32,
    width / 32, 1280), the sides rounded up, the values from 0 to 6, out.
    """
    image = layers.Input(shape, name="image")
    x = _activate(_convolve(image, "stem_", 32, 3, 2), "stem_")
    names = name_blocks(architecture)
    numbered = iter(enumerate(names))
    for group in scale_groups(architecture):
        for number in range(group.blocks):
            place, name = next(numbered)
            rate = DROP_RATE * place / len(names)
            x = _add_block(x, name, group, group.stride if number == 0 else 1, rate)
    x = _activate(_convolve(x, "top_", 1280), "top_")
    return keras.Model(image, x, name=architecture.lower())


def _add_block(inputs: keras.KerasTensor, name: str, group: _Group, stride: int, rate: float) -> keras.KerasTensor:
    """Add an inverted residual block: expansion, depthwise convolution, projection; left out with the ``rate``."""
    x, filters = inputs, inputs.shape[-1]
    if group.expansion > 1:
        prefix = f"{name}_expand_"
        x = _activate(_convolve(x, prefix, filters * group.expansion), prefix)
    x = layers.DepthwiseConv2D(
        group.kernel, stride, "same", use_bias=False, depthwise_initializer=INITIALIZER, name=f"{name}_dwconv"
    )(x)
    x = _activate(_normalize(x, f"{name}_"), f"{name}_")
    x = _convolve(x, f"{name}_project_", group.filters)
    if stride > 1 or filters != group.filters:
        return x
    x = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}_drop")(x)
    return layers.Add(name=f"{name}_add")([x, inputs])


def _convolve(x: keras.KerasTensor, prefix: str, filters: int, kernel: int = 1, stride: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(
        filters, kernel, stride, "same", use_bias=False, kernel_initializer=INITIALIZER, name=f"{prefix}conv"
    )(x)
    return _normalize(x, prefix)


def _normalize(x: keras.KerasTensor, prefix: str) -> keras.KerasTensor:
    return layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, name=f"{prefix}bn")(x)


def _activate(x: keras.KerasTensor, prefix: str) -> keras.KerasTensor:
    return layers.Activation("relu6", name=f"{prefix}activation")(x)
