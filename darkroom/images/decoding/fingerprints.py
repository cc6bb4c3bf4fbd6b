"""What tells whether two images are the same: a hash of their pixels, and one of their looks."""

import hashlib
from dataclasses import dataclass

import imagehash
import numpy
from PIL import Image

from darkroom.images.decoding.strips import cut_strips

FLAT = 2.0
"""Standard deviation of brightness, 0 to 255, below which an image has no looks to compare."""


@dataclass(frozen=True)
class Fingerprint:
    """Hashes of an upright image: SHA-256 of its size and RGB pixels; of its looks, 64 bits; ``None`` if it is flat."""

    pixels: str
    looks: int | None


def measure_brightness(grey: Image.Image) -> tuple[float, float]:
    """Return the mean and the standard deviation of the values, 0 to 255, of a grey image."""
    counts = numpy.array(grey.histogram())
    values = numpy.arange(len(counts))
    mean = (counts * values).sum() / counts.sum()
    return float(mean), float(((counts * (values - mean) ** 2).sum() / counts.sum()) ** 0.5)


def take(image: Image.Image) -> Fingerprint:
    """Return the fingerprint of an image in RGB.

    The looks are the perceptual hash ``phash`` of ImageHash: the signs of its lowest frequencies around their median.
    """
    digest = hashlib.sha256(f"{image.width}x{image.height}\n".encode())
    for _, strip in cut_strips(image):
        digest.update(strip.tobytes())
    grey = image.convert("L")
    looks = None
    if measure_brightness(grey)[1] >= FLAT:
        looks = int.from_bytes(numpy.packbits(imagehash.phash(grey).hash).tobytes(), "big")
    return Fingerprint(digest.hexdigest(), looks)
