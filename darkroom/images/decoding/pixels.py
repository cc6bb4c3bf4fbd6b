"""From a decoded image of any size and mode to the pixels of a view.

What each of Pillow's modes becomes:

- 1, L, P, RGB, RGBX, YCbCr, HSV, CMYK: Pillow's own conversion; embedded colour profiles are not applied.
- LAB: converted to sRGB.
- LA, PA, La, RGBA, RGBa, and any mode with a transparent colour: laid on black, the colour of padding.
- I;16, and I from PNG or PPM: 16 bits brought to 8 by division by 257, so that white stays white.
- I and F of other files, which have no fixed white: values within 0-1 (F only), 0-255 or 0-65535 are taken as fractions
  of that range; wider ones are stretched from their lowest to their highest. A value that is no number is black.
"""

import warnings
from pathlib import Path

import numpy
from PIL import ExifTags, Image, ImageCms

from darkroom.images.decoding.formats import CorruptImageError, decode
from darkroom.params.data import View

CHANNELS = {"RGB": 3, "L": 1}
"""Of each mode that a view may have."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The turn that makes an image of each EXIF orientation upright (EXIF 2.32, tag 274, as in Pillow's ``ImageOps``)."""

SIXTEEN_BIT_FORMATS = {"PNG", "PPM"}
"""Formats whose mode I holds 16 bits."""


def read_image(path: Path, view: View) -> numpy.ndarray | str:
    """Return the pixels of one image, uint8, (size, size, channels); or what is wrong with it, in a few words."""
    try:
        return fit_to_view(decode(path), view)
    except CorruptImageError as error:
        return str(error)


def fit_to_view(image: Image.Image, view: View) -> numpy.ndarray:
    """Return ``image``, upright, in the size and mode of ``view``: uint8, (size, size, channels).

    Raises:
        CorruptImageError: the image's mode cannot be converted.
    """
    fitted = resize(turn_upright(image, view.mode), view)
    return numpy.asarray(fitted).reshape(view.size, view.size, -1)


def turn_upright(image: Image.Image, mode: str) -> Image.Image:
    """Return ``image`` in ``mode`` (RGB or L), turned as its EXIF orientation says.

    Raises:
        CorruptImageError: the image's mode cannot be converted.
    """
    turn = TURNS.get(read_orientation(image))  # before the conversion, which may lose it
    plain = convert(image, mode)
    return plain if turn is None else plain.transpose(turn)


def read_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation of ``image``, 1 to 8; 1 (upright) if it has none that can be read."""
    try:
        with warnings.catch_warnings(action="ignore"):
            found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # malformed EXIF raises anything; the pixels are whole all the same
        return 1
    return found if isinstance(found, int) else 1


def convert(image: Image.Image, mode: str) -> Image.Image:
    """Return ``image`` in ``mode`` (RGB or L); see the module's docstring for each mode's meaning.

    Raises:
        CorruptImageError: Pillow cannot convert this mode.
    """
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return reduce_to_eight_bits(image).convert(mode)
    try:
        if image.has_transparency_data:
            return lay_on_black(image).convert(mode)
        if image.mode == "LAB":
            lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
        return image.convert(mode)
    except ValueError:
        raise CorruptImageError(f"its mode {image.mode} cannot be converted to {mode}") from None


def lay_on_black(image: Image.Image) -> Image.Image:
    """Return an image with transparency laid on black, in RGB."""
    if image.mode == "La":  # Pillow goes from it to LA only
        image = image.convert("LA")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image).convert("RGB")


def reduce_to_eight_bits(image: Image.Image) -> Image.Image:
    """Return an image of one channel with more than 8 bits (modes I;16, I, F) in mode L."""
    values = numpy.array(image, dtype=numpy.float32)
    if isinstance(transparent := image.info.get("transparency"), int):
        values[values == transparent] = 0
    values[~numpy.isfinite(values)] = 0
    black, white = _find_range(image, float(values.min()), float(values.max()))
    scaled = (values - black) * numpy.float32(255 / (white - black))
    return Image.fromarray(numpy.rint(scaled).clip(0, 255).astype(numpy.uint8))


def _find_range(image: Image.Image, lowest: float, highest: float) -> tuple[float, float]:
    """Return the values that stand for black and for white."""
    if image.mode.startswith("I;16") or image.format in SIXTEEN_BIT_FORMATS:
        return 0, 65535
    if lowest < 0 or highest > 65535:
        return lowest, highest if highest > lowest else lowest + 1
    if image.mode == "F" and highest <= 1:
        return 0, 1
    return 0, 255 if highest <= 255 else 65535


def resize(image: Image.Image, view: View) -> Image.Image:
    """Return ``image`` at the size of ``view``: stretched, or shrunk or grown whole and centred on black."""
    resampling = Image.Resampling[view.filter.upper()]
    if view.resize == "stretch":
        return image.resize((view.size, view.size), resampling)
    scale = min(view.size / image.width, view.size / image.height)
    width, height = max(1, int(image.width * scale)), max(1, int(image.height * scale))
    canvas = Image.new(image.mode, (view.size, view.size))
    canvas.paste(image.resize((width, height), resampling), ((view.size - width) // 2, (view.size - height) // 2))
    return canvas
