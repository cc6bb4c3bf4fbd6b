"""The binary version of CIFAR-10: a tar file of batches, read as a stream, and never unpacked to the disk.

A batch is a file ``<name>.bin`` of records: one byte of label, then the red, the green and the blue values of an image
of 32 by 32 pixels. ``batches.meta.txt`` names the classes, a line each.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from tarfile import TarInfo
from typing import IO

import numpy

from darkroom.archives.expansion import Expansion
from darkroom.archives.names import CONTROL, is_unicode, show
from darkroom.archives.tar_members import open_archive
from darkroom.core.errors import UserError
from darkroom.images.decoding.formats import is_litter

ENDINGS = (".tar.gz", ".tgz", ".tar")
BATCH, NAMES = ".bin", "batches.meta.txt"
SIDE = 32
RECORD = 1 + 3 * SIDE * SIDE
BLOCK = 256
"""Records that are held in memory at once."""
LONGEST = 1 << 16
"""Bytes of the list of class names that are read."""
LONGEST_CLASS = 200
"""Bytes of a class's name, of which files are named."""


def is_tar(path: Path) -> bool:
    """Return whether a path is a tar file, by its name."""
    return path.name.lower().endswith(ENDINGS) and path.is_file()


def list_batches(archive: Path, allowed: Expansion) -> list[str]:
    """Return the names of the batches in an archive, without ``.bin``, as they come.

    Raises:
        UserError: the archive is corrupt, has a member that leaves it or a batch whose name is not UTF-8, or unpacks to
            more than is ``allowed``.
    """
    with open_archive(archive, allowed) as members:
        return [path.stem for member, _ in members if (path := _find_path(archive, member)) and path.name != NAMES]


def read_labels(archive: Path, allowed: Expansion) -> dict[str, list[str]]:
    """Return the classes of the images in each batch, by the batch's name.

    Raises:
        UserError: the archive is corrupt, names a batch twice, lacks the names of its classes, or unpacks to more than
            is ``allowed``; a batch is no whole number of records.
    """
    numbers: dict[str, bytes] = {}
    names: list[str] = []
    seen: set[str] = set()
    with open_archive(archive, allowed) as members:
        for member, file in members:
            if not (path := _find_path(archive, member)):
                continue
            if path.name in seen:
                what = "its classes" if path.name == NAMES else f"the batch {path.stem}"
                raise UserError(
                    f"{archive}: names {what} twice, again in {show(member.name)}; give an archive with one of them"
                )
            seen.add(path.name)
            if path.name == NAMES:
                names = _parse_class_names(archive, file.read(LONGEST))
            else:
                numbers[path.stem] = b"".join(block[:, 0].tobytes() for block in _read_records(archive, member, file))
    return _name_labels(archive, names, numbers)


def _name_labels(archive: Path, names: list[str], numbers: dict[str, bytes]) -> dict[str, list[str]]:
    if not names:
        raise UserError(f"{archive}: no {NAMES} in it, which names the classes; download or copy it again")
    for batch, found in numbers.items():
        if max(found) >= len(names):
            raise UserError(
                f"{archive}: {batch}{BATCH} has the label {max(found)}, but {NAMES} names {len(names)} classes, "
                "from 0 on; download or copy it again"
            )
    return {batch: [names[number] for number in found] for batch, found in numbers.items()}


def read_blocks(archive: Path) -> Iterator[tuple[str, numpy.ndarray]]:
    """Yield the name of a batch and some of its images, uint8 (images, 32, 32, 3), in the order of the archive.

    Raises:
        UserError: the archive is corrupt.
    """
    with open_archive(archive) as members:
        for member, file in members:
            if (path := _find_path(archive, member)) and path.name != NAMES:
                for block in _read_records(archive, member, file):
                    planes = block[:, 1:].reshape(-1, 3, SIDE, SIDE)
                    yield path.stem, numpy.ascontiguousarray(planes.transpose(0, 2, 3, 1))


def _find_path(archive: Path, member: TarInfo) -> PurePosixPath | None:
    """Return the path of a batch or of the list of class names; nothing of other files and file managers' litter."""
    path = PurePosixPath(member.name)
    if not (path.suffix == BATCH or path.name == NAMES) or is_litter(path):
        return None
    if not is_unicode(path.name):
        raise UserError(f"{show(archive)}: the name of {show(path.name)} in it is not UTF-8; pack it under another")
    return path


def _read_records(archive: Path, member: TarInfo, file: IO[bytes]) -> Iterator[numpy.ndarray]:
    if member.size == 0 or member.size % RECORD:
        raise UserError(
            f"{archive}: {show(member.name)} has {member.size:,} bytes, no whole number of records of {RECORD:,}: "
            "it is truncated or of another format; download or copy the archive again"
        )
    for start in range(0, member.size, BLOCK * RECORD):
        found = file.read(min(BLOCK * RECORD, member.size - start))
        yield numpy.frombuffer(found, numpy.uint8).reshape(-1, RECORD)


def _parse_class_names(archive: Path, text: bytes) -> list[str]:
    try:
        names = [line.strip() for line in text.decode().splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise UserError(f"{archive}: {NAMES} is not UTF-8 text; download or copy it again") from None
    if wrong := [name for name in names if not _names_a_file(name)]:
        raise UserError(f"{archive}: {NAMES} has the class {wrong[0]!r}, which cannot name a file; mend it")
    if len(set(names)) < len(names):
        raise UserError(f"{archive}: {NAMES} names a class twice; mend it")
    return names


def _names_a_file(label: str) -> bool:
    return not ("/" in label or label.startswith(".") or CONTROL.search(label) or len(label.encode()) > LONGEST_CLASS)
