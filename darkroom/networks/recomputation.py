"""Large feature maps are computed again for their gradient instead of kept: the same numbers in less memory.

A step keeps what every layer gives until its gradient has been computed. Of a network on large images the first block,
a convolution with its normalization, activation and pooling, keeps most; to compute it twice takes a few hundredths
more time. Keras' own ``RematScope`` does so layer by layer, where each keeps the maps that it got. The layers, their
configuration, their weights and their random states stay as they are; with another backend nothing changes.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Any

from darkroom.core.backend import keras
from darkroom.core.kernels import move_statistics, normalize, recompute
from darkroom.networks.calls import Call, list_calls

LARGE = 2**20
"""Values of an image's maps behind a convolution, from which on they are not kept."""
FOLLOWING = (keras.layers.Activation, keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)
"""Layers that are computed again with the convolution and the normalization before them: none draws numbers."""


def recompute_large_maps(model: keras.Model) -> None:
    """Let each convolution of large maps, with what follows it in a chain, be computed again for its gradient.

    Call it after the functions of ``kernels``, whose computations are the ones that are repeated.
    """
    if keras.backend.backend() != "tensorflow":
        return
    for convolution, normalization, *others in _find_blocks(model):
        normalization.call = _make_block(convolution, normalization, others)  # it is told whether it trains
        normalization.input_spec = None  # what it gets are the convolution's inputs
        for layer in (convolution, *others):
            layer.call = _pass_on


def _find_blocks(model: keras.Model) -> list[list[keras.layers.Layer]]:
    """Return the blocks to compute again: a convolution, a normalization that trains, and what follows these.

    Convolutions of 1x1 are left to ``kernels.avoid_faulty_gradients``.
    """
    calls = list(list_calls(model))
    chains = [[call.operation, *_follow(call, calls)] for call in calls if _gives_large_maps(call)]
    found = []
    for convolution, *behind in chains:
        if behind and isinstance(behind[0], keras.layers.BatchNormalization) and behind[0].trainable:
            others = takewhile(lambda layer: isinstance(layer, FOLLOWING), behind[1:])
            found.append([convolution, behind[0], *others])
    return found


def _follow(call: Call, calls: Sequence[Call]) -> Iterator[Any]:
    """Yield what is called with nothing else than the outputs of ``call``, and of the next, which nothing else gets."""
    while True:
        given = call.outputs[0]
        takers = [one for one in calls if any(given is taken for taken in one.inputs)]
        if len(takers) != 1 or len(takers[0].inputs) != 1:
            return
        call = takers[0]
        yield call.operation


def _gives_large_maps(call: Call) -> bool:
    """Return whether a call is that of a convolution of large maps, without an activation of its own."""
    layer = call.operation
    if type(layer) is not keras.layers.Conv2D or layer.kernel_size == (1, 1):
        return False
    is_plain = layer.activation is keras.activations.linear and layer.data_format == "channels_last"
    return is_plain and math.prod(call.outputs[0].shape[1:]) >= LARGE


def _pass_on(inputs: Any) -> Any:
    """Stand for a layer whose work the normalization does."""
    return inputs


def _make_block(
    convolution: keras.layers.Conv2D,
    normalization: keras.layers.BatchNormalization,
    others: Sequence[keras.layers.Layer],
) -> Callable[..., Any]:
    normalize_at_rest, follow = normalization.call, [layer.call for layer in others]

    def convolve(inputs: Any) -> Any:
        kernel, *bias = (keras.ops.cast(one, convolution.compute_dtype) for one in convolution.weights)
        maps = convolution.convolution_op(inputs, kernel)  # weights are cast as no layer is called the second time
        return keras.ops.add(maps, keras.ops.reshape(bias[0], (1, 1, 1, -1))) if bias else maps

    def apply_others(maps: Any) -> Any:
        for call in follow:
            maps = call(maps)
        return maps

    @recompute
    def learn(inputs: Any) -> tuple[Any, Any, Any]:
        normalized, mean, variance = normalize(normalization, convolve(inputs))
        return apply_others(normalized), mean, variance

    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not training:
            return apply_others(normalize_at_rest(convolve(inputs), training=False))
        maps, mean, variance = learn(inputs)
        move_statistics(normalization, mean, variance)  # here, once: what is computed again moves nothing
        return maps

    return call
