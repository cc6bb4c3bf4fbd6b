"""What TensorFlow computes faster, or more safely, than Keras asks it to; with another backend nothing changes.

The layers, their configuration, their weights and their random states stay as they are.
"""

from collections.abc import Callable
from typing import Any

from darkroom.core.backend import keras

LEVELS = 2**16
"""Rates are multiples of one by this number."""
PER_NUMBER = 4
"""Masks that one random number of 64 bits is enough for."""


def fuse_batch_normalization(model: keras.Model) -> None:
    """Let the model's BatchNormalization layers train through the backend's fused kernel, where it has one.

    Keras 3 computes the moments, the scaling and their gradients in separate passes over the feature maps, which
    doubles the cost of a small convolutional network on a processor. The fused kernel computes the same; the
    layers, their configuration and their weights stay as they are.
    """
    if keras.backend.backend() != "tensorflow":
        return
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization) and len(layer.input.shape) == 4:
            layer.call = _make_normalization(layer)


def _make_normalization(layer: keras.layers.BatchNormalization) -> Callable[..., Any]:
    plain = layer.call

    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not (training and layer.trainable):
            return plain(inputs, training=training, mask=mask)
        normalized, mean, variance = normalize(layer, inputs)
        move_statistics(layer, mean, variance)
        return normalized

    return call


def normalize(layer: keras.layers.BatchNormalization, inputs: Any) -> tuple[Any, Any, Any]:
    """Return feature maps normalized as the layer does in training, and their mean and variance by channel."""
    import tensorflow

    normalized, mean, variance, *_ = tensorflow.raw_ops.FusedBatchNormV3(
        x=inputs,
        scale=layer.gamma,
        offset=layer.beta,
        mean=tensorflow.zeros([0]),
        variance=tensorflow.zeros([0]),
        epsilon=layer.epsilon,
        is_training=True,
    )
    count = tensorflow.cast(tensorflow.size(inputs) // inputs.shape[-1], variance.dtype)
    return normalized, mean, variance * (count - 1) / count  # the kernel's is of a sample, Keras' of the population


def move_statistics(layer: keras.layers.BatchNormalization, mean: Any, variance: Any) -> None:
    """Move the layer's statistics towards those of a batch."""
    for moving, new in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + new * (1 - layer.momentum))


def recompute(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what computes ``function``, and keeps nothing of it for the gradient but its inputs."""
    import tensorflow

    return tensorflow.recompute_grad(function)


def avoid_faulty_gradients(model: keras.Model) -> None:
    """Let the model's convolutions of 1x1 with strides compute on the pixels that they read, without strides.

    That is the same sum. With strides the gradient of such a kernel writes beside its memory (TensorFlow 2.21 with
    oneDNN on AVX-512; seen on maps of fewer than 16 channels and 80 to 150 pixels): the process is aborted, or worse.
    """
    if keras.backend.backend() != "tensorflow":
        return
    for layer in model.layers:
        if type(layer) is keras.layers.Conv2D and layer.kernel_size == (1, 1) and max(layer.strides) > 1:
            layer.call = _make_projection(layer)


def _make_projection(layer: keras.layers.Conv2D) -> Callable[..., Any]:
    rows, columns = layer.strides
    order = layer.data_format

    def call(inputs: Any) -> Any:
        read = inputs[:, ::rows, ::columns] if order == "channels_last" else inputs[:, :, ::rows, ::columns]
        outputs = keras.ops.conv(read, layer.kernel, strides=1, padding="valid", data_format=order)
        if layer.use_bias:
            shape = (1, 1, 1, -1) if order == "channels_last" else (1, -1, 1, 1)
            outputs = outputs + keras.ops.reshape(layer.bias, shape)
        return outputs if layer.activation is None else layer.activation(outputs)

    return call


def draw_cheaper_masks(model: keras.Model) -> None:
    """Let the model's Dropout layers draw 16 bits for each value that they drop or keep.

    Keras draws a float32 for each, of which 16 bits would do: on a processor that is a tenth of a training step of a
    small convolutional network. They are drawn from the layers' own state, as before: the same state gives the same
    mask, and the next call another.
    """
    if keras.backend.backend() != "tensorflow":
        return
    for layer in model.layers:
        if type(layer) is keras.layers.Dropout and layer.noise_shape is None and layer.rate > 0:
            layer.call = _make_dropout(layer)


def _make_dropout(layer: keras.layers.Dropout) -> Callable[..., Any]:
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
