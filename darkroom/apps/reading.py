"""Images to predict, read by worker processes: the pixels that the network is given, and a small picture to show."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy
from PIL import Image

from darkroom.core.one_line import escape_controls
from darkroom.core.progress import note
from darkroom.images.decoding.formats import CorruptImageError
from darkroom.images.decoding.pixels import Tones, resize, turn_upright
from darkroom.images.decoding.reading import decode
from darkroom.params.view import Decoding, View

SIDE = 160
"""Pixels of the longer side of a small picture, at most."""
QUALITY = 78
"""Of its JPEG."""


class Picture(NamedTuple):
    """An image's pixels, uint8 (size, size, channels), and a small JPEG of it, empty where none is wanted."""

    pixels: numpy.ndarray
    thumbnail: bytes = b""


def read(path: Path, view: View, decoding: Decoding, tones: Tones, shown: bool = False) -> Picture | str:
    """Return an image as ``view`` wants it, small as well if it is to be ``shown``; or why not, in a few words."""
    try:
        image = turn_upright(decode(path, decoding), view.mode, tones)
        pixels = numpy.asarray(resize(image, view)).reshape(view.size, view.size, -1)
        return Picture(pixels, shrink(image) if shown else b"")
    except CorruptImageError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)


def shrink(image: Image.Image) -> bytes:
    """Return a small JPEG of an image in RGB or L, in its own proportions; nothing of it but the pixels."""
    image.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR)
    image.info.clear()  # a profile or a place is nobody's business in a page that is sent around
    small = io.BytesIO()
    image.save(small, "JPEG", quality=QUALITY)
    return small.getvalue()


def keep_readable(
    read_images: Iterable[tuple[Path, Picture | str]], task: str, left_out: list[tuple[str, str]]
) -> Iterator[tuple[str, Picture]]:
    """Yield names with pictures; name those without on standard error and in ``left_out``, with the reason."""
    for file, picture in read_images:
        name = escape_controls(file)
        if isinstance(picture, str):
            left_out.append((name, picture))
            note(task, f"left out {name}: {picture}")
        else:
            yield name, picture
