"""The part of a network that gives the same for an image in every epoch, and where to cut it off from the rest.

A layer is frozen if nothing of it trains, it holds no state that training moves, and it draws nothing at random. The
prefix is every frozen layer behind which only frozen layers stand; the tensors that cross from it to the rest, however
many, are all that training needs. Nested models are looked into, so a cut may lie in the midst of a backbone.
"""

import hashlib
import inspect
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from darkroom.core.backend import keras
from darkroom.networks.calls import Call, list_calls, list_nodes


@dataclass(frozen=True)
class Cut:
    """A place where a network falls in two."""

    tensors: tuple[Any, ...]
    """Keras tensors of the flat network that cross."""
    layers: tuple[str, ...]
    """The layers that give them."""
    frozen: frozenset[str]
    """The layers before the cut."""


class FlatNetwork:
    """A network of the same layers as ``model``, thus with the same weights, without models nested in it.

    A layer in a model that is called with ``training=False`` is held to it. Keras 3.15 itself lets ``training=True`` of
    the outer call override that (``operation_fn`` in keras/src/models/functional.py), so that a backbone's dropout and
    BatchNormalization would train in spite of the call.
    """

    def __init__(self, model: keras.Model) -> None:
        inputs = [keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype) for tensor in model.inputs]
        self.network = keras.Model(inputs, _replay(model, inputs, None), name="flat")

    def find_cut(self) -> Cut | str:
        """Return where the frozen prefix ends as the layers stand now, or why there is none, in a few words."""
        calls = list(list_calls(self.network))
        frozen, why = _find_frozen(calls)
        if not any(len(weight.shape) > 1 for call in frozen for weight in _weights(call)):
            return why
        inside = {id(tensor): call.operation.name for call in frozen for tensor in call.outputs}
        steady = {id(call) for call in frozen}
        left = [tensor for call in calls if id(call) not in steady for tensor in call.inputs]
        crossing = {id(tensor): tensor for tensor in left if id(tensor) in inside}
        if not crossing:
            return "no layer that trains stands behind the frozen ones"
        names = frozenset(call.operation.name for call in frozen)
        return Cut(tuple(crossing.values()), tuple(inside[key] for key in crossing), names)

    def before(self, *cuts: Cut) -> keras.Model:
        """Return the network from the images to what crosses the cuts, each tensor in its turn."""
        tensors = [tensor for cut in cuts for tensor in cut.tensors]
        return keras.Model(self.network.inputs, tensors, name="prefix")

    def behind(self, cut: Cut) -> keras.Model:
        """Return the network from what crosses the cut to the end; training it trains the layers themselves."""
        return keras.Model(list(cut.tensors), self.network.outputs[0], name="rest")


def hash_network(prefix: keras.Model) -> str:
    """Return the content hash of a flat network: of its layers, connections and weights, not of names."""
    digest = hashlib.sha256()
    numbers = {id(tensor): str(tensor.shape) for tensor in prefix.inputs}

    def number(part: Any) -> Any:
        return numbers.get(id(part), part)

    for place, call in enumerate(list_calls(prefix)):
        config = {key: value for key, value in call.operation.get_config().items() if key not in {"name", "trainable"}}
        arguments = keras.tree.map_structure(number, call.arguments)
        described = [type(call.operation).__name__, config, arguments]
        digest.update(json.dumps(described, sort_keys=True, default=_encode_constant).encode())
        for weight in _weights(call):
            digest.update(numpy.ascontiguousarray(weight).tobytes())
        numbers |= {id(tensor): f"{place}.{turn}" for turn, tensor in enumerate(call.outputs)}
    digest.update(json.dumps([numbers[id(tensor)] for tensor in prefix.outputs]).encode())
    return digest.hexdigest()


def _replay(model: keras.Model, inputs: Sequence[Any], training: bool | None) -> list[Any]:
    """Return what the calls of ``model`` make of ``inputs``; nested models are told of training as they were."""
    known = {id(tensor): given for tensor, given in zip(model.inputs, inputs, strict=True)}
    for node in list_nodes(model):
        arguments, options = node.arguments.fill_in(known)
        told = options.get("training") if options.get("training") is not None else training
        if isinstance(node.operation, keras.Model):
            made = _replay(node.operation, keras.tree.flatten(arguments), told)
        else:
            if told is not None and _takes_training(node.operation):
                options["training"] = told
                _hold(node.operation, told)
            made = keras.tree.flatten(node.operation(*arguments, **options))
        known |= {id(tensor): new for tensor, new in zip(node.outputs, made, strict=True)}
    return [known[id(tensor)] for tensor in model.outputs]


def _encode_constant(value: Any) -> str:
    is_array = hasattr(value, "shape") and hasattr(value, "dtype")
    return hashlib.sha256(numpy.asarray(value).tobytes()).hexdigest() if is_array else repr(value)


def _hold(layer: keras.Layer, told: bool) -> None:
    plain = layer.call

    def call(*arguments: Any, training: bool | None = None, **options: Any) -> Any:
        return plain(*arguments, training=told, **options)

    layer.call = call


def _takes_training(operation: Any) -> bool:
    return isinstance(operation, keras.Layer) and "training" in inspect.signature(operation.call).parameters


def _find_frozen(calls: Sequence[Call]) -> tuple[list[Call], str]:
    """Return the calls behind which nothing changes, and what stands in the way of the first other one."""
    changing: set[int] = set()
    frozen, why = [], "no layer is frozen"
    for call in calls:
        reason = _explain_unsteady(call)
        if reason and not changing:
            why = f"{call.operation.name} {reason}"
        if reason or any(id(tensor) in changing for tensor in call.inputs):
            changing |= {id(tensor) for tensor in call.outputs}
        else:
            frozen.append(call)
    return frozen, why


def _explain_unsteady(call: Call) -> str:
    """Return why a call may give something else in the next epoch, in a few words; nothing if it can't."""
    layer = call.operation
    if not isinstance(layer, keras.Layer):
        return ""
    if layer.trainable_weights:
        return "trains"
    if call.training is False:
        return ""
    if len(layer.variables) > len(layer.weights):  # the state of a random generator is a variable and no weight
        return "draws at random"
    if layer.trainable and layer.non_trainable_weights and _takes_training(layer):
        return "follows the batches"
    return ""


def _weights(call: Call) -> list[Any]:
    return call.operation.weights if isinstance(call.operation, keras.Layer) else []
