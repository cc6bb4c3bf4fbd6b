"""What cannot be read of a delivery is refused in one line that names it and what to do, whatever its name is."""

import gzip
import os
import socket
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from data_sets import dataset, records, write_idx, write_tar

from stages import fetch, unzip
from tests.refusals import one_line

LATIN = "x\udce9"
"""What Python makes of a name in Latin-1 on disk."""
LABELS = {"d/batches.meta.txt": b"cat\ndog\n"}
BATCHES = {f"d/{name}.bin": records([0, 1])[0] for name in ("data_batch_1", "test_batch")} | LABELS


def zipped(path: Path, names: tuple[str, ...] = ("cat/1.jpg", "dog/1.jpg")) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return path.read_bytes()


def class_folders(folder: Path, *more: str) -> Path:
    for name in ("cat/1.jpg", "dog/1.jpg", *more):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """The bytes of a good archive."""
    return zipped(tmp_path / "whole.zip")


@pytest.fixture
def refused(mine: Path, tmp_path: Path) -> Callable[..., str]:
    """Bring what train* and test mean from the user's folder, and require one line with these words."""
    zipped(mine / "test.zip")

    def bring(*words: str, **changes: object) -> str:
        splits = {"train": ["train*"], "validation": [], "test": ["test"]}
        given = dataset(**{"source": str(mine), "splits": splits} | changes)
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        message = one_line(lambda: fetch.bring("pets", given, out), *words)
        message.encode()
        return message

    return bring


@pytest.mark.parametrize("more", [f"{LATIN}/1.jpg", f"cat/{LATIN}.jpg"])
def test_a_name_in_a_folder_that_is_not_utf8(refused: Callable[..., str], mine: Path, more: str) -> None:
    class_folders(mine / "train", more)
    refused("mine/train/", r"x\xe9", "the name is not UTF-8; rename it")


def test_a_folder_whose_name_is_not_utf8(refused: Callable[..., str], mine: Path) -> None:
    class_folders(mine / f"train{LATIN}")
    refused(r"/mine/trainx\xe9': the name is not UTF-8; rename it")


def test_an_archive_whose_name_is_not_utf8(refused: Callable[..., str], mine: Path, whole: bytes) -> None:
    (mine / f"train{LATIN}.zip").write_bytes(whole)
    refused(r"/mine/trainx\xe9.zip': the name is not UTF-8; rename it")


def test_files_of_pixels_whose_names_are_not_utf8(refused: Callable[..., str], mine: Path) -> None:
    for name in (f"train{LATIN}", "test"):
        write_idx(mine, name, [0, 1])
    refused(r"/mine/trainx\xe9-images-idx3-ubyte.gz': the name is not UTF-8; rename it", layout="idx")
    (mine / f"train{LATIN}-labels-idx1-ubyte.gz").unlink()
    refused("no file of its labels beside it; add ", r"x\xe9-labels-idx1-ubyte.gz", layout="idx")


def test_a_name_that_is_not_utf8_where_nothing_is_found(refused: Callable[..., str], mine: Path, whole: bytes) -> None:
    (mine / f"{LATIN}.zip").write_bytes(whole)
    (mine / "a\nb.zip").write_bytes(whole)
    refused(r"which holds 'a\nb.zip', test.zip, b'x\xe9.zip'; correct the name or add what it means")


@pytest.mark.parametrize("name", [LATIN, "a\nb"])
def test_a_damaged_archive_of_such_a_name_may_hold_what_is_meant(
    refused: Callable[..., str], mine: Path, name: str
) -> None:
    (mine / f"{name}.zip").write_bytes(b"x")
    refused("not a whole zip archive", repr(os.fsencode(name) if name == LATIN else name)[2:-1])


def test_a_stray_or_a_folder_around_all_may_have_any_name(mine: Path, whole: bytes, tmp_path: Path) -> None:
    for name in ("train", "test", LATIN):
        (mine / LATIN).mkdir(exist_ok=True)
        (mine / LATIN / f"{name}.zip").write_bytes(whole)
    out = tmp_path / "out"
    out.mkdir()
    fetch.bring("pets", dataset(source=str(mine)), out)
    assert sorted(path.name for path in out.iterdir()) == ["test.zip", "train.zip"]


def test_an_archive_whose_name_is_not_utf8_cannot_be_unpacked(mine: Path, whole: bytes) -> None:
    for name in (f"train{LATIN}", "test"):
        (mine / f"{name}.zip").write_bytes(whole)
    splits = {"train": ["train*"], "validation": [], "test": ["test"]}
    one_line(lambda: unzip.planned("pets", dataset(splits=splits), mine), "the name is not UTF-8")


CIFAR = {"layout": "cifar10-binary", "splits": {"train": ["data_batch_*"], "validation": [], "test": ["test_batch"]}}


def test_a_batch_whose_name_is_not_utf8(refused: Callable[..., str], mine: Path) -> None:
    write_tar(mine / "a.tar.gz", BATCHES | {f"d/data_batch_{LATIN}.bin": b"x"})
    refused("a.tar.gz: the name of b'data_batch_x\\xe9.bin' in it is not UTF-8; pack it under another", **CIFAR)


def test_other_members_of_a_tar_may_have_any_name(mine: Path, tmp_path: Path) -> None:
    write_tar(mine / "a.tar.gz", {f"{LATIN}/{name}": data for name, data in BATCHES.items()} | {LATIN: b"x"})
    out = tmp_path / "out"
    out.mkdir()
    fetch.bring("pets", dataset(source=str(mine), **CIFAR), out)
    assert len(unzip.planned("pets", dataset(**CIFAR), out)) == 4


@pytest.mark.parametrize("name", ["a\x1b", "é" * 120])
def test_a_class_that_cannot_name_a_file(mine: Path, name: str) -> None:
    write_tar(mine / "a.tar.gz", BATCHES | {"d/batches.meta.txt": f"{name}\ndog\n".encode()})
    one_line(lambda: unzip.planned("pets", dataset(**CIFAR), mine), repr(name), "cannot name a file; mend it")


def part(whole: bytes) -> bytes:
    """The last part of an archive in three."""
    place = whole.rindex(b"PK\5\6")
    return whole[40:place] + b"PK\5\6" + struct.pack("<2H", 2, 2) + whole[place + 8 :]


def large_part(whole: bytes) -> bytes:
    """The last part of an archive in three, in the form for large ones."""
    place = whole.rindex(b"PK\5\6")
    count, size, start = struct.unpack_from("<HLL", whole, place + 10)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 2, 2, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 2, place, 3)
    end = b"PK\5\6" + b"\xff" * 16 + b"\0\0"
    return whole[40:place] + record + locator + end


@pytest.mark.parametrize("cut", [part, large_part, lambda whole: part(whole) + b"a comment"])
@pytest.mark.parametrize("name", ["train", "my pets"])
def test_the_last_part_of_a_split_archive(
    refused: Callable[..., str], mine: Path, whole: bytes, cut: Callable[[bytes], bytes], name: str
) -> None:
    (mine / f"{name}.zip").write_bytes(cut(whole))
    quoted = "'my pets.zip'" if " " in name else "train.zip"
    refused(f"{name}.zip: the last part of a split archive", ".z01", f"zip -s 0 {quoted} --out whole.zip")


def test_pieces_that_were_cut(refused: Callable[..., str], mine: Path, whole: bytes) -> None:
    (mine / "train.zip.001").write_bytes(whole[:150])
    (mine / "train.zip.002").write_bytes(whole[150:])
    refused("which holds test.zip, train.zip.001, train.zip.002; join the pieces: cat train.zip.* > train.zip")


def tar(member: str) -> bytes:
    return tarfile.TarInfo(member).tobuf() + bytes(1024)


def negative(whole: bytes) -> bytes:
    """An archive whose list is said to be further on than it is."""
    place = whole.rindex(b"PK\5\6") + 16
    return whole[:place] + struct.pack("<L", struct.unpack_from("<L", whole, place)[0] + 90) + whole[place + 4 :]


def listed_garbage(whole: bytes) -> bytes:
    return whole[: whole.index(b"PK\1\2")] + bytes(range(60)) + whole[whole.rindex(b"PK\5\6") :]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda whole: whole[:150], "(its end is missing); download or copy it again, and if it came in pieces, join"),
        (lambda whole: whole[90:], "(its beginning is missing); download or copy it again, and if it came in pieces"),
        (negative, "(its beginning is missing)"),
        (listed_garbage, "(Bad "),
        (lambda whole: b"", "(it is empty); download or copy it again"),
        (
            lambda whole: b"\n <!DOCTYPE html>",
            "(it is a page or a message of a server's); download it again, logged in",
        ),
        (lambda whole: b'{"error": 403}', "(it is a page or a message of a server's)"),
        (lambda whole: b"Rar!\x1a\7\1\0" + bytes(99), "(it is a RAR archive); unpack it and give the folder"),
        (lambda whole: b"7z\xbc\xaf\x27\x1c" + bytes(99), "(it is a 7-Zip archive); unpack it and give the folder"),
        (gzip.compress, "(it is a gzip file); unpack it and give the folder"),
        (lambda whole: tar("cat/1.jpg"), "(it is a tar archive); unpack it and give the folder"),
        (lambda whole: bytes(500), "(File is not a zip file); download or copy it again"),
    ],
)
def test_a_file_that_is_no_whole_zip(
    refused: Callable[..., str], mine: Path, whole: bytes, change: Callable[[bytes], bytes], words: str
) -> None:
    (mine / "train.zip").write_bytes(change(whole))
    refused("mine/train.zip: not a whole zip archive ", words)


def test_a_member_that_is_marked_as_utf8_and_is_not(refused: Callable[..., str], mine: Path) -> None:
    whole = zipped(mine / "train.zip", ("cat/é.jpg", "dog/1.jpg"))
    (mine / "train.zip").write_bytes(whole.replace("é".encode(), b"\xe9\xe9"))
    refused("train.zip: not a whole zip archive", "marked as UTF-8 and is not: b'cat/\\xe9\\xe9.jpg'", "pack the files")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<html>" * 200, "it is a page or a message of a server's); download it again"),
        (b"PK\3\4" + bytes(2000), "it is a zip archive); unpack it and pack that as .tar.gz"),
        (b"BZh9" + bytes(2000), "it is a bzip2 file); unpack it and pack that as .tar.gz"),
        (b"", "it is empty); download or copy it again"),
    ],
)
def test_a_file_that_is_no_tar(refused: Callable[..., str], mine: Path, data: bytes, words: str) -> None:
    (mine / "a.tar.gz").write_bytes(data)
    refused("a.tar.gz: not a whole tar archive (", words, **CIFAR)


def test_what_is_no_file_and_no_folder_is_said_to_be_none(refused: Callable[..., str], mine: Path) -> None:
    (mine / "train.zip").symlink_to("nowhere")
    os.mkfifo(mine / "train")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(mine / "train2"))
    unusual = "train (neither a file nor a folder), train.zip (a link to nothing), train2 (neither a file nor a folder)"
    refused(f"which holds test.zip, {unusual}")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: os.mkfifo(path), "neither a file nor a folder; allowed: "),
        (lambda path: path.symlink_to("nowhere"), "a link to nothing; allowed: "),
    ],
)
def test_a_source_that_is_no_file_and_no_folder(
    refused: Callable[..., str], mine: Path, make: Callable[[Path], None], words: str
) -> None:
    make(mine / "pets")
    refused("datasets.pets.source: ", words, source=str(mine / "pets"))


@pytest.mark.parametrize("source", ["~nobody-of-this-name/x", "../a\0b", "loop"])
def test_a_source_that_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    given = dataset(source=source)
    one_line(
        lambda: fetch.check_origin("pets", given, Path("out")), "datasets.pets.source: ", "no path (", "correct it"
    )


@pytest.mark.parametrize("name", ["cat/a\nb.jpg", "a\nb/1.jpg", "cat/a\\b.jpg"])
def test_a_name_that_no_archive_may_have(refused: Callable[..., str], mine: Path, name: str) -> None:
    class_folders(mine / "train", name)
    refused("mine/train/", "; rename it")


@pytest.mark.parametrize("name", ["a\nb.jpg", f"{LATIN}.jpg"])
def test_a_link_of_any_name_is_refused(refused: Callable[..., str], mine: Path, name: str) -> None:
    (class_folders(mine / "train") / "cat" / name).symlink_to("nowhere")
    refused("mine/train/cat/", "neither a file nor a folder (a link, perhaps); put a copy in its place")


def test_a_folder_whose_archive_would_have_too_long_a_name(refused: Callable[..., str], mine: Path) -> None:
    class_folders(mine / f"train{'é' * 124}")
    refused("as an archive it would have a name of over 255 bytes; shorten its name")
