"""The calls of layers and operations that make up a network's graph."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from darkroom.core.backend import keras

INPUT = "image"
"""Stands for a network's input among what layers are given."""


@dataclass(frozen=True)
class Call:
    """One call of a layer or operation: what goes in and out, and what it is told of training (None: nothing)."""

    operation: Any
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    training: bool | None
    arguments: Any
    """All that it is called with."""


def list_calls(model: keras.Model) -> Iterator[Call]:
    """Yield every call of a layer or operation in ``model``, in the order of its graph; nested models are one call."""
    for node in list_nodes(model):
        told = node.arguments.kwargs.get("training")
        arguments = [node.arguments.args, node.arguments.kwargs]
        yield Call(node.operation, tuple(node.input_tensors), tuple(node.output_tensors), told, arguments)


def list_nodes(model: keras.Model) -> Iterator[Any]:
    """Yield what Keras keeps of every call in ``model``, in the order of its graph."""
    # Keras has no public list of a network's calls; keras.models.clone_model goes by this one.
    functional = getattr(model, "_functional", None) or model
    for depth in sorted(functional._nodes_by_depth, reverse=True):
        yield from (node for node in functional._nodes_by_depth[depth] if not node.is_input)


def find_sources(network: keras.Model) -> dict[str, tuple[str, ...]]:
    """Return the names of the layers whose output each layer of ``network`` is given; ``INPUT`` for its input."""
    from_input = (INPUT,)
    givers: dict[int, tuple[str, ...]] = {id(tensor): from_input for tensor in network.inputs}
    found = {}
    for call in list_calls(network):
        sources = tuple(dict.fromkeys(name for tensor in call.inputs for name in givers[id(tensor)]))
        is_layer = call.operation in network.layers
        if is_layer:
            found[call.operation.name] = sources
        givers |= dict.fromkeys(map(id, call.outputs), (call.operation.name,) if is_layer else sources)
    return found
