"""Copies of networks: with the same layers and weights, untouched by training, or for images of another size."""

from collections.abc import Iterator
from typing import Any

from darkroom.core.backend import keras
from darkroom.core.errors import UserError


def copy_uncompiled(model: keras.Model) -> keras.Model:
    """Return a model of the same layers and weights that no training run has touched otherwise."""
    return rebuild(model, model.get_config())


def rebuild(model: keras.Model, config: dict[str, Any]) -> keras.Model:
    """Return the model that ``config`` describes, with the weights of ``model``, whose layers are as many."""
    again = type(model).from_config(config)
    again.set_weights(model.get_weights())
    for layer in walk_layers(again):
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # set_weights leaves it with the mean and variance it was made with
    return again


def resize_input(model: keras.Model, shape: tuple[int, int, int]) -> keras.Model:
    """Return a model of the same layers and weights that takes images of ``shape`` (height, width, channels).

    Explicit paddings stay as they are; keras.applications computes some from the size of the images. For images of
    other channels it is the model itself, which does not fit them.

    Raises:
        UserError: a layer is made for one size of feature maps.
    """
    old = tuple(model.input_shape[1:])
    if old == shape or old[-1] != shape[-1]:
        return model
    size = f"images of {shape[0]}x{shape[1]}"
    if fixed := [layer.name for layer in walk_layers(model) if isinstance(layer, keras.layers.Flatten)]:
        raise UserError(
            f"view: {size}: {fixed[0]} makes the network one for {old[0]}x{old[1]}; "
            "name a view of that size, or a base whose network.head.pooling is global-average"
        )
    try:
        return rebuild(model, _replace_shape(model.get_config(), shape))
    except ValueError as error:
        problem = " ".join(str(error).split())[:120]
        raise UserError(f"view: {size} do not fit the network ({problem}); name a view of another size") from None


def _replace_shape(node: Any, shape: tuple[int, int, int]) -> Any:
    """Return a configuration in which every input takes images of ``shape``, and nothing is built yet."""
    if isinstance(node, list | tuple):
        return [_replace_shape(item, shape) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("class_name") == "InputLayer":
        return {**node, "config": {**node["config"], "batch_shape": [None, *shape]}}
    return {
        key: _replace_shape(value, shape)
        for key, value in node.items()
        if key not in ("build_config", "build_input_shape")
    }


def walk_layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield every layer, those of networks within the network too."""
    for layer in model.layers:
        yield layer
        yield from walk_layers(layer) if isinstance(layer, keras.Model) else ()
