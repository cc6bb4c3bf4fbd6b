"""Kinds of files by their first bytes, for one that is not what its name says, and what to do about it."""

from pathlib import Path

ZIP, GZIP, TAR, SEVEN_ZIP = "a zip archive", "a gzip file", "a tar archive", "a 7-Zip archive"
BZIP2, XZ, ZSTD = "a bzip2 file", "an xz file", "a zstd file"
BEGINNINGS = {
    b"PK": ZIP,
    b"\x1f\x8b": GZIP,
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": SEVEN_ZIP,
    b"BZh": BZIP2,
    b"\xfd7zXZ": XZ,
    b"(\xb5/\xfd": ZSTD,
}
TAR_MARK, TAR_PLACE = b"ustar", 257
"""The mark of a tar archive, and its place."""
MARKUP = (b"<", b"{")
"""First bytes of a page, or a message, that a server sends in place of a file."""
AGAIN = "download or copy it again"


def diagnose(file: Path, instead: str, *own: str) -> tuple[str, str] | None:
    """Return what a file is and what to do, or ``None`` where it is of one of its ``own`` kinds or none is known.

    ``instead`` is what to do with one of another kind.
    """
    start = _read_start(file)
    if not start:
        return "it is empty", AGAIN
    if start.lstrip().startswith(MARKUP):
        return "it is a page or a message of a server's", "download it again, logged in if the site asks for that"
    kind = _judge(start)
    return None if kind is None or kind in own else (f"it is {kind}", instead)


def find_kind(file: Path) -> str | None:
    """Return what kind of archive, or of compressed file, a file is by its first bytes."""
    return _judge(_read_start(file))


def _read_start(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(TAR_PLACE + len(TAR_MARK))


def _judge(start: bytes) -> str | None:
    kind = TAR if start[TAR_PLACE:] == TAR_MARK else None
    return next((kind for beginning, kind in BEGINNINGS.items() if start.startswith(beginning)), kind)
