"""Members of tar files of unknown origin, compressed or not: read as a stream, one after the other, never unpacked.

Neither a member nor the headers of the archive are ever held in memory as a whole.
"""

import bz2
import gzip
import io
import lzma
import sys
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from darkroom.archives.expansion import Expansion
from darkroom.archives.file_kinds import AGAIN, BZIP2, GZIP, TAR, XZ, ZSTD, diagnose, find_kind
from darkroom.archives.names import CONTROL, show
from darkroom.core.errors import UserError

HEADERS = 1 << 20
"""Bytes of an archive, or of a member where there may be many, that may be headers; tarfile keeps what is in them."""
PADDING = 1 << 20
"""Bytes that may follow the last member; tar fills its blocks up with zeros."""
# What tarfile and gzip raise on bytes that are no tar; a header of headers, without end, is a RecursionError.
CORRUPTION: tuple[type[Exception], ...] = (tarfile.TarError, EOFError, OSError, ValueError, RecursionError)
CORRUPTION += (zlib.error, lzma.LZMAError)

Members = Iterator[tuple[tarfile.TarInfo, IO[bytes]]]
"""Each file in an archive, to be read before the next."""


class Limited:
    """A stream that must not be read any further than is ``left``."""

    def __init__(self, stream: IO[bytes], left: int) -> None:
        """Allow ``left`` bytes; more may be added."""
        self.stream, self.left = stream, left

    def read(self, size: int) -> bytes:
        """Return at most ``size`` bytes.

        Raises:
            tarfile.ReadError: they are more than are left.
        """
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise tarfile.ReadError(f"its headers have more than {HEADERS:,} bytes")
        return data


@contextmanager
def open_archive(archive: Path, allowed: Expansion | None = None, many: bool = False) -> Iterator[Members]:
    """Open an archive that may unpack to the size ``allowed``; what reading corrupt bytes raises becomes one line.

    Without ``allowed`` it must have been read to its end before. With ``many`` there may be any number of members, and
    folders are among them.

    Raises:
        UserError: the archive is corrupt or too large, or has a member that leaves it.
    """
    try:
        yield _read_members(archive, allowed, many)
    except _list_corruption() as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        what, remedy = diagnose(archive, "unpack it and pack that as .tar.gz", GZIP, TAR, *OPENERS) or (error, AGAIN)
        raise UserError(f"{show(archive)}: not a whole tar archive ({what}); {remedy}") from None


def _read_members(archive: Path, allowed: Expansion | None, many: bool) -> Members:
    unpacked = 0
    with _open(archive) as stream:
        limited = Limited(stream, HEADERS)
        with closing(tarfile.open(fileobj=cast(IO[bytes], limited), mode="r|")) as tar:
            for member in tar:
                if danger := _find_danger(member):
                    raise UserError(
                        f"{show(archive)}: member {member.name!r} {danger}; give an archive without such members"
                    )
                unpacked += member.size + (tarfile.BLOCKSIZE if many else 0)
                if allowed:
                    allowed.check(archive, unpacked)
                if many:
                    limited.left = HEADERS
                    tar.members.clear()  # type: ignore[attr-defined]  # of which tarfile would hold all in memory
                file = tar.extractfile(member)
                if file or many:
                    limited.left += member.size + -member.size % tarfile.BLOCKSIZE
                    yield member, file or io.BytesIO()
            end = tar.offset
        if find_kind(archive) == TAR and not _is_ended(archive, end):  # what is compressed has an end of its own
            raise tarfile.ReadError("it breaks off: no block of zeros follows the last member")
        if len(stream.read(PADDING + 1)) > PADDING:  # to its end, where gzip checks the sum of all bytes
            raise tarfile.ReadError("a member's header is corrupt, or bytes follow the last member")


def _is_ended(archive: Path, place: int) -> bool:
    """Return whether the block of zeros that ends a tar stands at that place; tarfile takes a broken header for one."""
    with archive.open("rb") as file:
        file.seek(place)
        return file.read(tarfile.BLOCKSIZE) == bytes(tarfile.BLOCKSIZE)


def _open_zstd(archive: Path) -> IO[bytes]:
    from backports import zstd  # few archives need it

    return cast(IO[bytes], zstd.open(archive))


OPENERS: dict[str, Callable[[Path], Any]] = {GZIP: gzip.open, BZIP2: bz2.open, XZ: lzma.open, ZSTD: _open_zstd}


def _open(archive: Path) -> IO[bytes]:
    """Open an archive, compressed or not, for reading."""
    opener = OPENERS.get(find_kind(archive) or "")
    return cast(IO[bytes], opener(archive)) if opener else archive.open("rb")


def _list_corruption() -> tuple[type[Exception], ...]:
    """Return what is raised on corrupt bytes; of the reader of zstd files, too, if it was asked for."""
    zstd = sys.modules.get("backports.zstd")
    return (*CORRUPTION, zstd.ZstdError) if zstd else CORRUPTION


def _find_danger(member: tarfile.TarInfo) -> str | None:
    """Return why a member must not be read, in a few words."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name:
        return "would leave the folder (.., a backslash or an absolute path in its name)"
    if CONTROL.search(member.name):
        return "has a control character in its name"
    if member.issparse() or member.size < 0:
        return "does not hold as many bytes as it declares"
    return None if member.isfile() or member.isdir() else "is a link or no regular file"
