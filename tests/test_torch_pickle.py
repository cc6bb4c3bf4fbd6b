"""PyTorch's old state dicts are read bit for bit, and a forged or damaged one gives a line and executes nothing."""

import io
import os
import pickle
import random
import struct
import tracemalloc
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import pytest

from stages import torch_pickle
from stages.errors import UserError

MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
VERSION = pickle.dumps(1001, protocol=2)
FACTS = pickle.dumps({"protocol_version": 1001, "little_endian": True, "type_sizes": {"long": 4}}, protocol=2)
DICT = b"ccollections\nOrderedDict\n)R"
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"
FOUR = numpy.array([1.5, -0.0, numpy.inf, 3e-40], dtype="<f4")


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def group(*parts: bytes | int) -> bytes:
    return b"(" + b"".join(b"J" + struct.pack("<i", part) if isinstance(part, int) else part for part in parts) + b"t"


def storage(count: int = 4, kind: str = "FloatStorage", key: str = "7", view: bytes = b"N") -> bytes:
    return group(text("storage"), f"ctorch\n{kind}\n".encode(), text(key), text("cpu"), count, view) + b"Q"


def tensor(size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0, elements: bytes | None = None) -> bytes:
    where = storage() if elements is None else elements
    return REBUILD + group(where, offset, group(*size), group(*stride), b"\x89", DICT) + b"R"


def state(**tensors: bytes) -> bytes:
    return b"\x80\x02" + DICT + b"(" + b"".join(text(name) + value for name, value in tensors.items()) + b"u."


def raw(array: numpy.ndarray) -> bytes:
    return struct.pack("<q", array.size) + array.tobytes()


def keys(*names: str) -> bytes:
    return pickle.dumps(list(names), protocol=2)


def save(path: Path, *parts: bytes) -> Path:
    """Write a file that begins as it must."""
    path.write_bytes(b"".join([MAGIC, VERSION, FACTS, *parts]))
    return path


def small() -> bytes:
    """A valid file."""
    wide = tensor((2, 2), (2, 1)), tensor((2,), (2,), 1)
    return b"".join([MAGIC, VERSION, FACTS, state(a=wide[0], b=wide[1]), keys("7"), raw(FOUR)])


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        torch_pickle.read(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ") and line.endswith("install the package that holds it again")
    assert line.isprintable()  # which a line break is not
    return line


@pytest.fixture
def torch() -> ModuleType:
    reason = "PyTorch, which only these tests need, is not installed"
    return pytest.importorskip("torch", exc_type=ImportError, reason=reason)


def test_arrays_have_the_tensors_shapes_strides_and_bits(tmp_path: Path) -> None:
    turned, last = tensor((2, 2), (1, 2)), tensor((), (), 3)
    arrays = torch_pickle.read(save(tmp_path / "x", state(turned=turned, last=last), keys("7"), raw(FOUR)))
    assert list(arrays) == ["turned", "last"]
    assert arrays["turned"].tobytes() == FOUR.reshape(2, 2).T.tobytes()
    assert arrays["last"].shape == () and arrays["last"].tobytes() == FOUR[3].tobytes()
    with pytest.raises(ValueError, match="read-only"):
        arrays["turned"][0, 0] = 1


def test_a_state_dicts_attributes_are_passed_over(tmp_path: Path) -> None:
    """As torch writes ``_metadata``."""
    attributes = b"}" + text("_metadata") + DICT + text("") + b"}" + text("version") + b"K\x01sssb."
    path = save(tmp_path / "x", state(a=tensor((4,), (1,)))[:-1] + attributes, keys("7"), raw(FOUR))
    assert torch_pickle.read(path)["a"].tobytes() == FOUR.tobytes()


def test_what_torch_writes_is_read_bit_for_bit(torch: ModuleType, tmp_path: Path) -> None:
    values = torch.tensor([[1.0, -2.5, 100.0], [0.0, 3.25, 77.0]])
    kinds = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8")
    tensors = {kind: values.to(getattr(torch, kind)) for kind in kinds}
    tensors |= {"turned": values.T, "part": values[1:, ::2], "none": torch.zeros(3, 0), "one": torch.tensor(4.0)}
    tensors |= torch.nn.BatchNorm2d(3).state_dict()
    torch.save(tensors, tmp_path / "x", _use_new_zipfile_serialization=False)
    arrays = torch_pickle.read(tmp_path / "x")
    assert list(arrays) == list(tensors)
    for name, expected in tensors.items():
        assert arrays[name].dtype == expected.numpy().dtype
        assert arrays[name].shape == expected.numpy().shape
        assert arrays[name].tobytes() == expected.numpy().tobytes()


def test_the_file_that_the_tests_damage_is_whole(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(small())
    assert torch_pickle.read(tmp_path / "x")["b"].tolist() == [-0.0, FOUR[3]]


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    whole = small()
    for length in range(len(whole)):
        (tmp_path / "x").write_bytes(whole[:length])
        refusal(tmp_path / "x")


def test_other_files_are_refused(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("archive/data.pkl", state())
    others = {
        "a zip file": archive.getvalue(),
        "first bytes": b"<!DOCTYPE html><html>Not found</html>",
        "first bytes are": random.Random(0).randbytes(5000),
        "first bytes are others": pickle.dumps({"a": 1}),
        "more follows": small() + b"\0",
    }
    for reason, content in others.items():
        (tmp_path / "x").write_bytes(content)
        assert reason in refusal(tmp_path / "x")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (state(a=tensor((5,), (1,))), "beyond storage '7'"),
        (state(a=tensor((4,), (1,), 1)), "beyond storage '7'"),
        (state(a=tensor((2, 2), (3, 1))), "beyond storage '7'"),
        (state(a=tensor((2,), (-1,), 1)), "beyond storage '7'"),
        (state(a=tensor((2,), (1,), -1)), "beyond storage '7'"),
        (state(a=tensor((1 << 30, 8), (0, 0))), "beyond storage '7'"),
        (state(a=tensor((2, 2), (1,))), "shorter"),
        (state(a=tensor((4,), (1,), elements=storage(5))), "4 elements instead of 5"),
        (state(a=tensor((4,), (1,), elements=storage(-4))), "4 elements instead of -4"),
        (state(a=tensor((4,), (1,), elements=text("7"))), "not those that its tensors refer to"),
        (state(a=tensor((4,), (1,), elements=storage(key="8"))), "not those that its tensors refer to"),
        (state(a=tensor((4,), (1,)), b=tensor((4,), (1,), elements=storage(5))), "not one whole storage"),
        (state(a=tensor((4,), (1,), elements=storage(view=group(text("8"), 0, 4)))), "not one whole storage"),
        (state(a=tensor((4,), (1,), elements=storage(kind="QInt8Storage"))), "'torch.QInt8Storage'"),
        (state(a=storage()), "_Storage in the place of _Tensor"),
        (state(a=tensor((4,), (1,)), b=b"K\x01"), "int in the place of _Tensor"),
        (state(a=tensor((4,), (1,)))[:-1] + b"0.", "POP at byte 285"),
        (b"\x80\x02]" + storage() + b"a.", "not those that its tensors refer to"),
    ],
)
def test_tensors_that_cannot_be_are_refused(tmp_path: Path, body: bytes, reason: str) -> None:
    assert reason in refusal(save(tmp_path / "x", body, keys("7"), raw(FOUR)))


def test_a_storage_of_less_than_nothing_is_refused(tmp_path: Path) -> None:
    body = state(a=tensor((4,), (1,), elements=storage(-4)))
    assert "has -4 elements" in refusal(save(tmp_path / "x", body, keys("7"), struct.pack("<q", -4), FOUR.tobytes()))


@pytest.mark.parametrize(
    "body",
    [
        state(a=tensor((1 << 28,), (1,), elements=storage(1 << 28))) + keys("7") + struct.pack("<q", 1 << 28),
        b"\x80\x02}r" + struct.pack("<I", 1 << 24) + b"." + keys(),  # a place in memory, allocated with all before it
        b"\x80\x02\x8e" + struct.pack("<q", 1 << 28) + b"abc",  # bytes, allocated before they are read
        b"\x80\x02\x95" + struct.pack("<q", 1 << 28) + b"abc",  # a frame
    ],
)
def test_a_forged_size_allocates_nothing(tmp_path: Path, body: bytes) -> None:
    path = save(tmp_path / "x", body)
    tracemalloc.start()
    try:
        refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_tuples_within_tuples_cannot_exhaust_the_stack(tmp_path: Path) -> None:
    refusal(save(tmp_path / "x", b"\x80\x02})" + b"\x85" * 300_000 + b"Ns.", keys()))


class Runs:
    """Unpickled by ``pickle`` itself, it runs a command."""

    def __init__(self, function: Any, *arguments: str) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


class Holds:
    """Unpickled by ``pickle`` itself, it has the state given."""

    def __init__(self, value: Any) -> None:
        self.value = value


def forged(proof: Path, protocol: int = 2) -> dict[str, bytes]:
    """Pickles that make the file ``proof`` when they are unpickled without care."""
    system, evaluate = Runs(os.system, f"touch '{proof}'"), Runs(eval, f"open({str(proof)!r}, 'w').close()")
    attributes = pickle.dumps(system, protocol=2)[2:-1]
    return {
        "os.system": pickle.dumps(system, protocol),
        "builtins.eval": pickle.dumps(evaluate, protocol),
        "nested": pickle.dumps({"a": [(evaluate,)]}, protocol),
        "in a state": pickle.dumps(Holds(system), protocol),
        "in a state dict's attributes": b"\x80\x02" + DICT + b"}" + text("_metadata") + attributes + b"sb.",
        "as a tensor's hooks": state(a=REBUILD + group(storage(), 0, group(4), group(1), b"\x89", attributes) + b"R"),
    }


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("kind", forged(Path()))
def test_nothing_is_executed(tmp_path: Path, kind: str, protocol: int) -> None:
    proof = tmp_path / "proof"
    body = forged(proof, protocol)[kind]
    if "tensor" not in kind:
        pickle.loads(body)
        assert proof.exists()  # the pickle is a dangerous one
        proof.unlink()
    first, third = (tmp_path / "first", tmp_path / "third")
    first.write_bytes(body)
    third.write_bytes(MAGIC + VERSION + body + small())
    files = [first, third, save(tmp_path / "fourth", body, keys("7"), raw(FOUR))]
    for file in [*files, save(tmp_path / "fifth", state(a=tensor((4,), (1,))), body, raw(FOUR))]:
        refusal(file)
    assert not proof.exists()


@pytest.mark.parametrize("name", [b"ctorch._utils\n_rebuild_tensor_v2\n", b"ccollections\nOrderedDict\n"])
def test_no_attribute_of_ours_can_be_set(tmp_path: Path, name: bytes) -> None:
    """Pickle would set it with the second half of a state."""
    attributes = group(b"N", b"}" + text("__doc__") + text("forged") + b"s") + b"b"
    body = b"\x80\x02" + name + attributes + state(a=tensor((4,), (1,)))[2:]
    torch_pickle.read(save(tmp_path / "x", body, keys("7"), raw(FOUR)))
    assert all(inert.__doc__ != "forged" for inert in torch_pickle.NAMES.values())


def test_an_error_shows_names_in_printable_characters(tmp_path: Path) -> None:
    assert r"\x1b[31m" in refusal(save(tmp_path / "x", b"\x80\x02c\x1b[31mos\nsystem\n.", keys()))


@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")  # of pickletools, shown to no user
def test_damage_anywhere_gives_arrays_or_a_line(tmp_path: Path) -> None:
    chance = random.Random(20)
    whole, path = small(), tmp_path / "x"
    refused = 0
    for _ in range(600):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 8))):
            at = chance.randrange(len(MAGIC + VERSION), len(content))
            content[at : at + chance.choice((0, 1, 1, 1, 3))] = chance.randbytes(chance.choice((0, 1, 1, 1, 3)))
        path.write_bytes(content)
        try:
            arrays = torch_pickle.read(path)
        except UserError as error:
            refused += 1
            assert str(error).isprintable()
        else:
            assert all(isinstance(array, numpy.ndarray) and array.size <= 4 for array in arrays.values())
    assert refused > 300
