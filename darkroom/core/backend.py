"""Keras, imported without the start-up notes that its backend writes to standard error.

from darkroom.core.backend import keras
"""

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


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
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
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
