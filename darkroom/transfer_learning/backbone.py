"""Networks on a backbone: how they are put together, and which of the backbone's layers train.

Following Keras' guide to transfer learning (keras.io/guides/transfer_learning): the backbone is called with
``training=False``, so its BatchNormalization stays in inference mode even where it trains.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.networks.copies import rebuild
from darkroom.networks.network import OUTPUT_DROPOUT, PROBABILITIES, make_top
from darkroom.params.transfer import Transfer
from darkroom.transfer_learning.architectures import PREPROCESSING

FLOAT32 = (PREPROCESSING, PROBABILITIES, OUTPUT_DROPOUT)
"""Layers that compute in float32 whatever the precision."""


def build_on_backbone(
    network: Transfer,
    backbone: keras.Model,
    preprocessing: Sequence[Callable[[keras.KerasTensor], keras.KerasTensor]],
    classes: int,
) -> keras.Model:
    """Return a model under whose new layers ``backbone`` is frozen.

    Pixels 0 to 255 (batch, height, width, channels) go in, probabilities (batch, classes or 1) come out;
    ``preprocessing`` makes of pixels what the backbone was trained on.
    """
    backbone.trainable = False
    image = outputs = keras.Input(backbone.input_shape[1:], name="image")
    for step in preprocessing:
        outputs = step(outputs)
    outputs = backbone(outputs, training=False)
    for layer in make_top(network.head, classes):
        outputs = layer(outputs)
    return keras.Model(image, outputs, name="network")


def find_backbone(model: keras.Model) -> keras.Model | None:
    """Return the backbone inside ``model``, if it has one."""
    return next((layer for layer in model.layers if isinstance(layer, keras.Model)), None)


def find_unfrozen(model: keras.Model) -> keras.Model:
    """Return what a fine-tune unfreezes layers of: the backbone inside ``model``, or ``model``, if it has none."""
    backbone = find_backbone(model)
    return model if backbone is None else backbone


def unfreeze(backbone: keras.Model, chosen: int | str) -> None:
    """Let the last ``chosen`` layers train, or all from the layer of this name on, or ``all``; freeze the others.

    Raises:
        UserError: the backbone has not so many layers, or none of this name.
    """
    names = [layer.name for layer in backbone.layers]
    if isinstance(chosen, int) and chosen > len(names):
        raise UserError(f"unfreeze: {chosen}: {backbone.name} has {len(names)} layers; give fewer, or all")
    if isinstance(chosen, str) and chosen not in {*names, "all"}:
        raise UserError(
            f"unfreeze: {chosen!r}: {backbone.name} has no such layer; give the number of last layers, all, "
            f"or a name from {names[0]} to {names[-1]}, such as {', '.join(names[-20::5])}"
        )
    first = 0 if chosen == "all" else len(names) - chosen if isinstance(chosen, int) else names.index(chosen)
    backbone.trainable = True
    for place, layer in enumerate(backbone.layers):
        layer.trainable = place >= first


@contextmanager
def unfreeze_meanwhile(backbone: keras.Model, chosen: int | str) -> Iterator[None]:
    """Unfreeze layers as ``unfreeze`` does, for as long as the block lasts."""
    before, layers = backbone.trainable, [layer.trainable for layer in backbone.layers]
    try:
        unfreeze(backbone, chosen)
        yield
    finally:
        backbone.trainable = before
        for layer, trains in zip(backbone.layers, layers, strict=True):
            layer.trainable = trains


def describe(backbone: keras.Model) -> dict[str, Any]:
    """Return the number of layers, the first and last, the output's shape, and the layers at each size of feature maps.

    ``sizes`` has one entry per run of layers of the same height and width: height, width, first and last layer, and
    the channels of the last.
    """
    maps = [layer for layer in backbone.layers if len(layer.output.shape) == 4]
    maps = [layer for layer in maps if layer.output.shape[1:3] != (1, 1)]  # squeezed, for attention over channels
    runs = [list(run) for _, run in groupby(maps, key=lambda layer: layer.output.shape[1:3])]
    sizes = [
        {
            **dict(zip(("height", "width", "channels"), run[-1].output.shape[1:], strict=True)),
            "first": run[0].name,
            "last": run[-1].name,
        }
        for run in runs
    ]
    ends = {"first": backbone.layers[0].name, "last": backbone.layers[-1].name}
    shape = list(backbone.output_shape[1:])
    return {"name": backbone.name, "layers": len(backbone.layers), **ends, "output_shape": shape, "sizes": sizes}


def set_precision(model: keras.Model, precision: str) -> keras.Model:
    """Return ``model`` with layers that compute in ``precision``, the softmax aside; itself if they do already."""
    if all(layer.dtype_policy.name == precision for layer in model.layers if layer.name not in FLOAT32):
        return model
    return rebuild(model, _replace_precision(model.get_config(), precision))


def _replace_precision(node: Any, precision: str) -> Any:
    if isinstance(node, list | tuple):
        return [_replace_precision(item, precision) for item in node]
    if not isinstance(node, dict) or node.get("name") in FLOAT32:
        return node
    if node.get("class_name") == "DTypePolicy":
        return {**node, "config": {"name": precision}}
    return {key: _replace_precision(value, precision) for key, value in node.items()}
