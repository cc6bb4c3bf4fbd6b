"""The members of a zip are those that zipfile lists, wherever its directory is, and are read in any order."""

import io
import zipfile
from pathlib import Path

import numpy
import pytest

from darkroom.archives import zip_directory
from darkroom.archives.zip_directory import Directory, Member

COUNT = 40
FIELDS = ("filename", "header_offset", "file_size", "compress_size", "CRC", "compress_type", "extra", "comment")


def pack(comment: bytes = b"", count: int = COUNT) -> bytes:
    """An archive of members of several sizes, compressed or not, some of which have extra fields and comments."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for number in range(count):
            member = zipfile.ZipInfo(f"größe/{number}.jpg" if number % 3 else f"size/{number}.jpg")
            member.compress_type = zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED
            member.extra, member.comment = b"\x34\x12\x02\x00ab" * (number % 4), b"words" * (number % 2)
            opened.writestr(member, bytes([number % 256]) * (100 * number))
        opened.comment = comment
    return buffer.getvalue()


def check(path: Path) -> None:
    directory = Directory(path)
    directory.fill()
    with zipfile.ZipFile(path) as opened:
        expected = opened.infolist()
        assert len(directory) == len(expected)
        for ours, theirs in zip(directory, expected, strict=True):
            assert [getattr(ours, name) for name in FIELDS] == [getattr(theirs, name) for name in FIELDS]
        order = numpy.random.default_rng(3).permutation(len(expected))
        for number, (member, archive) in zip(order, directory.read(order), strict=True):
            assert archive.read(member) == opened.read(expected[number])
            known = Member(directory, int(number))
            assert (known.filename, known.file_size) == (member.filename, member.file_size)
            assert (known.header_offset, known.checksum) == (member.header_offset, member.CRC)


@pytest.mark.parametrize("at_once", [1, 7, 1024])
@pytest.mark.parametrize(
    "data",
    [pack(), pack(b"a comment"), b"what runs before" * 99 + pack(), pack(count=0)],
    ids=["", "comment", "before", "empty"],
)
def test_members_are_those_that_zipfile_lists(
    data: bytes, at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_directory, "AT_ONCE", at_once)
    (tmp_path / "a.zip").write_bytes(data)
    check(tmp_path / "a.zip")


@pytest.mark.parametrize("before", [b"", b"what runs before"])
def test_large_archives_have_another_end(before: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 3)
    data = pack()
    assert zip_directory.LARGE_MARK in data and zip_directory.LOCATOR_MARK in data
    (tmp_path / "a.zip").write_bytes(before + data)
    check(tmp_path / "a.zip")


@pytest.mark.parametrize("data", [b"", b"words", pack()[:-1], pack()[:500]])
def test_what_has_no_directory_is_no_zip(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(zipfile.BadZipFile):
        Directory(tmp_path / "a.zip")
