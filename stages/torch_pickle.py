"""Arrays from PyTorch's old (not zip) format of state dicts, read without PyTorch and without executing anything.

Such a file holds pickles, one after another: a magic number, the version of the protocol, facts on the machine that
wrote it, the state dict with tensors that refer to storages by key, and the list of these keys. The storages follow in
that order, each as its count of elements (int64) and the elements, little-endian whatever machine wrote them
(``_legacy_save`` in torch/serialization.py, ``THPStorage_writeFileRaw`` in torch/csrc/serialization.cpp).

Three barriers keep a forged file harmless. Only the opcodes that such files need pass, and the one that sets attributes
is disarmed (``_screened``). Only the names in ``NAMES`` are known, and each stands for something inert of this module.
And what comes out is checked: no array is larger than its storage or reaches beyond it, and none is copied, so that
memory stays in proportion to the file's size.
"""

import io
import math
import pickle
import pickletools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy

from stages.errors import UserError

MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + b"\x80\x02M\xe9\x03."
"""The first bytes: the pickled numbers 0x1950A86A20F9469CFC6C and 1001, the only version that there is."""
OPCODES = {
    "PROTO", "STOP", "MARK", "NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "BINUNICODE",
    "BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3",
    "EMPTY_LIST", "APPEND", "APPENDS", "EMPTY_DICT", "SETITEM", "SETITEMS", "GLOBAL", "REDUCE", "BUILD", "BINPERSID",
}  # fmt: skip
"""What the pickles of a state dict consist of."""
MOST_OPCODES = 1 << 15
"""Three times EfficientNetLite0's; far more would allow tuples so deeply nested that hashing them crashes Python."""
DTYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
}
"""The numpy types of PyTorch's storages."""
GARBAGE = (
    pickle.UnpicklingError, ArithmeticError, AttributeError, EOFError, LookupError,
    MemoryError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What reading bytes that are no state dict may raise."""


class _Storage(NamedTuple):
    """Where elements will be found: the name of their type, the storage's key and its number of elements."""

    kind: str
    key: str
    length: int


class _Tensor(NamedTuple):
    """The arguments of ``torch._utils._rebuild_tensor_v2``; offset and strides count elements."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]
    requires_grad: bool
    hooks: object
    metadata: object = None


def _ordered_dict() -> dict:
    return {}


NAMES: Mapping[tuple[str, str], Callable | str] = {
    ("collections", "OrderedDict"): _ordered_dict,
    ("torch._utils", "_rebuild_tensor_v2"): _Tensor,
    **{("torch", kind): kind for kind in DTYPES},
}
"""What a name in the pickle stands for here."""


def read(path: Path) -> dict[str, numpy.ndarray]:
    """Return the tensors of a state dict by name: read-only arrays of the tensors' shapes and dtypes.

    Raises:
        UserError: the file is truncated, of another format, or holds anything but tensors.
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
        rest = io.BytesIO(file.read() if start == MAGIC else b"")
    try:
        if start != MAGIC:
            raise ValueError("it is a zip file" if start.startswith(b"PK") else "its first bytes are others")
        return _tensors(rest)
    except GARBAGE as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise UserError(
            f"{path}: no whole state dict in PyTorch's old format: {reason}; install the package that holds it again"
        ) from None


def _tensors(content: io.BytesIO) -> dict[str, numpy.ndarray]:
    """Return the arrays of a file from the third pickle on."""
    _Unpickler(content).load()  # the facts on the machine
    unpickler = _Unpickler(content)
    tensors, keys = unpickler.load(), _Unpickler(content).load()
    if not isinstance(tensors, dict) or not isinstance(keys, list) or sorted(keys) != sorted(unpickler.storages):
        raise ValueError("its storages are not those that its tensors refer to")
    elements = {key: _elements(content, unpickler.storages[key]) for key in keys}
    if content.read(1):
        raise ValueError("more follows its storages")
    return {_checked(name, str): _array(_checked(tensor, _Tensor), elements) for name, tensor in tensors.items()}


class _Unpickler(pickle.Unpickler):
    """Reads the next pickle of ``content``; ``storages`` are those that it refers to, by key."""

    def __init__(self, content: io.BytesIO) -> None:
        super().__init__(io.BytesIO(_screened(content)))
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in NAMES:
            raise pickle.UnpicklingError(f"it asks for {f'{module}.{name}'!r}, which no state dict needs")
        return NAMES[module, name]

    def persistent_load(self, identifier: Any) -> _Storage:
        _, kind, key, _, length, view = _checked(identifier, tuple)
        storage = _Storage(_checked(kind, str), _checked(key, str), _checked(length, int))
        if view is not None or self.storages.setdefault(key, storage) != storage:
            raise ValueError(f"{key!r} is not one whole storage")
        return storage


def _screened(content: io.BytesIO) -> bytes:
    """Return the next pickle if it needs no more than ``OPCODES``, with POP for every BUILD.

    BUILD takes a state off the stack and sets it as attributes of the object below; POP only takes it off. A number
    given to a memoised object may not exceed those of the opcodes so far, as pickle allocates all places before it.
    """
    begin = content.tell()
    builds = []
    opcodes: Iterable[Any] = pickletools.genops(content)
    for count, (opcode, argument, position) in enumerate(opcodes):
        forged = opcode.name == "LONG_BINPUT" and argument > count
        if forged or opcode.name not in OPCODES or count == MOST_OPCODES:
            raise ValueError(f"{opcode.name} at byte {len(MAGIC) + position} is not what a state dict needs there")
        if opcode.name == "BUILD":
            builds.append(position - begin)
    pickled = bytearray(content.getbuffer()[begin : content.tell()])
    for position in builds:
        pickled[position : position + 1] = pickle.POP
    return bytes(pickled)


def _elements(content: io.BytesIO, storage: _Storage) -> numpy.ndarray:
    """Return the elements of the storage that comes next, one after another."""
    dtype = numpy.dtype(DTYPES[storage.kind])
    length = int.from_bytes(content.read(8), "little", signed=True)
    if length != storage.length or length < 0:
        raise ValueError(f"storage {storage.key!r} has {length} elements instead of {storage.length}")
    elements = content.read(length * dtype.itemsize)
    if len(elements) < length * dtype.itemsize:
        raise EOFError(f"it ends within storage {storage.key!r}")
    return numpy.frombuffer(elements, dtype)


def _array(tensor: _Tensor, elements: Mapping[str, numpy.ndarray]) -> numpy.ndarray:
    """Return the part of a storage that a tensor shows."""
    storage = elements[_checked(tensor.storage, _Storage).key]
    offset = _checked(tensor.offset, int)
    size, stride = ([_checked(number, int) for number in numbers] for numbers in (tensor.size, tensor.stride))
    reach = sum((side - 1) * step for side, step in zip(size, stride, strict=True)) + 1 if all(size) else 0
    if min(offset, *size, *stride, 0) < 0 or max(math.prod(size), offset + reach) > len(storage):
        raise ValueError(f"a tensor reaches beyond storage {tensor.storage.key!r}")
    steps = [step * storage.itemsize for step in stride]
    return numpy.lib.stride_tricks.as_strided(storage[offset:], size, steps)


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{type(value).__name__} in the place of {kind.__name__}")
    return value
