"""Members of an archive of any kind that is read, with their bytes, in the order of the archive."""

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tarfile import TarInfo
from typing import IO

from darkroom.archives import deflate64, members, seven_zips, tar_members
from darkroom.archives.endings import is_tar, is_zip
from darkroom.archives.names import is_unicode, show
from darkroom.archives.reading import Reading
from darkroom.core.errors import UserError

Bytes = Iterator[bytes]
"""The bytes of a member, in pieces."""


def list_members(archive: Path, reading: Reading) -> members.Listing:
    """Return the members of an archive, unchecked.

    Raises:
        UserError: it is truncated or none of the kind that its name says, or unpacks to too much.
    """
    if is_zip(archive):
        return members.Listing(*members.list_members(archive, reading))
    status = archive.stat()
    return members.Listing(_list(archive, reading, (status.st_size, status.st_mtime_ns)), None)


@lru_cache(maxsize=64)
def _list(archive: Path, reading: Reading, _: tuple[int, int]) -> list[zipfile.ZipInfo]:
    """Return the members of an archive that must be read to its end to list them; so once while it stays the same."""
    if not is_tar(archive):
        return seven_zips.list_members(archive)
    with tar_members.open_archive(archive, reading.allowed, many=True) as opened:
        return [described for member, _ in opened if (described := _describe(archive, member, reading))]


@contextmanager
def open_archive(archive: Path, reading: Reading, scratch: Path) -> Iterator[Iterator[tuple[zipfile.ZipInfo, Bytes]]]:
    """Open an archive; each member's bytes are to be read before the next. 7-Zip's are unpacked to ``scratch`` first.

    Raises:
        UserError: a member must not be unpacked, all of them are too large, or the archive is corrupt.
    """
    if is_tar(archive):
        with tar_members.open_archive(archive, reading.allowed, many=True) as opened:
            yield (
                (described, iter(lambda file=file: file.read(members.CHUNK), b""))  # type: ignore[misc]
                for member, file in opened
                if (described := _describe(archive, member, reading))
            )
        return
    listed = list_members(archive, reading).members
    reading.allowed.check(archive, sum(member.file_size for member in listed))
    for member in listed:
        members.check_safe(archive, member, (*members.READABLE, deflate64.METHOD))
    if is_zip(archive):
        with archive.open("rb") as file, zipfile.ZipFile(file) as zipped:
            yield ((member, _read_zipped(archive, file, zipped, member)) for member in listed)
        return
    seven_zips.unpack(archive, scratch)
    yield ((member, _read_file(scratch / member.filename)) for member in listed)


def _describe(archive: Path, member: TarInfo, reading: Reading) -> zipfile.ZipInfo | None:
    """Return what a zip would say of a member of a tar; nothing of the folder that all are in."""
    name = member.name.removeprefix("./").rstrip("/")
    if name in ("", "."):
        return None
    if not is_unicode(name):
        try:
            name = os.fsencode(name).decode(reading.encoding.name or "utf-8")
        except UnicodeDecodeError:
            raise UserError(
                f"{show(archive)}: the name of {show(name)} in it is not {reading.encoding.name or 'UTF-8'}; write the "
                f"right encoding as {reading.encoding.where}"
            ) from None
    described = zipfile.ZipInfo(f"{name}/" if member.isdir() else name)
    described.file_size = member.size
    described.external_attr = (stat.S_IFDIR if member.isdir() else stat.S_IFREG) << 16
    members.check_safe(archive, described)
    return described


def _read_zipped(archive: Path, file: IO[bytes], zipped: zipfile.ZipFile, member: zipfile.ZipInfo) -> Bytes:
    if member.compress_type == deflate64.METHOD:
        with members.explain_corruption(archive, member):
            yield from deflate64.read_chunks(file, member)
    else:
        yield from members.read_chunks(zipped, member)


def _read_file(path: Path) -> Bytes:
    with path.open("rb") as file:
        while chunk := file.read(members.CHUNK):
            yield chunk
