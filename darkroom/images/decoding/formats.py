"""Images among files, by their names, and the formats that are decoded.

``<folder>/7.npy/12`` is the path of an image, too: of row 12 of an array of images, as ``unzip`` writes of pixels; and
``<folder>/7.jpg/10,20,50,40`` that of a part of an image, of a box by its left, top, right and bottom.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import PurePath, PurePosixPath
from typing import TypeVar

import pillow_heif
from PIL import Image

EXTERNAL = {"EPS"}
"""Formats that Pillow hands to another program: not run on files of unknown origin."""

RECOGNISED_ONLY = {"BUFR", "GRIB", "HDF5", "MPEG", "WMF"}
"""Formats whose header Pillow knows, but not their pixels."""

ARRAY = ".npy"
"""The ending of an array of images; Pillow has no format of that ending."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in an upright image, in pixels; right and bottom are the first outside."""
BOX = re.compile(r"(\d+),(\d+),(\d+),(\d+)", re.ASCII)

AnyPath = TypeVar("AnyPath", bound=PurePath)

LITTER = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"}


class CorruptImageError(Exception):
    """A file that has an image's name but doesn't decode completely; says what is wrong in a few words."""


@cache
def list_formats() -> tuple[str, ...]:
    """Return Pillow's names of the formats that are decoded in this process, in the order in which they are tried.

    HEIF, the photographs of telephones, is read by pillow-heif.
    """
    Image.init()
    pillow_heif.register_heif_opener(thumbnails=False)
    return tuple(name for name in Image.ID if name not in EXTERNAL | RECOGNISED_ONLY)


@cache
def list_suffixes() -> frozenset[str]:
    """Return the file name endings, in lower case, of every format that Pillow reads here."""
    formats = list_formats()  # first, as it registers some
    return frozenset(end for end, name in Image.registered_extensions().items() if name in formats)


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


def split_box(path: AnyPath) -> tuple[AnyPath, Box | None]:
    """Return the file of an image, and the box in it that a path such as ``7.jpg/10,20,50,40`` names, if it does."""
    found = BOX.fullmatch(path.name)
    if found is None:
        return path, None
    left, top, right, bottom = map(int, found.groups())
    return path.parent, (left, top, right, bottom)


def find_file(path: AnyPath) -> AnyPath:
    """Return the file that an image's path leads to: an array of images, or an image of which it is a part."""
    return path.parent if is_row(path) else split_box(path)[0]
