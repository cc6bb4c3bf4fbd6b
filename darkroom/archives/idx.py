"""MNIST's format: pairs of IDX files, images and their labels, gzipped or not, read as a stream.

An IDX file starts with two zero bytes, the type of its values (8: uint8), the number of dimensions and each of these as
four bytes, high byte first. Its classes are the numbers that are its labels.
"""

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy

from darkroom.archives.archives import matches
from darkroom.archives.expansion import Expansion
from darkroom.archives.names import show
from darkroom.core.errors import UserError

NAME = re.compile(r"(?P<name>.+)-(?P<kind>images|labels)[-.]idx[13]-ubyte(?:\.gz)?")
BLOCK = 1 << 20
"""Bytes of pixels that are held in memory at once, or one image if that is more."""
DIMENSIONS = {1: "labels", 3: "images"}


def find_halves(entries: Sequence[Path], pattern: str) -> list[tuple[str, str, Path]]:
    """Return what is before the kind in its name, the kind and the path of each file that ``pattern`` means.

    ``pattern`` is such as ``train``; the kind is images or labels.

    Raises:
        UserError: a file lacks its other half.
    """
    found = [
        (match["name"], match["kind"], path)
        for path in sorted(entries)
        if (match := NAME.fullmatch(path.name)) and path.is_file() and matches(match["name"], pattern)
    ]
    there = {(name, kind) for name, kind, _ in found}
    for name, kind, path in found:
        other = "labels" if kind == "images" else "images"
        if (name, other) not in there:
            add = show(_name_other_half(path.name, other))
            raise UserError(f"{show(path)}: no file of its {other} beside it; add {add}")
    return found


def find_pairs(entries: Sequence[Path], pattern: str) -> list[tuple[Path, Path]]:
    """Return the files of images and of labels that ``pattern`` means.

    Raises:
        UserError: a file lacks its other half.
    """
    found: dict[str, dict[str, Path]] = {}
    for name, kind, path in find_halves(entries, pattern):
        found.setdefault(name, {}).setdefault(kind, path)
    return [(each["images"], each["labels"]) for each in found.values()]


def _name_other_half(name: str, kind: str) -> str:
    """Return the usual name of a file's other half."""
    ending = "images-idx3-ubyte" if kind == "images" else "labels-idx1-ubyte"
    return re.sub(r"(images|labels)[-.]idx[13]-ubyte", ending, name)


def name_member(path: Path) -> str:
    """Return the name of the IDX file itself, without that of its compression."""
    return path.name.removesuffix(".gz")


def read_labels(path: Path, images: Path, count: int) -> list[str]:
    """Return the label of each of the ``count`` images in ``images``, as text.

    Raises:
        UserError: the file is no whole IDX file of labels, or has another number of them.
    """
    with _open(path) as file:
        (number,) = _read_header(file, path, 1)
        if number != count:
            raise UserError(
                f"{path}: {number:,} labels, but {images.name} has {count:,} images; give the two that belong together"
            )
        found = _read(file, path, number)
        _check_end(file, path)
    return [str(label) for label in found]


def read_shape(path: Path, allowed: Expansion) -> tuple[int, int, int]:
    """Return the number, height and width of the images in a file.

    Raises:
        UserError: it is no IDX file of images, has none, or says that it holds more than is ``allowed``.
    """
    with _open(path) as file:
        count, height, width = _read_header(file, path, 3)
    total = count * height * width
    if total == 0:
        raise UserError(f"{path}: holds no image ({count} of {width}×{height}); download or copy it again")
    allowed.check(path, total)
    return count, height, width


def read_blocks(path: Path) -> Iterator[numpy.ndarray]:
    """Yield the images in a file, some at a time: uint8, (images, height, width).

    Raises:
        UserError: the file is corrupt, or shorter or longer than it says.
    """
    with _open(path) as file:
        count, height, width = _read_header(file, path, 3)
        step = max(1, BLOCK // (height * width))
        for start in range(0, count, step):
            rows = min(step, count - start)
            yield numpy.frombuffer(_read(file, path, rows * height * width), numpy.uint8).reshape(rows, height, width)
        _check_end(file, path)


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading, unzipped; what is wrong with its bytes becomes one line.

    Raises:
        UserError: its compressed bytes are corrupt.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield file  # type: ignore[misc]
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{path}: not a whole gzip file ({error}); download or copy it again") from None


def _read_header(file: BinaryIO, path: Path, dimensions: int) -> tuple[int, ...]:
    """Read the header of a file of so many dimensions and return their lengths."""
    head = file.read(4)
    if head != bytes([0, 0, 8, dimensions]):
        raise UserError(
            f"{path}: no IDX file of {DIMENSIONS[dimensions]}: it starts with {head.hex(' ') or 'nothing'}, "
            f"not 00 00 08 {dimensions:02d}; give the file that its name promises"
        )
    lengths = _read(file, path, 4 * dimensions)
    return tuple(int(length) for length in numpy.frombuffer(lengths, ">u4"))


def _read(file: BinaryIO, path: Path, size: int) -> bytes:
    """Read exactly ``size`` bytes."""
    found = file.read(size)
    if len(found) < size:
        raise UserError(f"{path}: ends too early, {size - len(found):,} bytes or more are missing; download it again")
    return found


def _check_end(file: BinaryIO, path: Path) -> None:
    if file.read(1):
        raise UserError(f"{path}: goes on after the last value that its header promises; download or copy it again")
