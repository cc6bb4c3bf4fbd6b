"""Names in zip archives that do not say in which encoding they are: which one was meant, and what they are then.

A name in a zip is either marked as UTF-8, or written as the machine that packed it writes names, which stands nowhere.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from darkroom.archives import alphabets
from darkroom.archives.names import show
from darkroom.core.errors import UserError

MARKED = 0x800
"""The flag of a name that is marked as UTF-8."""
READ_AS = "cp437"
"""The encoding by which zipfile reads every other name: each byte becomes a letter of its own, and can be had back."""
UNICODE_NAME = 0x7075
"""The extra field that has a name once more, in UTF-8, beside the checksum of the one that it stands for."""
ENOUGH = 2000
"""Names by which an encoding is found out."""


@dataclass(frozen=True)
class Encoding:
    """The encoding of names that do not say theirs (``None``: to be found out), and the key that says so."""

    name: str | None
    where: str


def describe_guess(guessed: str, encoding: Encoding) -> str:
    """Return in what encoding names were taken to be, and what decides."""
    return (
        f"its names do not say in which encoding they are and are read as {guessed}; if letters in them are wrong, "
        f"write the right one as {encoding.where}; if they are right, write {guessed}"
    )


def choose_encoding(members: Iterable[zipfile.ZipInfo], encoding: Encoding) -> str:
    """Return the encoding of the names that do not say theirs: the one given, or else a guess."""
    if encoding.name:
        return encoding.name
    return _choose([member.orig_filename.encode(READ_AS) for member in members if _find_told(member) is None])


def rename(archive: Path, member: zipfile.ZipInfo, chosen: str, encoding: Encoding) -> None:
    """Give a member its name, with ``/`` between its folders, where names that do not say otherwise are as ``chosen``.

    A backslash that is left when the bytes are decoded separates folders, as some tools write it. What zipfile compares
    with a member's own header, ``orig_filename``, stays.

    Raises:
        UserError: a name is not in the encoding that was given.
    """
    name = _find_told(member)
    text = _decode(archive, member, chosen, encoding) if name is None else name
    member.filename = text.partition("\0")[0].replace("\\", "/")


def _find_told(member: zipfile.ZipInfo) -> str | None:
    """Return a member's name if it says how it is to be read, or all ways of reading it are the same."""
    if member.flag_bits & MARKED or member.orig_filename.isascii():
        return member.orig_filename
    raw = member.orig_filename.encode(READ_AS)
    for kind, value in _read_extra(member.extra):
        if kind == UNICODE_NAME and value[1:5] == struct.pack("<L", zlib.crc32(raw)):
            try:
                return value[5:].decode() or None
            except UnicodeDecodeError:
                return None
    return None


def _read_extra(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and value of each of a member's extra fields."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        yield kind, extra[4 : 4 + size]
        extra = extra[4 + size :]


def _choose(names: Sequence[bytes]) -> str:
    """Return the encoding in which all names are: UTF-8 if they can be, or else the likeliest of the usual ones.

    Some of these have a letter for every byte, so that there is always one.
    """
    if _are_in("utf-8", names):
        return "utf-8"
    words: dict[bytes, None] = {}
    for word in (word for name in names for word in name.split(b"/") if not word.isascii()):
        words[word] = None
        if len(words) == ENOUGH:
            break
    likely = {
        encoding: alphabets.judge(encoding, [word.decode(encoding) for word in words])
        for encoding in alphabets.ENCODINGS
        if _are_in(encoding, list(words))
    }
    return next(
        encoding for encoding in sorted(likely, key=likely.__getitem__, reverse=True) if _are_in(encoding, names)
    )


def _are_in(encoding: str, names: Sequence[bytes]) -> bool:
    try:
        for name in names:
            name.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _decode(archive: Path, member: zipfile.ZipInfo, chosen: str, encoding: Encoding) -> str:
    raw = member.orig_filename.encode(READ_AS)
    try:
        return raw.decode(chosen)
    except UnicodeDecodeError:
        raise UserError(
            f"{show(archive)}: the name {raw!r} in it is not in {chosen}, as {encoding.where} says; correct that, or "
            "write null to have it found out"
        ) from None
