"""Keras, on the backend of params.yaml, imported without the start-up notes that this writes to standard error.

from darkroom.core.backend import keras
"""

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PARAMETERS = Path("params.yaml")
VARIABLE = "KERAS_BACKEND"
BACKENDS = ("tensorflow", "jax", "torch")


def choose_backend() -> str:
    """Return ``runtime.backend`` of the params.yaml here, whatever the environment says: it must not change a result.

    Without such a file, as where a model is only used, that is KERAS_BACKEND or TensorFlow. What is wrong with the file
    is said where it is read as a whole.
    """
    try:
        import yaml

        named = yaml.safe_load(PARAMETERS.read_text(encoding="utf-8"))["runtime"]["backend"]
    except ImportError:
        named = os.environ.get(VARIABLE)
    except (OSError, ValueError, yaml.YAMLError, TypeError, KeyError):
        named = os.environ.get(VARIABLE)
    chosen = named if named in BACKENDS else BACKENDS[0]
    if find_spec(chosen) is None:
        others = " or ".join(one for one in BACKENDS if find_spec(one))
        raise SystemExit(f"error: {PARAMETERS}: runtime.backend: {chosen} is not installed here; write {others}")
    return chosen


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    kept = os.dup(2)  # the notes come from C++, past sys.stderr and every setting
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextlib.contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let an import meanwhile find no library of these names, unless it is here already."""
    modules: dict[str, Any] = sys.modules
    hidden = dict.fromkeys(name for name in names if name not in modules)
    modules.update(hidden)
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ[VARIABLE] = choose_backend()
_collects = gc.isenabled()
gc.disable()  # in 4 s of imports Python would look for garbage that there is not, for 0.8 s
with _quiet(), _without("sklearn", "matplotlib"):  # of Keras' wrappers and pictures, for another 0.8 s
    import keras
gc.freeze()
if _collects:
    gc.enable()

# A user's keras.json must not change a result.
keras.config.set_image_data_format("channels_last")
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)

__all__ = ["keras"]
