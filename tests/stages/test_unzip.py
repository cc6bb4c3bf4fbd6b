"""Archives of every shape become images by split and class; a bad one is refused in one line and leaves nothing."""

import hashlib
import stat
import struct
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import pandas
import pytest
from PIL import Image

from darkroom.archives import members
from darkroom.core.errors import UserError
from stages import unzip
from tests.support.refusals import one_line

INTEL = Path(__file__).resolve().parents[3] / "shared" / "data" / "intel"
Project = Callable[..., Path]


def picture(shade: int, form: str = "JPEG") -> bytes:
    buffer = BytesIO()
    Image.new("L", (4, 3), shade).save(buffer, form)
    return buffer.getvalue()


def archive(path: Path, content: Mapping[str, bytes | None], method: int = zipfile.ZIP_STORED) -> Path:
    """Write a zip of these members; ``None`` makes a folder entry."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as opened:
        for name, data in content.items():
            opened.writestr(name, data or b"")
    return path


def good(prefix: str = "") -> dict[str, bytes | None]:
    return {f"{prefix}cat/1.jpg": picture(1), f"{prefix}dog/1.jpg": picture(2), f"{prefix}dog/2.jpg": picture(3)}


@pytest.fixture
def pets(project: Project) -> Callable[..., Path]:
    """A project whose dataset has the splits train and test; test is good unless it is given."""

    def make(
        train: Mapping[str, bytes | None] | None,
        test: Mapping[str, bytes | None] | None = None,
        method: int = zipfile.ZIP_STORED,
        **edits: object,
    ) -> Path:
        folder = project(
            {"datasets.intel.splits": {"train": ["train"], "validation": [], "test": ["test"]}}
            | {f"datasets.intel.{key}": value for key, value in edits.items()}
        )
        if train is not None:
            archive(folder / "raw" / "train.zip", train, method)
        archive(folder / "raw" / "test.zip", good() if test is None else test, method)
        return folder

    return make


def run() -> pandas.DataFrame:
    unzip.main(["intel", "--raw", "raw", "--out", "data/images/intel"])
    return pandas.read_csv("data/images/intel/index.csv", dtype=str, keep_default_na=False)


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def refused(folder: Path, *words: str) -> str:
    """Run, and require one line with these words, no output, and the archives as they were."""
    before = snapshot(folder / "raw")
    message = one_line(run, *words)
    assert list(folder.glob("data/images/*")) + list(folder.glob("data/images/.*.part")) == []
    assert snapshot(folder / "raw") == before
    return message


@pytest.mark.parametrize("prefix", ["", "train/", "train/train/", "a/b/c/"])
def test_every_nesting_gives_the_same_files(pets: Callable[..., Path], prefix: str) -> None:
    folder = pets(good(prefix))
    index = run()
    train = index[index["split"] == "train"]
    assert list(train["file"]) == ["train/cat/1.jpg", "train/dog/1.jpg", "train/dog/2.jpg"]
    assert list(train["class"]) == ["cat", "dog", "dog"]
    assert list(train["member"]) == [f"{prefix}cat/1.jpg", f"{prefix}dog/1.jpg", f"{prefix}dog/2.jpg"]
    for row in index.itertuples():
        data = (folder / "data/images/intel" / str(row.file)).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row.sha256
        assert len(data) == int(str(row.bytes))
    assert list(index["split"]) == ["train"] * 3 + ["test"] * 3


def test_endings_litter_and_other_files(pets: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    pets(
        {
            "t/cat/1.JPG": picture(1),
            "t/cat/2.Jpeg": picture(2),
            "t/dog/3.PNG": picture(3, "PNG"),
            "t/dog/4.bmp": picture(4, "BMP"),
            "t/dog/notes.txt": b"words",
            "t/cat/.DS_Store": b"x",
            "t/cat/._1.JPG": b"x",
            "__MACOSX/t/cat/._1.JPG": b"x",
            "__MACOSX/": None,
            "t/.ipynb_checkpoints/1-checkpoint.jpg": picture(1),
            "t/cat/Thumbs.db": b"x",
        }
    )
    index = run()
    assert list(index[index["split"] == "train"]["file"]) == [
        "train/cat/1.JPG",
        "train/cat/2.Jpeg",
        "train/dog/3.PNG",
        "train/dog/4.bmp",
    ]
    said = capsys.readouterr().err
    assert "1 left out, no images by their name: train.zip: t/dog/notes.txt" in said
    assert "1 left out, in hidden folders: train.zip: t/.ipynb_checkpoints/1-checkpoint.jpg" in said
    assert "DS_Store" not in said and "Thumbs" not in said


def test_what_is_left_out_is_listed_with_its_reason(pets: Callable[..., Path]) -> None:
    others = {"t/dog/a.CR2": b"raw", "t/dog/b.svg": b"drawn", "t/labels, all.txt": b"words"}
    folder = pets({**good("t/"), **others}, most_left_out=0.5)
    run()
    table = pandas.read_csv(next(folder.glob("data/images/*/left-out.csv")))
    assert [tuple(row) for row in table.to_numpy()] == [
        ("train.zip", "t/dog/a.CR2", "raw camera files"),
        ("train.zip", "t/dog/b.svg", "drawings or documents"),
        ("train.zip", "t/labels, all.txt", "no images by their name"),
    ]


def test_photographs_are_not_left_out_without_a_decision(pets: Callable[..., Path]) -> None:
    folder = pets({**good(), "cat/3.NEF": b"raw"})
    refused(folder, "datasets.intel.most_left_out: 0.01: 1 files, 14.3% of all", "cat/3.NEF", "develop them to TIFF")
    folder = pets({**good(), **{f"cat/{number}.txt": b"words" for number in range(9)}})
    run()


def test_several_archives_of_mixed_nesting_never_overwrite(pets: Callable[..., Path]) -> None:
    folder = pets(None, splits={"train": ["part_*"], "validation": [], "test": ["test.zip"]})
    archive(folder / "raw/part_a.zip", {"train/cat/1.jpg": picture(1), "train/dog/1.jpg": picture(2)})
    archive(folder / "raw/part_b.zip", {"cat/1.jpg": picture(3), "dog/x/1.jpg": picture(4), "dog/x-1.jpg": picture(5)})
    archive(folder / "raw/part_c.ZIP", {"train/train/cat/1.jpg": picture(6)})
    index = run().query("split == 'train'").set_index("file")
    assert list(index.index) == [
        "train/cat/1.jpg",
        "train/cat/part_b-1.jpg",
        "train/cat/part_c-1.jpg",
        "train/dog/1.jpg",
        "train/dog/part_b-x-1.jpg",
        "train/dog/x-1.jpg",
    ]
    assert index.loc["train/cat/part_b-1.jpg", "sha256"] == hashlib.sha256(picture(3)).hexdigest()
    assert index.loc["train/cat/part_c-1.jpg", "archive"] == "part_c.ZIP"


def test_a_member_that_stands_twice_in_an_archive_is_kept_twice(pets: Callable[..., Path]) -> None:
    folder = pets(good())
    with pytest.warns(UserWarning), zipfile.ZipFile(folder / "raw/train.zip", "a") as opened:
        opened.writestr("cat/1.jpg", picture(8))
        opened.writestr("cat/1.jpg", picture(9))
    index = run().query("split == 'train' and `class` == 'cat'").set_index("file")
    expected = {"1.jpg": 1, "train-1.jpg": 8, "train-2-1.jpg": 9}
    assert dict(index["sha256"]) == {
        f"train/cat/{name}": hashlib.sha256(picture(shade)).hexdigest() for name, shade in expected.items()
    }


def test_an_archive_per_class(pets: Callable[..., Path]) -> None:
    folder = pets(None, splits={"train": ["train_*"], "validation": [], "test": ["test"]})
    archive(folder / "raw/train_cat.zip", {"train/cat/1.jpg": picture(1)})
    archive(folder / "raw/train_dog.zip", {"dog/1.jpg": picture(2)})
    assert list(run().query("split == 'train'")["file"]) == ["train/cat/1.jpg", "train/dog/1.jpg"]


@pytest.mark.parametrize("wrapper", ["", "pets-2024/"])
def test_both_splits_in_one_archive(pets: Callable[..., Path], wrapper: str) -> None:
    folder = pets(None, splits={"train": ["learn"], "validation": [], "test": ["prove"]})
    both = {**good(f"{wrapper}learn/"), **good(f"{wrapper}prove/"), f"{wrapper}validation/cat/9.jpg": picture(9)}
    archive(folder / "raw/pets.zip", both)
    index = run()
    assert list(index["split"]) == ["train"] * 3 + ["test"] * 3
    assert list(index["file"])[3:] == ["test/cat/1.jpg", "test/dog/1.jpg", "test/dog/2.jpg"]


def test_class_names_are_kept(pets: Callable[..., Path]) -> None:
    names = {f"t/{name}/1.jpg": picture(1) for name in ("NA", "côte d'azur", "two words", "a,b")}
    pets(names, names)
    assert set(run()["class"]) == {"NA", "côte d'azur", "two words", "a,b"}


def test_two_runs_give_the_same_bytes_and_replace_what_was_there(pets: Callable[..., Path]) -> None:
    folder = pets(good())
    run()
    out = folder / "data/images/intel"
    first = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    (out / "train/cat/leftover.jpg").write_bytes(b"x")
    run()
    assert {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()} == first


@pytest.mark.parametrize("name", ["../x.jpg", "/x.jpg", "cat/../../x.jpg", "C:/x.jpg", "..\\x.jpg", "C:\\x.jpg"])
def test_a_member_that_leaves_the_folder(pets: Callable[..., Path], name: str) -> None:
    folder = pets({**good(), name: picture(1)})
    refused(folder, "train.zip", repr(name.replace("\\", "/")), "leave the folder")
    assert not list(folder.parent.rglob("x.jpg"))


@pytest.mark.parametrize("name", ["cat//x.jpg", "cat/./x.jpg"])
def test_an_empty_or_dot_folder(pets: Callable[..., Path], name: str) -> None:
    refused(pets({**good(), name: picture(1)}), "train.zip", repr(name))


@pytest.mark.parametrize("name", ["cat/a\rb.jpg", "a\nb/1.jpg", "cat/\x7f.jpg", "cat/\x85.jpg"])
def test_a_control_character_in_a_name(pets: Callable[..., Path], name: str) -> None:
    refused(pets({**good(), name: picture(1)}), "train.zip", repr(name), "control character")


@pytest.mark.parametrize(("kind", "words"), [(stat.S_IFLNK, "symbolic link"), (stat.S_IFIFO, "no regular file")])
def test_a_member_that_is_no_file(pets: Callable[..., Path], kind: int, words: str) -> None:
    folder = pets(good())
    with zipfile.ZipFile(folder / "raw/train.zip", "a") as opened:
        member = zipfile.ZipInfo("cat/link.jpg")
        member.create_system, member.external_attr = 3, (kind | 0o777) << 16
        opened.writestr(member, "/etc/passwd")
    refused(folder, "train.zip", "cat/link.jpg", words)


def test_an_archive_that_unpacks_to_far_more(pets: Callable[..., Path]) -> None:
    bomb = {**good(), "cat/big.jpg": b"\0" * (3 << 20)}
    folder = pets(bomb, method=zipfile.ZIP_DEFLATED)
    refused(folder, "train.zip", "datasets.intel.max_expansion", "times its size")
    pets(bomb, method=zipfile.ZIP_DEFLATED, max_expansion=5000)
    assert "train/cat/big.jpg" in set(run()["file"])


def test_a_small_archive_may_expand(pets: Callable[..., Path]) -> None:
    pets({**good(), "cat/flat.bmp": b"\0" * 500_000}, method=zipfile.ZIP_DEFLATED, max_expansion=1)
    assert "train/cat/flat.bmp" in set(run()["file"])


def patched(path: Path, name: str, offset: int, value: bytes, local: int | None = None) -> None:
    """Overwrite bytes at ``offset`` of a member's central header, and at ``local`` of its local one."""
    data = bytearray(path.read_bytes())
    central = data.rindex(b"PK\x01\x02", 0, data.rindex(name.encode()))
    data[central + offset : central + offset + len(value)] = value
    if local is not None:
        start = struct.unpack_from("<L", data, central + 42)[0]
        data[start + local : start + local + len(value)] = value
    path.write_bytes(data)


@pytest.mark.parametrize("declared", [10, 400])
def test_a_member_of_another_size_than_it_declares(pets: Callable[..., Path], declared: int) -> None:
    folder = pets({**good(), "dog/bomb.jpg": b"\0" * 100}, method=zipfile.ZIP_DEFLATED)
    patched(folder / "raw/train.zip", "dog/bomb.jpg", 24, struct.pack("<L", declared), local=22)
    refused(folder, "train.zip", "dog/bomb.jpg", "corrupt")


def test_bytes_written_never_exceed_the_declared_size(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"x.jpg": b"\0" * 1_000_000}, zipfile.ZIP_DEFLATED)
    patched(path, "x.jpg", 24, struct.pack("<L", 1000), local=22)
    with zipfile.ZipFile(path) as opened, pytest.raises(UserError):
        members.unpack(opened, opened.getinfo("x.jpg"), tmp_path / "x.jpg")
    assert (tmp_path / "x.jpg").stat().st_size <= 1000


def test_a_full_disk(pets: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 10})
    folder = pets(good())
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    refused(folder, "data/images", "datasets.intel", "the disk has 10")


def test_a_password(pets: Callable[..., Path]) -> None:
    folder = pets(good())
    patched(folder / "raw/train.zip", "dog/2.jpg", 8, b"\x01\x00", local=6)
    refused(folder, "train.zip", "dog/2.jpg", "password-protected")


def test_an_unknown_compression(pets: Callable[..., Path]) -> None:
    folder = pets(good())
    patched(folder / "raw/train.zip", "dog/2.jpg", 10, struct.pack("<H", 9), local=8)
    refused(folder, "train.zip", "dog/2.jpg", "compressed by a method", "9")


def test_a_truncated_archive(pets: Callable[..., Path]) -> None:
    folder = pets(good())
    path = folder / "raw/train.zip"
    path.write_bytes(path.read_bytes()[:-200])
    refused(folder, "raw/train.zip", "not a whole zip archive")


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>"])
def test_a_file_that_is_no_zip(pets: Callable[..., Path], data: bytes) -> None:
    folder = pets(good())
    (folder / "raw/train.zip").write_bytes(data)
    refused(folder, "raw/train.zip", "not a whole zip archive")


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=str
)
def test_flipped_bytes_in_a_member(pets: Callable[..., Path], method: int) -> None:
    folder = pets({**good(), "dog/2.jpg": bytes(range(256)) * 8}, method=method)
    path = folder / "raw/train.zip"
    with zipfile.ZipFile(path) as opened:
        member = opened.getinfo("dog/2.jpg")
    data = bytearray(path.read_bytes())
    start = member.header_offset + 30 + len(member.filename)
    for position in range(start + member.compress_size // 3, start + member.compress_size // 2):
        data[position] ^= 0xFF
    path.write_bytes(data)
    refused(folder, "train.zip", "dog/2.jpg", "corrupt")


@pytest.mark.parametrize("prefix", ["", "train/", "train/train/"])
def test_empty_classes_are_all_named(pets: Callable[..., Path], prefix: str) -> None:
    extra = {f"{prefix}fish/": None, f"{prefix}bird/.DS_Store": b"x", f"{prefix}newt/read.txt": b"x"}
    message = refused(pets({**good(prefix), **extra}), "datasets.intel.splits.train", "bird, fish, newt", "train.zip")
    assert "cat" not in message


def test_a_class_that_is_empty_in_one_archive_only(pets: Callable[..., Path]) -> None:
    folder = pets(None, splits={"train": ["part_*"], "validation": [], "test": ["test"]})
    archive(folder / "raw/part_a.zip", {**good("train/"), "train/bird/": None})
    archive(folder / "raw/part_b.zip", {"train/bird/1.jpg": picture(1), "train/cat/2.jpg": picture(2)})
    assert "train/bird/1.jpg" in set(run()["file"])


def test_a_class_only_in_test(pets: Callable[..., Path]) -> None:
    folder = pets(good(), {**good(), "newt/1.jpg": picture(4)})
    refused(folder, "datasets.intel.splits.test", "class newt is not in train", "cat, dog")


def test_a_class_only_in_train_is_noted(pets: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    pets({**good(), "newt/1.jpg": picture(4)})
    assert len(run()) == 7
    assert "test has no image of newt" in capsys.readouterr().err


def test_a_split_without_images(pets: Callable[..., Path]) -> None:
    refused(
        pets(good(), {"test/cat/": None, "test/read.txt": b"x"}), "datasets.intel.splits.test", "no image in test.zip"
    )


def test_a_single_class(pets: Callable[..., Path]) -> None:
    refused(pets({"train/cat.1.jpg": picture(1), "train/dog.1.jpg": picture(2)}), "one class", "'train'")


@pytest.mark.parametrize("stray", ["stray", "train/stray"])
def test_images_outside_any_class(pets: Callable[..., Path], stray: str) -> None:
    strays = {f"{stray}{number}.jpg": picture(1) for number in range(2)}
    refused(pets({**good("train/"), **strays}), "train.zip", "no class folder")


def test_a_name_that_becomes_too_long(pets: Callable[..., Path]) -> None:
    refused(pets({**good(), f"dog/{'a' * 200}/{'b' * 200}.jpg": picture(1)}), "train.zip", "255 bytes")


def test_a_missing_archive(pets: Callable[..., Path]) -> None:
    refused(pets(None), "datasets.intel.splits.train", "'train'", "raw", "test.zip")


def test_an_unknown_dataset(pets: Callable[..., Path]) -> None:
    pets(good())
    with pytest.raises(UserError, match="no entry 'letters'"):
        unzip.main(["letters", "--raw", "raw", "--out", "data/images/letters"])


@pytest.mark.skipif(not INTEL.is_dir(), reason="../shared is not here")
def test_the_intel_scenes(project: Project) -> None:
    project()
    unzip.main(["intel", "--raw", str(INTEL), "--out", "images"])
    index = pandas.read_csv("images/index.csv")
    counts = index.groupby(["split", "class"]).size()
    classes = ["buildings", "forest", "glacier", "mountain", "sea", "street"]
    assert dict(counts["train"]) == dict(zip(classes, [301, 305, 308, 308, 303, 300], strict=True))
    assert dict(counts["test"]) == dict(zip(classes, [100, 101, 103, 101, 100, 100], strict=True))
    assert len(list(Path("images").rglob("*.jpg"))) == 1825 + 605
