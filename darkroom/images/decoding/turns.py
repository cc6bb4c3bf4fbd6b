"""The turn that makes an image upright, by its EXIF orientation (EXIF 2.32, tag 274, as in Pillow's ``ImageOps``)."""

import warnings

from PIL import ExifTags, Image

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Of each orientation but 1, which is upright."""
LYING = (5, 6, 7, 8)
"""Orientations of images whose width and height change places."""


def read_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation of ``image``, 1 to 8; 1 (upright) if it has none that can be read."""
    try:
        with warnings.catch_warnings(action="ignore"):
            found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # malformed EXIF raises anything; the pixels are whole all the same
        return 1
    return found if isinstance(found, int) else 1
