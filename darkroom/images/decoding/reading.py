"""An image file decoded to its end, and what is doubtful about it.

An image may be whole to a viewer and all the same not what its maker wrote. What the decoders hint at is a doubt: it is
shown in the census, and ``decoding.tolerate`` says which doubts an image may have that is used.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy
from PIL import Image, UnidentifiedImageError

from darkroom.images.decoding import jpeg, png
from darkroom.images.decoding.crops import crop
from darkroom.images.decoding.formats import CorruptImageError, is_row, list_formats, split_box
from darkroom.images.decoding.turns import LYING, read_orientation
from darkroom.params.view import Decoding

JPEG = ("JPEG", "MPO")
"""What Pillow calls a photograph by libjpeg, of one image or of several."""
NO_END = "lacks its end marker"
DRAFTS = (2, 4, 8)
"""Parts of its size at which libjpeg decodes a photograph."""

Image.MAX_IMAGE_PIXELS = None  # decoding.max_megapixels is the limit, and an image beyond it is told by name


@dataclass(frozen=True)
class Decoded:
    """An image, decoded; its width and height as stored, which the image's may be a part of; and doubts, in words."""

    image: Image.Image
    size: tuple[int, int]
    doubts: tuple[str, ...] = ()


def decode(path: Path, decoding: Decoding) -> Image.Image:
    """Return the image in a file, decoded completely; of several frames the first.

    Raises:
        CorruptImageError: the file is empty, no image, does not decode to its end, is too large, or has doubts that
            ``decoding.tolerate`` does not allow.
        OSError: the file cannot be read, which says nothing about its content.
    """
    return read(path, decoding).image


def read(path: Path, decoding: Decoding) -> Decoded:
    """Return the image in a file as :func:`decode` does, with what is doubtful about it; of a part its own size."""
    if is_row(path):
        image = read_row(path.parent, path.name)
        return Decoded(image, image.size)
    place, box = split_box(path)
    if place.stat().st_size == 0:
        raise CorruptImageError("zero bytes")
    with _explain_corruption(), place.open("rb") as file:
        found = _read_stream(file, decoding)
    if 0 in found.size:
        raise CorruptImageError("no pixels")
    if box is None:
        return found
    part = crop(found.image, found.size, box)
    return Decoded(part, (box[2] - box[0], box[3] - box[1]), found.doubts)


def read_mode(path: Path) -> str:
    """Return Pillow's mode of the image in a file, by its header.

    Raises:
        CorruptImageError: it is no image.
        OSError: the file cannot be read.
    """
    with _explain_corruption(), split_box(path)[0].open("rb") as file:
        return Image.open(file, formats=list_formats()).mode


def read_size(path: Path) -> tuple[int, int]:
    """Return width and height of the image in a file, upright, by its header.

    Raises:
        CorruptImageError: it is no image.
        OSError: the file cannot be read.
    """
    with _explain_corruption(), path.open("rb") as file:
        image = Image.open(file, formats=list_formats())
        lies = image.format != "TIFF" and read_orientation(image) in LYING  # of a TIFF Pillow tells the upright size
        return image.size[::-1] if lies else image.size


@contextmanager
def _explain_corruption() -> Iterator[None]:
    """Say in a few words what is wrong with an image at which a decoder fails, in whatever way."""
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except UnidentifiedImageError:
        raise CorruptImageError("not an image") from None
    except (MemoryError, CorruptImageError):
        raise
    except Exception as error:  # Pillow's plugins raise what their decoders do: struct.error, IndexError, …
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise CorruptImageError(" ".join(f"corrupt: {str(error) or type(error).__name__}".split())) from None


def find_corruption(path: Path, decoding: Decoding) -> str | None:
    """Return what is wrong with an image file, in a few words, or ``None`` if it decodes completely."""
    try:
        decode(path, decoding).close()
    except CorruptImageError as error:
        return str(error)
    return None


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


def _read_stream(file: IO[bytes], decoding: Decoding) -> Decoded:
    begins = file.read(len(png.SIGNATURE))
    file.seek(0)
    if begins == png.SIGNATURE:
        return _read_png(file, decoding)
    if begins.startswith(jpeg.BEGIN):
        return _read_jpeg(file.read(), decoding)
    return _load(Image.open(file, formats=list_formats()), decoding)


def _read_png(file: IO[bytes], decoding: Decoding) -> Decoded:
    """Decode a PNG; without its text and its profile, where Pillow stumbles over them."""
    data = file.read()
    doubts = [] if png.is_ended(data) else [NO_END]
    try:
        found = _load(Image.open(io.BytesIO(data), formats=["PNG"]), decoding)
    except Exception as error:
        plain = png.drop_words(data)
        if isinstance(error, CorruptImageError) or len(plain) == len(data):
            raise
        found = _load(Image.open(io.BytesIO(plain), formats=["PNG"]), decoding)
        doubts.append("its text or colour profile cannot be read")
    if NO_END in doubts and decoding.tolerate == "nothing":
        raise CorruptImageError(f"corrupt: {NO_END}")
    return Decoded(found.image, found.size, tuple(doubts))


def _read_jpeg(data: bytes, decoding: Decoding) -> Decoded:
    """Decode a JPEG, with what libjpeg complains about in its data, as far as that is tolerated."""
    header = Image.open(io.BytesIO(data), formats=JPEG)
    if found := _read_whole_jpeg(data, header, decoding):
        return found
    doubts, damage = [], jpeg.find_damage(data)
    if damage:
        data = jpeg.append_end(data)
        lacks_data = jpeg.find_damage(data) is not None
        doubts.append(damage.removeprefix("Corrupt JPEG data: ") if lacks_data else NO_END)
        if decoding.tolerate == "nothing" or (lacks_data and decoding.tolerate == "missing-end"):
            raise CorruptImageError(f"corrupt: {doubts[0]}")
    found = _load(Image.open(io.BytesIO(data), formats=JPEG), decoding)
    return Decoded(found.image, found.size, (*found.doubts, *doubts))


def _read_whole_jpeg(data: bytes, header: Image.Image, decoding: Decoding) -> Decoded | None:
    """Decode a JPEG that nothing is wrong with, and that is like most; ``None`` of another."""
    pixels = jpeg.decode(data)
    if pixels is None or pixels.shape[0] * pixels.shape[1] > decoding.max_megapixels * 1e6:
        return None
    image = Image.fromarray(pixels)
    if (header.mode, header.size) != (image.mode, image.size):
        return None
    image.info, image.format = header.info, header.format
    return Decoded(image, image.size)


def _load(image: Image.Image, decoding: Decoding) -> Decoded:
    """Decode an image within the limit: a larger JPEG at a half, a quarter or an eighth of its size.

    Raises:
        CorruptImageError: it is too large.
    """
    size, doubts = image.size, []
    megapixels, most = size[0] * size[1] / 1e6, decoding.max_megapixels
    if megapixels > most:
        part = next((part for part in DRAFTS if megapixels / part**2 <= most), None)
        if image.format not in JPEG or part is None:
            raise CorruptImageError(f"{megapixels:,.0f} megapixels, and decoding.max_megapixels is {most}")
        image.draft(None, (size[0] // part, size[1] // part))
        doubts.append(f"{megapixels:,.0f} megapixels, read at 1/{part} of its size")
    image.load()
    return Decoded(image, size, tuple(doubts))
