"""Keras, imported without the start-up notes that its backend writes to standard error.

from darkroom.core.backend import keras
"""

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path


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


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
_collects = gc.isenabled()
gc.disable()  # in 4 s of imports Python would look for garbage that there is not, for 0.8 s
with _quiet():
    import keras
gc.freeze()
if _collects:
    gc.enable()

# A user's keras.json must not change a result.
keras.config.set_image_data_format("channels_last")
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)

__all__ = ["keras"]
