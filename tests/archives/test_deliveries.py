"""A delivery that cannot be read is refused in one line that names it, says what it is, and what to do."""

import gzip
import os
import socket
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from darkroom.pipeline import origins
from tests.support.data_sets import dataset
from tests.support.deliveries import CIFAR, zipped
from tests.support.refusals import one_line


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
        (b"BZh9" + bytes(2000), "Invalid data stream); download or copy it again"),
        (b"Rar!" + bytes(2000), "it is a RAR archive); unpack it and pack that as .tar.gz"),
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
        lambda: origins.check_origin("pets", given, Path("out")), "datasets.pets.source: ", "no path (", "correct it"
    )
