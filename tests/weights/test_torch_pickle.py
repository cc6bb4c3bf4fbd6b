"""PyTorch's old state dicts are read bit for bit; a forged or corrupt one gives a line and executes nothing."""

import io
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy
import pytest

from darkroom.core.errors import UserError
from darkroom.weights import torch_pickle

BEGINNING = b"".join(pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
DICT = b"ccollections\nOrderedDict\n)R"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"
FOUR = numpy.array([1.5, -0.0, numpy.inf, 3e-40], dtype="<f4")


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def group(*parts: bytes | int) -> bytes:
    return b"(" + b"".join(b"J" + struct.pack("<i", part) if isinstance(part, int) else part for part in parts) + b"t"


def storage(count: int = 4, kind: str = "FloatStorage", key: str = "7") -> bytes:
    return group(text("storage"), f"ctorch\n{kind}\n".encode(), text(key), text("cpu"), count, b"N") + b"Q"


STORAGE = storage()


def tensor(
    size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0, where: bytes = STORAGE, hooks: bytes = DICT
) -> bytes:
    return REBUILD + group(where, offset, group(*size), group(*stride), b"\x89", hooks) + b"R"


def state(**tensors: bytes) -> bytes:
    """A state dict, with its ``_metadata`` set as torch does."""
    items = b"".join(text(name) + each for name, each in tensors.items())
    return b"\x80\x02" + DICT + b"(" + items + b"u" + b"}" + text("_metadata") + DICT + b"sb."


def raw(array: numpy.ndarray) -> bytes:
    return struct.pack("<q", array.size) + array.tobytes()


def save(path: Path, body: bytes, *parts: bytes) -> Path:
    """Write a state dict's file, whose storage is ``FOUR`` unless ``parts`` follow the state dict."""
    path.write_bytes(BEGINNING + body + b"".join(parts or (pickle.dumps(["7"], 2), raw(FOUR))))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        torch_pickle.read(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: no whole state dict in PyTorch's old format (")
    assert line.endswith("; install the package that holds it again")
    assert line.isprintable()  # which a line break is not
    return line


def test_arrays_have_the_tensors_shapes_strides_and_bits(tmp_path: Path) -> None:
    count = tensor((), (), where=storage(1, "LongStorage", "8"))
    body = state(turned=tensor((2, 2), (1, 2)), count=count, last=tensor((1,), (1,), 3))
    content = pickle.dumps(["8", "7"], 2), raw(numpy.array([1 << 40], "<i8")), raw(FOUR)
    arrays = torch_pickle.read(save(tmp_path / "x", body, *content))
    assert list(arrays) == ["turned", "count", "last"]
    assert arrays["turned"].dtype == "float32" and arrays["turned"].tobytes() == FOUR.reshape(2, 2).T.tobytes()
    assert arrays["count"].dtype == "int64" and arrays["count"].shape == () and arrays["count"] == 1 << 40
    assert arrays["last"].shape == (1,) and arrays["last"].tobytes() == FOUR[3:].tobytes()


def test_what_torch_writes_is_read_bit_for_bit(tmp_path: Path) -> None:
    reason = "PyTorch, which only this test needs, is not installed"
    torch = pytest.importorskip("torch", exc_type=ImportError, reason=reason)
    values = torch.tensor([[1.0, -2.5, 100.0], [0.0, 3.25, 77.0]])
    tensors = {"turned": values.T, "part": values[1:, ::2], "none": torch.zeros(3, 0), "one": torch.tensor(4.0)}
    tensors |= torch.nn.BatchNorm2d(3).state_dict()
    torch.save(tensors, tmp_path / "x", _use_new_zipfile_serialization=False)
    arrays = torch_pickle.read(tmp_path / "x")
    assert list(arrays) == list(tensors)
    for name, expected in tensors.items():
        assert arrays[name].dtype == expected.numpy().dtype
        assert arrays[name].shape == expected.numpy().shape
        assert arrays[name].tobytes() == expected.numpy().tobytes()


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "x", state(a=tensor((2, 2), (2, 1))))
    torch_pickle.read(path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        refusal(path)


NO_TENSORS = BEGINNING + pickle.dumps({"a": 1}, 2) + pickle.dumps([], 2)
OTHER_VERSION = b"".join(pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1002, {}, {}, []))


@pytest.mark.parametrize(
    "content",
    [b"PK\3\4" + bytes(99), b"<html>Not found</html>", pickle.dumps({"a": 1}), NO_TENSORS, OTHER_VERSION],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    refusal(tmp_path / "x")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (state(a=tensor((5,), (1,))), ""),
        (state(a=tensor((4,), (1,), 1)), ""),
        (state(a=tensor((2, 2), (3, 1))), ""),
        (state(a=tensor((2,), (-2,), 1)), ""),
        (state(a=tensor((3,), (1,), where=storage(3))), "'7' has not the 3 elements"),
        (state(a=tensor((4,), (1,)), b=tensor((4,), (1,), where=storage(key="8"))), "not those that its tensors"),
        (state(a=tensor((4,), (1,), where=storage(kind="QInt8Storage"))), "'torch.QInt8Storage'"),
        (state(a=tensor((4,), (1,))) + pickle.dumps(["7"], 2) + raw(FOUR), "not those that its tensors"),
    ],
)
def test_tensors_and_storages_that_do_not_agree_are_refused(tmp_path: Path, body: bytes, reason: str) -> None:
    assert reason in refusal(save(tmp_path / "x", body))


class Runs:
    """Unpickled by ``pickle`` itself, it calls a function."""

    def __init__(self, function: Any, argument: str) -> None:
        self.call = function, (argument,)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("name", ["posix.system", ".eval"])
def test_nothing_is_executed(tmp_path: Path, name: str, protocol: int) -> None:
    proof = tmp_path / "proof"
    call = Runs(eval, f"open({str(proof)!r}, 'w').close()") if name == ".eval" else Runs(os.system, f"touch '{proof}'")
    forged = pickle.dumps(call, protocol)
    pickle.loads(forged)
    assert proof.exists()  # the pickle is a dangerous one
    proof.unlink()
    (tmp_path / "first").write_bytes(forged)
    files = [
        tmp_path / "first",
        save(tmp_path / "fourth", forged),
        save(tmp_path / "fifth", state(a=tensor((4,), (1,))), forged, raw(FOUR)),
        save(tmp_path / "nested", pickle.dumps({"a": [(call,)]}, protocol)),
        save(tmp_path / "hooks", state(a=tensor((4,), (1,), hooks=pickle.dumps(call, 2)[2:-1]))),
    ]
    for file in files:
        assert f"{name}', which no state dict needs" in refusal(file)
    assert not proof.exists()


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"c\x1b[31mos\nsystem\n.", r"\x1b[31m"),
        (b"Fone\n.", "'one"),  # Python's message breaks the line
        (b"\x8e" + struct.pack("<q", 1 << 62), "(MemoryError)"),  # and has no words here
    ],
)
def test_a_refusal_is_one_line_that_tells_a_cause(tmp_path: Path, body: bytes, shown: str) -> None:
    assert shown in refusal(save(tmp_path / "x", b"\x80\x02" + body))


def build(target: bytes, attribute: str) -> bytes:
    """Set an attribute of what ``target`` makes to 1, as pickle does for objects with slots."""
    return target + b"(N}" + text(attribute) + b"K\x01stb"


@pytest.mark.parametrize("attribute", ["__defaults__", "__call__", "__class__", "mine"])
@pytest.mark.parametrize("target", [REBUILD, b"ccollections\nOrderedDict\n"])
def test_nothing_of_the_reader_is_changed(tmp_path: Path, target: bytes, attribute: str) -> None:
    refusal(save(tmp_path / "x", b"\x80\x02" + build(target, attribute) + b"."))
    made = torch_pickle._Unpickler(io.BytesIO()).find_class("torch._utils", "_rebuild_tensor_v2")
    assert getattr(made, "__defaults__", None) is None and not hasattr(made, "mine")


@pytest.mark.parametrize(
    "body",
    [
        b"\x80\x04" + group(STORAGE, b"(" + text("x") + b"tb") + b".",  # an array's own state
        b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.fromkeys\x93.",  # what a class has
        b"\x80\x02\x82\x01.",  # an extension
        b"\x80\x05\x97.",  # a buffer from outside
        b"\x80\x02(K\x01K\x02d.",  # names that are numbers
        state(a=tensor((1 << 30, 1 << 30), (0, 0))),
    ],
)
def test_whatever_else_a_pickle_can_say_makes_no_tensor(tmp_path: Path, body: bytes) -> None:
    refusal(save(tmp_path / "x", body))


def test_whatever_byte_is_changed_there_are_tensors_or_a_line(tmp_path: Path) -> None:
    path = save(tmp_path / "x", state(a=tensor((2, 2), (2, 1)), b=tensor((1,), (1,), 3)))
    whole = path.read_bytes()
    for place in range(len(whole)):
        for value in (0, 1, 0x2E, 0x52, 0x62, 0x63, 0xFF, whole[place] ^ 1):
            path.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
            try:
                arrays = torch_pickle.read(path)
            except UserError as error:
                assert str(error).isprintable()
            else:
                assert all(type(one) is numpy.ndarray and one.dtype.kind in "fi" for one in arrays.values())
