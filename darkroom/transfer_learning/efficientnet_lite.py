"""EfficientNetLite0 in Keras.

The network is EfficientNetB0 without squeeze-and-excitation and with ReLU6 for swish, as in tensorflow/tpu on GitHub,
models/official/efficientnet/lite/efficientnet_lite_builder.py. Layers are named as those of
``keras.applications.EfficientNetB0``. Convolutions pad as TensorFlow does, by the size of the map before them; so does
``efficientnet_lite_pytorch``, if made with ``image_size=None`` or the images' own.
"""

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
BLOCKS = [f"block{number}{letter}" for number, group in enumerate(GROUPS, 1) for letter in "abcd"[: group.blocks]]


def build(shape: tuple[int, int, int]) -> keras.Model:
    """Return the untrained network without pooling and classifier.

    Float images (batch, height, width, channels), prepared by ``PREPROCESSING``, in; features (batch, height / 32,
    width / 32, 1280), the sides rounded up, the values from 0 to 6, out.
    """
    image = layers.Input(shape, name="image")
    x = _activate(_convolve(image, "stem_", 32, 3, 2), "stem_")
    names = iter(BLOCKS)
    for group in GROUPS:
        for number in range(group.blocks):
            x = _add_block(x, next(names), group, group.stride if number == 0 else 1)
    x = _activate(_convolve(x, "top_", 1280), "top_")
    return keras.Model(image, x, name="efficientnetlite0")


def _add_block(inputs: keras.KerasTensor, name: str, group: _Group, stride: int) -> keras.KerasTensor:
    """Add an inverted residual block: expansion, depthwise convolution, projection."""
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
    rate = DROP_RATE * BLOCKS.index(name) / len(BLOCKS)
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
