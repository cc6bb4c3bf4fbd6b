"""CIFAR-10's archive of binary batches; each kind of corruption is refused in one line, and nothing is unpacked."""

import gzip
import tarfile
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy
import pandas
import pytest

from darkroom.archives import binary_batches
from darkroom.archives.expansion import Expansion
from darkroom.core.errors import UserError
from stages import fetch, unzip
from tests.support.data_sets import records, write_tar
from tests.support.decoding import decode
from tests.support.refusals import one_line

Project = Callable[..., Path]
NAMES = b"cat\ndeer\nship\n\n"
LABELS = {"data_batch_1": [2, 0, 1], "data_batch_2": [0, 1, 2, 0], "test_batch": [1, 0]}
FOLDER = "cifar-10-batches-bin"
ARCHIVE = "cifar-10-binary.tar.gz"


def contents(changes: Mapping[str, bytes | tarfile.TarInfo | None] | None = None) -> dict[str, bytes | tarfile.TarInfo]:
    whole = {f"{FOLDER}/{name}.bin": records(labels)[0] for name, labels in LABELS.items()}
    whole |= {f"{FOLDER}/batches.meta.txt": NAMES, f"{FOLDER}/readme.html": b"<html>"}
    merged = {**whole, **(changes or {})}
    return {name: content for name, content in merged.items() if content is not None}


@pytest.fixture
def pictures(project: Project) -> Callable[..., Path]:
    """A project with an archive of a few images, with changed members; dataset keys by name."""

    def make(changes: Mapping[str, bytes | tarfile.TarInfo | None] | None = None, **edits: object) -> Path:
        folder = project({"datasets.cifar10.draw": None} | {f"datasets.cifar10.{key}": edits[key] for key in edits})
        write_tar(folder / "raw" / ARCHIVE, contents(changes))
        return folder

    return make


def run() -> pandas.DataFrame:
    unzip.main(["cifar10", "--raw", "raw", "--out", "images"])
    return pandas.read_csv("images/index.csv", dtype=str, keep_default_na=False)


def refused(folder: Path, *words: str) -> None:
    one_line(run, *words)
    assert sorted(path.name for path in folder.iterdir()) == ["params.yaml", "raw"]
    assert [path.name for path in (folder / "raw").iterdir()] == [ARCHIVE]


def test_pixels_and_classes_arrive(pictures: Callable[..., Path]) -> None:
    folder = pictures()
    index = run()
    assert index.groupby(["split", "class"]).size().to_dict() == {
        ("train", "cat"): 3,
        ("train", "deer"): 2,
        ("train", "ship"): 2,
        ("test", "cat"): 1,
        ("test", "deer"): 1,
    }
    for row in index.itertuples():
        batch, number = str(row.member).split(".bin#")
        labels = LABELS[batch]
        assert NAMES.decode().split()[labels[int(number)]] == row._2
        image = decode(folder / "images" / str(row.file))
        assert image.mode == "RGB"
        assert numpy.array_equal(numpy.asarray(image), records(labels)[1][int(number)])
    assert set(index["archive"]) == {ARCHIVE}


def test_a_batch_can_validate(pictures: Callable[..., Path]) -> None:
    splits = {"train": ["data_batch_1"], "validation": ["data_batch_2.bin"], "test": ["test_batch"]}
    pictures(source="../mine", splits=splits)
    assert run()["split"].value_counts().to_dict() == {"train": 3, "validation": 4, "test": 2}


def test_the_order_of_the_members_does_not_matter_to_a_draw(pictures: Callable[..., Path]) -> None:
    draw = {"seed": 1, "train": 1, "validation": 1, "test": 1}
    folder = pictures(draw=draw, splits={"train": ["data_batch_*"], "validation": [], "test": ["test_batch"]})
    everything = contents({f"{FOLDER}/test_batch.bin": records([0, 1, 2])[0]})
    drawn = []
    for names in (sorted(everything), sorted(everything, reverse=True)):
        write_tar(folder / "raw" / ARCHIVE, {name: everything[name] for name in names})
        drawn.append(set(run()[["split", "class", "member"]].itertuples(index=False, name=None)))
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 9


def link(name: str, kind: bytes, target: str = "/etc/passwd") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({f"{FOLDER}/data_batch_1.bin": records([0])[0][:-1]}, "data_batch_1.bin has 3,072 bytes, no whole number"),
        ({f"{FOLDER}/data_batch_1.bin": b""}, "data_batch_1.bin has 0 bytes"),
        (
            {f"{FOLDER}/data_batch_1.bin": records([3, 0, 1])[0]},
            "has the label 3, but batches.meta.txt names 3 classes",
        ),
        ({f"{FOLDER}/batches.meta.txt": None}, "no batches.meta.txt in it"),
        ({f"{FOLDER}/batches.meta.txt": b"\xff\xfe"}, "batches.meta.txt is not UTF-8"),
        ({f"{FOLDER}/batches.meta.txt": b"cat\n../deer\nship\n"}, "the class '../deer'"),
        ({f"{FOLDER}/batches.meta.txt": b"cat\ncat\nship\n"}, "names a class twice"),
        ({f"{FOLDER}/data_batch_1.bin": link(f"{FOLDER}/data_batch_1.bin", tarfile.SYMTYPE)}, "is a link"),
        ({f"{FOLDER}/data_batch_1.bin": link(f"{FOLDER}/data_batch_1.bin", tarfile.LNKTYPE)}, "is a link"),
        (
            {f"{FOLDER}/data_batch_3.bin": link(f"{FOLDER}/data_batch_3.bin", tarfile.SYMTYPE, "data_batch_1.bin")},
            "is a link",
        ),
        (
            {"again/data_batch_1.bin": records([0])[0]},
            "names the batch data_batch_1 twice, again in again/data_batch_1.bin",
        ),
        ({"again/batches.meta.txt": b"ship\ncat\ndeer\n"}, "names its classes twice"),
        ({"../data_batch_3.bin": records([0])[0]}, "would leave the folder"),
        ({"/data_batch_3.bin": records([0])[0]}, "would leave the folder"),
        ({r"..\data_batch_3.bin": records([0])[0]}, "would leave the folder"),
        ({f"{FOLDER}/data\rbatch_3.bin": records([0])[0]}, "has a control character in its name"),
    ],
)
def test_a_malformed_archive(pictures: Callable[..., Path], changes: dict[str, bytes | None], words: str) -> None:
    refused(pictures(changes), f"raw/{ARCHIVE}: ", words)


def test_an_archive_need_not_be_gzipped(pictures: Callable[..., Path]) -> None:
    folder = pictures()
    packed = folder / "raw" / ARCHIVE
    packed.with_name("cifar-10-binary.tar").write_bytes(gzip.decompress(packed.read_bytes()))
    packed.unlink()
    assert run()["split"].value_counts().to_dict() == {"train": 7, "test": 2}


def test_litter_of_a_file_manager_is_no_batch(pictures: Callable[..., Path]) -> None:
    pictures({f"{FOLDER}/._data_batch_1.bin": b"x" * 163, "__MACOSX/data_batch_2.bin": b"x"})
    assert run()["split"].value_counts().to_dict() == {"train": 7, "test": 2}


def headers(kind: bytes, size: int) -> bytes:
    """A header of ``size`` bytes, which tarfile would hold in memory."""
    member = tarfile.TarInfo("x")
    member.type, member.size = kind, size
    return member.tobuf(tarfile.USTAR_FORMAT) + bytes(size)


PAX, LONG_NAME = headers(tarfile.XHDTYPE, 1 << 25), headers(tarfile.GNUTYPE_LONGNAME, 1 << 25)
EMPTY = b"".join(tarfile.TarInfo(f"{number}.txt").tobuf() for number in range(3000))
NESTED = headers(tarfile.XGLTYPE, 0) * 1500


@pytest.mark.parametrize("start", [PAX, LONG_NAME, EMPTY, NESTED], ids=["pax", "long name", "many members", "nested"])
@pytest.mark.parametrize("read", [binary_batches.list_batches, binary_batches.read_labels])
def test_headers_without_end_are_not_held_in_memory(
    pictures: Callable[..., Path], start: bytes, read: Callable[[Path, Expansion], object]
) -> None:
    archive = pictures() / "raw" / ARCHIVE
    archive.write_bytes(gzip.compress(start + gzip.decompress(archive.read_bytes())))
    tracemalloc.start()
    with pytest.raises(UserError, match="not a whole tar archive") as caught:
        read(archive, Expansion(10**6, "key"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "\n" not in str(caught.value)
    assert peak < 1 << 24


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_a_truncated_archive(pictures: Callable[..., Path], keep: float) -> None:
    folder = pictures()
    path = folder / "raw" / ARCHIVE
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    refused(folder, f"raw/{ARCHIVE}: not a whole tar archive", "download or copy it again")


def test_flipped_bytes(pictures: Callable[..., Path]) -> None:
    folder = pictures()
    path = folder / "raw" / ARCHIVE
    data = bytearray(path.read_bytes())
    for position in range(len(data) // 2, len(data) // 2 + 50):
        data[position] ^= 0xFF
    path.write_bytes(data)
    refused(folder, f"raw/{ARCHIVE}: not a whole tar archive")


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>"])
def test_a_file_that_is_no_archive(pictures: Callable[..., Path], data: bytes) -> None:
    folder = pictures()
    (folder / "raw" / ARCHIVE).write_bytes(data)
    refused(folder, f"raw/{ARCHIVE}: not a whole tar archive")


def test_an_archive_that_unpacks_to_far_more(pictures: Callable[..., Path]) -> None:
    folder = pictures({f"{FOLDER}/data_batch_1.bin": bytes(3073 * 4000)}, source="raw")
    words = ("times its size", "datasets.cifar10.max_expansion allows 100 times")
    refused(folder, ARCHIVE, *words)
    one_line(lambda: fetch.main(["cifar10", "--out", "fetched"]), ARCHIVE, *words)
    assert not Path("fetched").exists()


def test_a_small_archive_may_expand(pictures: Callable[..., Path]) -> None:
    pictures({f"{FOLDER}/zeros.txt": bytes(500_000)}, source="raw", max_expansion=1)
    fetch.main(["cifar10", "--out", "fetched"])
    assert len(run()) == 9


def test_a_batch_that_is_not_there(pictures: Callable[..., Path]) -> None:
    folder = pictures({f"{FOLDER}/test_batch.bin": None})
    refused(folder, "datasets.cifar10.splits.test: 'test_batch': no .tar.gz archive with a batch of that name", ARCHIVE)
