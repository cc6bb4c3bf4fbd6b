"""Faults of files that are called zip archives and cannot be read as one, and what to do about each."""

import shlex
import struct
from pathlib import Path

from darkroom.archives.file_kinds import AGAIN, ZIP, diagnose

END = struct.Struct("<4sH16x")
"""The record at the end of a zip archive: its mark, the number of the part that it stands in, and more."""
LOCATOR = struct.Struct("<4s12xL")
"""The record before that one where the archive is large: its mark, and the number of parts."""
END_MARK, LOCATOR_MARK, FILE_MARK = b"PK\5\6", b"PK\6\7", b"PK"
UNKNOWN = 0xFFFF
"""The number of a part where the record before has it."""
LONGEST_COMMENT = 0xFFFF
UNPACK = "unpack it and give the folder"
PIECES = f"{AGAIN}, and if it came in pieces, join them all"


def describe_part(archive: Path) -> str | None:
    """Return what to do with the last part of an archive that was split, or ``None`` of an archive that is whole."""
    tail = _read_tail(archive)
    place = tail.rfind(END_MARK)
    if place < 0 or len(tail) < place + END.size:
        return None
    _, part = END.unpack_from(tail, place)
    before = tail[max(0, place - LOCATOR.size) : place]
    parts = LOCATOR.unpack(before)[1] if before.startswith(LOCATOR_MARK) and len(before) == LOCATOR.size else 0
    if parts <= 1 and part in (0, UNKNOWN):
        return None
    return (
        "the last part of a split archive, whose other parts end in .z01, .z02 and so on; where all of them lie, run "
        f"zip -s 0 {shlex.quote(archive.name)} --out whole.zip, and give whole.zip in their place"
    )


def describe_fault(archive: Path, error: Exception) -> str:
    """Return what is wrong with an archive at which zipfile raised ``error``, and what to do."""
    if isinstance(error, UnicodeDecodeError):
        what, remedy = f"a name in it is marked as UTF-8 and is not: {error.object!r}", "pack the files again"
    else:
        what, remedy = (
            diagnose(archive, UNPACK, ZIP) or _find_missing_end(archive) or (" ".join(str(error).split()), AGAIN)
        )
    return f"not a whole zip archive ({what}); {remedy}"


def _find_missing_end(archive: Path) -> tuple[str, str] | None:
    """Return which end an archive lacks, and what to do, if it has the other."""
    with archive.open("rb") as file:
        begins = file.read(len(FILE_MARK)) == FILE_MARK
    ends = END_MARK in _read_tail(archive)
    return None if begins == ends else (f"its {'end' if begins else 'beginning'} is missing", PIECES)


def _read_tail(archive: Path) -> bytes:
    """Return the end of a file, as far as the record and a comment behind it may reach."""
    with archive.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - END.size - LOCATOR.size - LONGEST_COMMENT))
        return file.read()
