"""Dropout with cheaper random numbers, where TensorFlow computes.

Keras draws a float32 for each value, of which 16 bits would do: on a processor that is a tenth of a training step of a
small convolutional network. The layers, their configuration and their random states stay as they are.
"""

from collections.abc import Callable
from typing import Any

from darkroom.core.backend import keras

LEVELS = 2**16
"""Rates are multiples of one by this number."""
PER_NUMBER = 4
"""Masks that one random number of 64 bits is enough for."""


def draw_cheaper_masks(model: keras.Model) -> None:
    """Let the model's Dropout layers draw 16 bits for each value that they drop or keep.

    They draw them from their own state, as before: the same state gives the same mask, and the next call another.
    """
    if keras.backend.backend() != "tensorflow":
        return
    for layer in model.layers:
        if type(layer) is keras.layers.Dropout and layer.noise_shape is None and layer.rate > 0:
            layer.call = _make_call(layer)


def _make_call(layer: keras.layers.Dropout) -> Callable[..., Any]:
    import tensorflow

    dropped = round(layer.rate * LEVELS)
    least = tensorflow.constant(dropped - LEVELS // 2, tensorflow.int16)  # of those that are kept, by a signed number
    scale = LEVELS / (LEVELS - dropped)

    def call(inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        seed = tensorflow.cast(layer.seed_generator.next(), tensorflow.int64)
        count = tensorflow.size(inputs)
        numbers = tensorflow.random.stateless_uniform(
            [(count + PER_NUMBER - 1) // PER_NUMBER], seed, minval=None, maxval=None, dtype=tensorflow.uint64
        )
        bits = tensorflow.reshape(tensorflow.bitcast(numbers, tensorflow.int16), [-1])[:count]
        kept = tensorflow.reshape(bits, tensorflow.shape(inputs)) >= least
        return inputs * (tensorflow.cast(kept, inputs.dtype) * tensorflow.cast(scale, inputs.dtype))

    return call
