"""Image files read as the repository's params.yaml says."""

from pathlib import Path

from PIL import Image

from darkroom.images.decoding import pixels, reading
from darkroom.images.decoding.depth import Ranges
from darkroom.params.view import Decoding

DECODING = Decoding(max_megapixels=256, tolerate="missing-end", profiles="convert")
TONES = pixels.Tones.of(DECODING)


def decode(path: Path) -> Image.Image:
    """The image in a file."""
    return reading.decode(path, DECODING)


def find_corruption(path: Path) -> str | None:
    """What is wrong with a file."""
    return reading.find_corruption(path, DECODING)


def turn_upright(image: Image.Image, mode: str, ranges: Ranges | None = None) -> Image.Image:
    """An image alone, or one of a data set with these ranges, in a mode."""
    return pixels.turn_upright(image, mode, pixels.Tones.of(DECODING, ranges))
