"""Images among files, and their decoding.

``<folder>/7.npy/12`` is the path of an image, too: of row 12 of an array of images, as ``unzip`` writes of pixels.
"""

import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePath, PurePosixPath

import numpy
from PIL import Image, UnidentifiedImageError

EXTERNAL = {"EPS"}
"""Formats that Pillow hands to another program: not run on files of unknown origin."""

RECOGNISED_ONLY = {"BUFR", "GRIB", "HDF5", "MPEG", "WMF"}
"""Formats whose header Pillow knows, but not their pixels."""

ARRAY = ".npy"
"""The ending of an array of images; Pillow has no format of that ending."""

LITTER = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}


class CorruptImageError(Exception):
    """A file that has an image's name but doesn't decode completely; says what is wrong in a few words."""


@cache
def list_formats() -> tuple[str, ...]:
    """Return Pillow's names of the formats that it decodes by itself, in the order in which it tries them."""
    Image.init()
    return tuple(name for name in Image.ID if name not in EXTERNAL | RECOGNISED_ONLY)


@cache
def list_suffixes() -> frozenset[str]:
    """Return the file name endings, in lower case, of every format that Pillow reads here."""
    known = Image.registered_extensions()
    return frozenset(end for end, name in known.items() if name in list_formats())


def is_image_name(name: str | PurePosixPath) -> bool:
    """Return whether a file's name says that it is an image, and no litter of a file manager."""
    path = PurePosixPath(name)
    return path.suffix.lower() in list_suffixes() and not is_litter(path)


def is_litter(name: str | PurePosixPath) -> bool:
    """Return whether a file was left by a file manager (``__MACOSX/``, ``._x``, ``.DS_Store``, ``Thumbs.db``)."""
    path = PurePosixPath(name)
    return path.name.startswith("._") or any(part in LITTER for part in path.parts)


def is_hidden(folder: Iterable[str]) -> bool:
    """Return whether a folder, given as its parts, is no class, such as ``__MACOSX`` or ``.ipynb_checkpoints``."""
    return any(part in LITTER or part.startswith(".") for part in folder)


def is_row(path: PurePath) -> bool:
    """Return whether a path is that of a row of an array, such as ``7.npy/12``."""
    return path.parent.suffix == ARRAY and path.name.isdecimal()


def decode(path: Path) -> Image.Image:
    """Return the image in a file, decoded completely; of several frames the first.

    Raises:
        CorruptImageError: the file is empty, no image, or does not decode to its end.
        OSError: the file cannot be read, which says nothing about its content.
    """
    if is_row(path):
        return read_row(path.parent, path.name)
    if path.stat().st_size == 0:
        raise CorruptImageError("zero bytes")
    try:
        with warnings.catch_warnings(action="ignore"), path.open("rb") as file:
            image = Image.open(file, formats=list_formats())
            image.load()
    except UnidentifiedImageError:
        raise CorruptImageError("not an image") from None
    except Image.DecompressionBombError:
        raise CorruptImageError("too many pixels") from None
    except MemoryError:
        raise
    except Exception as error:  # Pillow's plugins raise what their decoders do: struct.error, IndexError, …
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise CorruptImageError(" ".join(f"corrupt: {str(error) or type(error).__name__}".split())) from None
    if 0 in image.size:
        raise CorruptImageError("no pixels")
    return image


def read_row(array: Path, number: str) -> Image.Image:
    """Return one image of an array: uint8, (images, height, width) in grey or (images, height, width, 3) in RGB.

    Raises:
        CorruptImageError: the file is no such array, or has no such row.
        OSError: the file cannot be read.
    """
    try:
        pixels = numpy.load(array, mmap_mode="r", allow_pickle=False)[int(number)]
        image = Image.fromarray(pixels)
    except (ValueError, TypeError, IndexError, EOFError) as error:
        raise CorruptImageError(f"row {number}: " + " ".join(f"{error}".split())) from None
    image.format = "array"
    return image


def find_corruption(path: Path) -> str | None:
    """Return what is wrong with an image file, in a few words, or ``None`` if it decodes completely."""
    try:
        decode(path).close()
    except CorruptImageError as error:
        return str(error)
    return None
