"""What libjpeg warns of while it decodes, which Pillow does not hand on: simplejpeg, on the same library, does."""

import simplejpeg

END = b"\xff\xd9"
"""The marker that ends a JPEG."""
DAMAGE = ("Corrupt JPEG data", "Premature end of JPEG", "Inconsistent progression")
"""How libjpeg's warnings begin (jerror.h) that tell of pixels it has guessed."""
HARMLESS = ("Corrupt JPEG data: bad ICC marker",)


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
