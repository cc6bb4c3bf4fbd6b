"""The machine under the computation: seeds, threads, determinism, precision and memory.

The only module that calls TensorFlow itself; everything else is Keras. With another Keras backend the TensorFlow
settings are left out and the rest stands.
"""

import importlib
from collections.abc import Callable
from typing import Any

from stages.backend import keras
from stages.parameters.model import Runtime


def start(runtime: Runtime, precision: str = "float32", replicate: int = 1) -> int:
    """Set threads, precision, determinism and seeds, and return the seed used; call it once, before any model is made.

    Replicate ``n`` is seeded with ``runtime.seed + n - 1``.
    """
    seed = runtime.seed + replicate - 1
    keras.config.set_dtype_policy(precision)
    if keras.backend.backend() == "tensorflow":
        _start_tensorflow(runtime.threads)
    keras.utils.set_random_seed(seed)
    return seed


def device() -> str | None:
    """Return the name of the GPU that computes, or ``None`` on a processor."""
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow

    gpus = tensorflow.config.list_physical_devices("GPU")
    return tensorflow.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else None


def computing() -> dict[str, str]:
    """Return the versions of Keras and of its backend."""
    backend = keras.backend.backend()
    return {"keras": keras.__version__, backend: importlib.import_module(backend).__version__}


def _start_tensorflow(threads: int) -> None:
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)  # a fixed order of operations
    tensorflow.config.experimental.enable_op_determinism()
    for gpu in tensorflow.config.list_physical_devices("GPU"):
        tensorflow.config.experimental.set_memory_growth(gpu, True)


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
            layer.call = _fused_call(layer)


def _fused_call(layer: keras.layers.BatchNormalization) -> Callable[..., Any]:
    import tensorflow

    plain = layer.call

    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not (training and layer.trainable):
            return plain(inputs, training=training, mask=mask)
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
        population = variance * (count - 1) / count  # the kernel returns the sample variance, Keras keeps the other
        for moving, new in ((layer.moving_mean, mean), (layer.moving_variance, population)):
            moving.assign(moving * layer.momentum + new * (1 - layer.momentum))
        return normalized

    return call
