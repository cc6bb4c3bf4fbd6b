"""The machine under the computation: GPU or processor, seeds, threads, determinism, precision and memory.

Together with darkroom/core/masks.py it alone calls TensorFlow; everything else is Keras. With another Keras backend
the TensorFlow settings are left out and the rest stands. Whether a GPU is wanted, darkroom/core/gpu.py says; what
computes is no parameter, as it depends on where the workflow runs, but stands in the record.
"""

import importlib
import os
from collections.abc import Callable
from typing import Any, Protocol

import numpy

from darkroom.core import facts, gpu
from darkroom.core.backend import keras
from darkroom.core.errors import UserError


class Settings(Protocol):
    """The section ``runtime`` of params.yaml, as far as it is needed here."""

    @property
    def seed(self) -> int:
        """Of weights, shuffles and dropout."""

    @property
    def threads(self) -> int:
        """Of one operation."""


def start(runtime: Settings, precision: str = "float32", replicate: int = 1, on_gpu: bool = True) -> int:
    """Set device, threads, precision, determinism and seeds, and return the seed used; call it before models are made.

    Replicate ``n`` is seeded with ``runtime.seed + n - 1``. Without ``on_gpu`` no GPU is used, whatever is wanted. What
    computes goes into the record of this process.

    Raises:
        UserError: a GPU is required and there is none, or nobody can tell.
    """
    seed = runtime.seed + replicate - 1
    wish = gpu.read_wish() if on_gpu else gpu.NONE
    keras.config.set_dtype_policy(precision)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        _start_tensorflow(runtime.threads, wish)
    else:
        _start_other(backend, wish)
    keras.utils.set_random_seed(seed)
    facts.tell({**describe_computer(), "threads": runtime.threads, "versions": list_versions()})
    return seed


def find_gpu_name() -> str | None:
    """Return the name of the GPU that computes, or ``None`` on a processor."""
    return describe_computer()["gpu"]


def describe_computer() -> dict[str, str | None]:
    """Return the backend, the name and compute capability of the GPU that computes, and which GPUs were visible to it.

    The GPU is ``None`` on a processor, and with another backend than TensorFlow, as nobody asks it.
    """
    gpus = _list_gpus()
    details = gpus[0] if gpus else {}
    capability = details.get("compute_capability")
    return {
        "backend": keras.backend.backend(),
        "gpu": details.get("device_name", "GPU") if gpus else None,
        "compute_capability": ".".join(map(str, capability)) if capability else None,
        "cuda_visible_devices": gpu.read_visible_devices(),
    }


def list_versions() -> dict[str, str]:
    """Return the versions of Keras and of its backend, and where a GPU computes, those below: CUDA, cuDNN, the driver.

    CUDA's and cuDNN's are those that TensorFlow was built with.
    """
    backend = keras.backend.backend()
    versions = {"keras": keras.__version__, backend: importlib.import_module(backend).__version__}
    if not _list_gpus():
        return versions
    import tensorflow

    built = tensorflow.sysconfig.get_build_info()
    below = {
        "cuda": built.get("cuda_version"),
        "cudnn": built.get("cudnn_version"),
        "nvidia-driver": gpu.find_driver_version(),
    }
    return versions | {name: version for name, version in below.items() if version}


def _list_gpus() -> list[dict[str, Any]]:
    """Return what TensorFlow knows of each GPU that it may use."""
    if keras.backend.backend() != "tensorflow":
        return []
    import tensorflow

    visible = tensorflow.config.get_visible_devices("GPU")
    return [tensorflow.config.experimental.get_device_details(one) for one in visible]


def _start_tensorflow(threads: int, wish: str) -> None:
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)  # a fixed order of operations
    tensorflow.config.experimental.enable_op_determinism()
    if wish == gpu.NONE:
        tensorflow.config.set_visible_devices([], "GPU")
        return
    gpus = tensorflow.config.get_visible_devices("GPU")
    for one in gpus:
        tensorflow.config.experimental.set_memory_growth(one, True)
    if not gpus:
        gpu.check_missed(wish, "TensorFlow", tensorflow.test.is_built_with_gpu_support())


def _start_other(backend: str, wish: str) -> None:
    if wish == gpu.REQUIRED:
        raise UserError(
            f"{gpu.VARIABLE}: {wish}: nobody can tell whether {backend} uses one; use tensorflow, {gpu.OTHERWISE}"
        )
    if wish == gpu.NONE:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def gradient(forward: Callable[[Any], tuple[Any, Any]], inputs: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Return a tensor on the way from ``inputs`` to a score, and the score's gradient with respect to it; float32.

    ``forward`` gives, of inputs as the backend's tensor, that tensor and the score. Keras itself has no gradients.

    Raises:
        UserError: the backend is not TensorFlow.
    """
    if (backend := keras.backend.backend()) != "tensorflow":
        raise UserError(f"gradients need KERAS_BACKEND=tensorflow, which is {backend}")
    import tensorflow

    with tensorflow.GradientTape() as tape:
        given = tensorflow.convert_to_tensor(inputs)
        tape.watch(given)
        between, score = forward(given)
    found = tape.gradient(score, between, unconnected_gradients=tensorflow.UnconnectedGradients.ZERO)
    return tensorflow.cast(between, "float32").numpy(), tensorflow.cast(found, "float32").numpy()


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
            layer.call = _fuse_call(layer)


def _fuse_call(layer: keras.layers.BatchNormalization) -> Callable[..., Any]:
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
