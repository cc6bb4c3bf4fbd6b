"""Colour profiles: an image of wider colours than sRGB is brought to sRGB, as a screen would show it."""

import io
from functools import lru_cache

import numpy
from PIL import Image, ImageCms

NEAR = 6
"""Of 255: a profile that moves no colour further is sRGB, as one more maker has written it."""
COLOURED = {"P", "RGB", "RGBA", "RGBX"}
"""Pillow's modes whose pixels an RGB profile speaks of."""
STEPS = 6
"""Shades of each channel by which a profile is tried."""


def find_conversion(image: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """Return the conversion of an image's colours to sRGB; ``None`` where they need none, or cannot be converted."""
    profile = image.info.get("icc_profile")
    return _make_conversion(profile) if profile and image.mode in COLOURED else None


@lru_cache(maxsize=32)
def _make_conversion(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        conversion = ImageCms.buildTransform(own, ImageCms.createProfile("sRGB"), "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
    shades = numpy.linspace(0, 255, STEPS).round().astype(numpy.uint8)
    colours = numpy.stack(numpy.meshgrid(shades, shades, shades), axis=-1).reshape(1, -1, 3)
    moved = numpy.asarray(ImageCms.applyTransform(Image.fromarray(colours), conversion))
    distance = numpy.abs(moved.astype(int) - colours).max()
    return conversion if distance > NEAR else None


def convert(image: Image.Image, conversion: ImageCms.ImageCmsTransform) -> Image.Image:
    """Return an RGB image in sRGB."""
    return ImageCms.applyTransform(image, conversion) or image
