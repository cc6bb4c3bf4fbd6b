"""Members of zip archives of unknown origin: listed, checked before anything is unpacked, and unpacked."""

import hashlib
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from darkroom.archives import zip_faults
from darkroom.archives.encodings import choose_encoding, rename
from darkroom.archives.names import CONTROL, LONGEST, show
from darkroom.archives.reading import Reading
from darkroom.archives.zip_directory import Directory, Member
from darkroom.core.errors import UserError

Parts = tuple[str, ...]
"""The folders and the name of a member, first to last."""
CHUNK = 1 << 16
"""Bytes that are held in memory at once."""
READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
ENCRYPTED = 0x1
# What zipfile and its decompressors raise on bytes that are no zip; RuntimeError includes NotImplementedError.
CORRUPTION = (
    zipfile.BadZipFile,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)


class Listing(NamedTuple):
    """The members of an archive."""

    members: Sequence[zipfile.ZipInfo]
    guessed: str | None
    """The encoding that their names were taken to be in, where they did not say it."""


class ZipListing(NamedTuple):
    """The members of a zip archive, as :class:`Listing`."""

    members: Directory
    guessed: str | None


def split_name(member: zipfile.ZipInfo) -> Parts:
    """Return the folders and the name of a member."""
    return split_path(member.filename)


def split_path(name: str) -> Parts:
    """Return the folders and the name in a path within an archive."""
    return tuple(name.removeprefix("./").removesuffix("/").split("/"))


def list_members(archive: Path, reading: Reading) -> ZipListing:
    """Return the members of a zip file, unchecked.

    Raises:
        UserError: it is truncated, one part of several, or no zip; or its names are in another encoding.
    """
    try:
        if part := zip_faults.describe_part(archive):
            raise UserError(f"{show(archive)}: {part}")
        listed = _open_directory(archive)
        chosen = choose_encoding(listed, reading.encoding)
        listed.rename = partial(_rename, archive, chosen, reading)
        listed.fill()
        return ZipListing(listed, chosen if reading.encoding.name is None and chosen != "utf-8" else None)
    except (*CORRUPTION, OSError) as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise UserError(f"{show(archive)}: {zip_faults.describe_fault(archive, error)}") from None


def _open_directory(archive: Path) -> Directory:
    """Return the directory of an archive; zipfile says what is wrong with one that has none."""
    try:
        return Directory(archive)
    except zipfile.BadZipFile:
        with zipfile.ZipFile(archive) as opened:
            if any(member.header_offset < 0 for member in opened.infolist()):
                raise zipfile.BadZipFile("its beginning is missing") from None
        raise


def _rename(archive: Path, chosen: str, reading: Reading, member: zipfile.ZipInfo) -> None:
    rename(archive, member, chosen, reading.encoding)


def inspect_members(archive: Path, reading: Reading) -> ZipListing:
    """Return the members of a zip archive once each is known to be safe and the whole to be no larger than allowed.

    Raises:
        UserError: the archive is no whole zip, a member must not be unpacked, or all of them are too large.
    """
    listed = list_members(archive, reading)
    for member in listed.members:
        check_safe(archive, member)
    reading.allowed.check(archive, sum(listed.members.sizes))
    return listed


def check_safe(archive: Path, member: zipfile.ZipInfo, readable: Collection[int] = READABLE) -> None:
    """Check that a member may be unpacked.

    Raises:
        UserError: it must not be.
    """
    if why := find_danger(member, readable):
        raise UserError(f"{show(archive)}: member {member.filename!r} {why}; give an archive without such members")


def find_danger(member: zipfile.ZipInfo, readable: Collection[int] = READABLE) -> str | None:
    """Return why a member must not be unpacked, in a few words; ``readable`` are methods of compression."""
    name, parts, kind = member.filename, split_name(member), stat.S_IFMT(member.external_attr >> 16)
    if name.startswith("/") or ".." in parts or "\\" in name or re.match("[A-Za-z]:", name):
        return "would leave the folder (.., an absolute path, a drive or a backslash in its name)"
    if "" in parts or "." in parts:
        return "has an empty or a . folder in its name"
    if CONTROL.search(name):
        return "has a control character in its name"
    if stat.S_ISLNK(kind):
        return "is a symbolic link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is no regular file"
    if member.flag_bits & ENCRYPTED:
        return "is password-protected"
    if member.compress_type not in readable:
        return f"is compressed by a method that Python cannot read (number {member.compress_type})"
    if max(len(part.encode(errors="surrogatepass")) for part in parts) > LONGEST:
        return f"has a name of more than {LONGEST} bytes"
    return None


def unpack(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> str:
    """Write a member to the new file ``target`` and return its SHA-256, in hex; never more than the size it declares.

    Raises:
        UserError: its bytes are corrupt.
    """
    digest = hashlib.sha256()
    with target.open("xb") as file:
        for chunk in read_chunks(opened, member):
            file.write(chunk)
            digest.update(chunk)
    return digest.hexdigest()


def read_member(member: Member) -> bytes:
    """Return the bytes of a member all at once, as of an image.

    Raises:
        UserError: its bytes are corrupt.
    """
    with closing(member.directory.read([member.number])) as read:  # the archive is open as long as that is
        found, opened = next(read)
        return b"".join(read_chunks(opened, found))


def read_whole(archive: Path, member: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a member, such as a table: all at once, so of no more than the memory takes.

    Raises:
        UserError: its bytes are corrupt.
    """
    with zipfile.ZipFile(archive) as opened:
        return b"".join(read_chunks(opened, member))


def read_chunks(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the bytes of a member in pieces, never more than it declares.

    Raises:
        UserError: they are corrupt.
    """
    left = member.file_size
    with explain_corruption(Path(str(opened.filename)), member):
        with opened.open(member) as source:
            while chunk := source.read(CHUNK):
                left -= len(chunk)
                yield chunk
        if left:
            raise zipfile.BadZipFile("not of the size it declares")


@contextmanager
def explain_corruption(archive: Path, member: zipfile.ZipInfo) -> Iterator[None]:
    """Say in one line what reading a corrupt member raises."""
    try:
        yield
    except (*CORRUPTION, OSError) as error:  # the file is open: an OSError is bz2's, or of a place that is none
        raise UserError(
            f"{archive}: member {member.filename!r} is corrupt ({error}); download or copy the archive again"
        ) from None
