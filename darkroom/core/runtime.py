"""The machine under the computation: GPU or processor, seeds, threads, determinism, precision and memory.

Together with kernels.py and gradients.py it alone calls a backend; everything else is Keras. Whether a GPU is wanted,
gpu.py says; on which machine it is computed is no parameter, as it depends on where the workflow runs, but stands in
the record.
"""

import importlib
import os
from collections.abc import Sequence
from typing import Any, Protocol

import numpy

from darkroom.core import facts, gpu, gpu_lease
from darkroom.core.backend import keras


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
    if wish != gpu.NONE:
        gpu_lease.take()
    keras.config.set_dtype_policy(precision)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        _start_tensorflow(runtime.threads, wish)
    elif backend == "torch":
        _start_torch(runtime.threads, wish)
    else:
        _start_jax(runtime.threads, wish)
    keras.utils.set_random_seed(seed)
    facts.tell({**describe_computer(), "threads": runtime.threads, "versions": list_versions()})
    return seed


def find_gpu_name() -> str | None:
    """Return the name of the GPU that computes, or ``None`` on a processor."""
    return describe_computer()["gpu"]


def describe_computer() -> dict[str, str | None]:
    """Return the backend, the name and compute capability of the GPU that computes, and which GPUs were visible to it.

    The GPU is ``None`` on a processor.
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
    if backend != "tensorflow" or not _list_gpus():
        return versions
    import tensorflow

    built = tensorflow.sysconfig.get_build_info()
    below = {
        "cuda": built.get("cuda_version"),
        "cudnn": built.get("cudnn_version"),
        "nvidia-driver": gpu.find_driver_version(),
    }
    return versions | {name: version for name, version in below.items() if version}


def choose_compilation() -> bool:
    """Return whether a step is compiled as a whole by XLA: JAX has no other way that is not slow."""
    return keras.backend.backend() == "jax"


def _list_gpus() -> list[dict[str, Any]]:
    """Return what the backend knows of each GPU that it may use."""
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        numbers = range(torch.cuda.device_count())
        ask = {"device_name": torch.cuda.get_device_name, "compute_capability": torch.cuda.get_device_capability}
        return [{name: told(number) for name, told in ask.items()} for number in numbers]
    if backend == "jax":
        import jax

        return [{"device_name": one.device_kind} for one in jax.devices() if one.platform == "gpu"]
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


def _start_torch(threads: int, wish: str) -> None:
    import torch

    if wish == gpu.NONE:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS is not deterministic
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    if wish != gpu.NONE and not torch.cuda.is_available():
        gpu.check_missed(wish, "PyTorch", torch.version.cuda is not None)


def _start_jax(threads: int, wish: str) -> None:
    """Set what XLA reads when it computes for the first time."""
    if threads == 1:
        one = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ["XLA_FLAGS"] = " ".join(filter(None, [os.environ.get("XLA_FLAGS"), one]))
    import jax

    if wish == gpu.NONE:
        jax.config.update("jax_platforms", "cpu")
    elif jax.default_backend() != "gpu":
        gpu.check_missed(wish, "JAX", False)


def read_random_state() -> list[numpy.ndarray]:
    """Return the state of random numbers that the backend draws past Keras, as PyTorch's dropout does."""
    if keras.backend.backend() != "torch":
        return []
    import torch

    return [state.cpu().numpy() for state in (torch.get_rng_state(), *torch.cuda.get_rng_state_all())]


def set_random_state(state: Sequence[numpy.ndarray]) -> None:
    """Go on with what ``read_random_state`` returned."""
    if not state:
        return
    import torch

    processor, *gpus = map(torch.from_numpy, state)
    torch.set_rng_state(processor)
    torch.cuda.set_rng_state_all(gpus)
