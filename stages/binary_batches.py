"""The binary version of CIFAR-10: a tar file of batches, read as a stream, and never unpacked to the disk.

A batch is a file ``<name>.bin`` of records: one byte of label, then the red, the green and the blue values of an image
of 32 by 32 pixels. ``batches.meta.txt`` names the classes, a line each.
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

import numpy

from stages.errors import UserError

ENDINGS = (".tar.gz", ".tgz", ".tar")
BATCH, NAMES = ".bin", "batches.meta.txt"
SIDE = 32
RECORD = 1 + 3 * SIDE * SIDE
BLOCK = 256
"""Records that are held in memory at once."""
GZIP = b"\x1f\x8b"
"""What a gzip file starts with."""
PADDING = 1 << 20
"""Bytes that may follow the last member; tar fills its blocks up with zeros."""
LONGEST = 1 << 16
"""Bytes of the list of class names that are read."""
DAMAGE = (tarfile.TarError, EOFError, OSError, zlib.error)


def is_tar(path: Path) -> bool:
    """Whether a path is a tar file, by its name."""
    return path.name.lower().endswith(ENDINGS) and path.is_file()


def batches(archive: Path) -> list[str]:
    """Return the names of the batches in an archive, without ``.bin``, as they come.

    Raises:
        UserError: the archive is damaged, or has a member that leaves it.
    """
    with _whole(archive):
        return [PurePosixPath(member.name).stem for member, _ in _members(archive) if member.name.endswith(BATCH)]


def labels(archive: Path, max_expansion: int, where: str) -> dict[str, list[str]]:
    """Return the classes of the images in each batch, by the batch's name.

    Raises:
        UserError: the archive is damaged, lacks the names of its classes, or unpacks to more than ``max_expansion``
            times its size, which the key ``where`` allows; a batch is no whole number of records.
    """
    numbers: dict[str, bytes] = {}
    names: list[str] = []
    left = max(LONGEST, max_expansion * archive.stat().st_size)
    with _whole(archive):
        for member, file in _members(archive):
            left -= member.size
            if left < 0:
                raise UserError(
                    f"{archive}: unpacks to more than {max_expansion} times its size; {where} allows no more: "
                    "raise it if that is right"
                )
            path = PurePosixPath(member.name)
            if path.name == NAMES:
                names = _class_names(archive, file.read(LONGEST))
            elif path.suffix == BATCH:
                numbers[path.stem] = b"".join(block[:, 0].tobytes() for block in _records(archive, member, file))
    if not names:
        raise UserError(f"{archive}: no {NAMES} in it, which names the classes; download or copy it again")
    for batch, found in numbers.items():
        if max(found) >= len(names):
            raise UserError(
                f"{archive}: {batch}{BATCH} has the label {max(found)}, but {NAMES} names {len(names)} classes, "
                "from 0 on; download or copy it again"
            )
    return {batch: [names[number] for number in found] for batch, found in numbers.items()}


def blocks(archive: Path) -> Iterator[tuple[str, numpy.ndarray]]:
    """Yield the name of a batch and some of its images, uint8 (images, 32, 32, 3), in the order of the archive.

    Raises:
        UserError: the archive is damaged.
    """
    with _whole(archive):
        for member, file in _members(archive):
            if member.name.endswith(BATCH):
                for block in _records(archive, member, file):
                    planes = block[:, 1:].reshape(-1, 3, SIDE, SIDE)
                    yield PurePosixPath(member.name).stem, numpy.ascontiguousarray(planes.transpose(0, 2, 3, 1))


def _records(archive: Path, member: tarfile.TarInfo, file: IO[bytes]) -> Iterator[numpy.ndarray]:
    if member.size == 0 or member.size % RECORD:
        raise UserError(
            f"{archive}: {member.name} has {member.size:,} bytes, no whole number of records of {RECORD:,}: "
            "it is truncated or of another format; download or copy the archive again"
        )
    for start in range(0, member.size, BLOCK * RECORD):
        found = file.read(min(BLOCK * RECORD, member.size - start))
        yield numpy.frombuffer(found, numpy.uint8).reshape(-1, RECORD)


def _members(archive: Path) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """Yield each file in an archive, to be read before the next."""
    with _unzipped(archive) as stream, closing(tarfile.open(fileobj=stream, mode="r|")) as opened:
        for member in opened:
            if danger := _danger(member):
                raise UserError(f"{archive}: member {member.name!r} {danger}; give an archive without such members")
            if file := opened.extractfile(member):
                yield member, file
        if len(stream.read(PADDING + 1)) > PADDING:  # to its end, where gzip checks the sum of all bytes
            raise tarfile.ReadError("a member's header is damaged, or bytes follow the last member")


@contextmanager
def _unzipped(archive: Path) -> Iterator[IO[bytes]]:
    """Open an archive, gzipped or not, for reading."""
    with archive.open("rb") as file:
        if file.peek(2)[:2] == GZIP:
            with gzip.GzipFile(fileobj=file) as stream:
                yield cast(IO[bytes], stream)
        else:
            yield file


@contextmanager
def _whole(archive: Path) -> Iterator[None]:
    """Turn what reading damaged bytes raises into one line.

    Raises:
        UserError: they are damaged.
    """
    try:
        yield
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UserError(f"{archive}: not a whole tar archive ({error}); download or copy it again") from None


def _danger(member: tarfile.TarInfo) -> str | None:
    """Return why a member must not be read, in a few words."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name:
        return "would leave the folder (.., a backslash or an absolute path in its name)"
    return None if member.isfile() or member.isdir() else "is a link or no regular file"


def _class_names(archive: Path, text: bytes) -> list[str]:
    try:
        names = [line.strip() for line in text.decode().splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise UserError(f"{archive}: {NAMES} is not UTF-8 text; download or copy it again") from None
    if wrong := [name for name in names if "/" in name or "\0" in name or name.startswith(".") or len(name) > 200]:
        raise UserError(f"{archive}: {NAMES} has the class {wrong[0]!r}, which cannot name a file; mend it")
    if len(set(names)) < len(names):
        raise UserError(f"{archive}: {NAMES} names a class twice; mend it")
    return names
