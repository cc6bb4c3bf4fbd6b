"""JPEGs by simplejpeg, which hands on what libjpeg warns of while it decodes; Pillow, on the same library, does not.

The pixels are Pillow's, byte for byte, in half of its time.
"""

import numpy
import simplejpeg

BEGIN = b"\xff\xd8\xff"
END = b"\xff\xd9"
"""The bytes that a JPEG begins with, as Pillow asks for, and the marker that ends it."""
DAMAGE = ("Corrupt JPEG data", "Premature end of JPEG", "Inconsistent progression")
"""How libjpeg's warnings begin (jerror.h) that tell of pixels it has guessed."""
HARMLESS = ("Corrupt JPEG data: bad ICC marker",)
MODES = {"YCbCr": "RGB", "RGB": "RGB", "Gray": "GRAY"}
"""What is made of colours as they are stored; of others, such as CMYK, Pillow makes what it likes."""
LARGE = 2**24
"""Pixels from which on an image is Pillow's, which needs less memory for it."""


def decode(data: bytes) -> numpy.ndarray | None:
    """Return the pixels of a JPEG, uint8, (height, width, 3) or (height, width); ``None`` where Pillow must read it.

    That is where it is large, damaged, or in other colours than grey or RGB.
    """
    try:
        height, width, stored, _ = simplejpeg.decode_jpeg_header(data)
        if stored not in MODES or height * width >= LARGE:
            return None
        pixels = simplejpeg.decode_jpeg(data, colorspace=MODES[stored], strict=True)
    except ValueError:
        return None
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


def find_damage(data: bytes) -> str | None:
    """Return libjpeg's warning of damage in a JPEG's data, or ``None`` where it decodes all of them without one."""
    try:
        mode = "CMYK" if simplejpeg.decode_jpeg_header(data)[2] in ("CMYK", "YCCK") else "GRAY"
        # at an eighth of its size all its data are read, and little is computed
        simplejpeg.decode_jpeg(data, colorspace=mode, min_width=1, min_height=1, strict=True)
    except ValueError as error:
        said = str(error)
        return said if said.startswith(DAMAGE) and not said.startswith(HARMLESS) else None
    return None


def append_end(data: bytes) -> bytes:
    """Return a JPEG with the marker that ends it, of which it may have the first byte."""
    return data.rstrip(END[:1]) + END
