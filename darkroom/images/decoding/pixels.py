"""From a decoded image of any size and mode to the pixels of a view.

What each of Pillow's modes becomes:

- 1, L, P, RGB, RGBX, YCbCr, HSV, CMYK: Pillow's own conversion. Of an RGB image whose colour profile is wider than sRGB
  the colours are converted to sRGB first, unless ``decoding.profiles`` is ignore (profiles.py).
- LAB: converted to sRGB.
- LA, PA, La, RGBA, RGBa, and any mode with a transparent colour: laid on black, the colour of padding.
- I;16, I and F, of more than 8 bits: brought to 8 between the black and the white of the data set (depth.py). A value
  that is no number is black.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy
from PIL import Image, ImageCms

from darkroom.images.decoding import profiles
from darkroom.images.decoding.depth import Ranges, is_deep, read_values
from darkroom.images.decoding.formats import CorruptImageError
from darkroom.images.decoding.reading import decode
from darkroom.images.decoding.strips import cut_strips
from darkroom.images.decoding.turns import TURNS, read_orientation
from darkroom.params.view import Decoding, View

CHANNELS = {"RGB": 3, "L": 1}
"""Of each mode that a view may have."""
SAMPLED = "bilinear-sampled"
"""Not Pillow's bilinear filter, which takes the mean of all pixels that a smaller image's pixel covers."""


@dataclass(frozen=True)
class Tones:
    """What an image's values mean: black and white of more than 8 bits, and what becomes of colour profiles."""

    ranges: Ranges
    converts_profiles: bool

    @classmethod
    def of(cls, decoding: Decoding, ranges: Ranges | None = None) -> "Tones":
        """Return what the parameters say, for a data set of these ``ranges``."""
        return cls(ranges or Ranges(), decoding.profiles == "convert")


def read_image(path: Path, view: View, decoding: Decoding, tones: Tones) -> numpy.ndarray | str:
    """Return the pixels of one image, uint8, (size, size, channels); or what is wrong with it, in a few words."""
    try:
        return fit_to_view(decode(path, decoding), view, tones)
    except CorruptImageError as error:
        return str(error)


def fit_to_view(image: Image.Image, view: View, tones: Tones) -> numpy.ndarray:
    """Return ``image``, upright, in the size and mode of ``view``: uint8, (size, size, channels).

    Raises:
        CorruptImageError: the image's mode cannot be converted.
    """
    fitted = resize(turn_upright(image, view.mode, tones), view)
    return numpy.asarray(fitted).reshape(view.size, view.size, -1)


def turn_upright(image: Image.Image, mode: str, tones: Tones) -> Image.Image:
    """Return ``image`` in ``mode`` (RGB or L), turned as its EXIF orientation says.

    Raises:
        CorruptImageError: the image's mode cannot be converted.
    """
    turn = TURNS.get(read_orientation(image))  # before the conversion, which may lose it
    plain = convert(image, mode, tones)
    return plain if turn is None else plain.transpose(turn)


def convert(image: Image.Image, mode: str, tones: Tones) -> Image.Image:
    """Return ``image`` in ``mode`` (RGB or L); see the module's docstring for each mode's meaning.

    Raises:
        CorruptImageError: Pillow cannot convert this mode.
    """
    if is_deep(image.mode):
        return reduce_to_eight_bits(image, tones.ranges).convert(mode)
    conversion = profiles.find_conversion(image) if tones.converts_profiles else None
    try:
        if image.has_transparency_data:
            image = lay_on_black(image)
        if image.mode == "LAB":
            lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
        if conversion:
            image = profiles.convert(image.convert("RGB"), conversion)
        return image if image.mode == mode else image.convert(mode)  # a large one is not copied
    except ValueError:
        raise CorruptImageError(f"its mode {image.mode} cannot be converted to {mode}") from None


def lay_on_black(image: Image.Image) -> Image.Image:
    """Return an image with transparency laid on black, in RGB."""
    if image.mode == "La":  # Pillow goes from it to LA only
        image = image.convert("LA")
    image = image if image.mode == "RGBA" else image.convert("RGBA")
    laid = Image.new("RGB", image.size)
    for top, strip in cut_strips(image):  # as a whole it would be there four times
        black = Image.new("RGBA", strip.size, (0, 0, 0, 255))
        laid.paste(Image.alpha_composite(black, strip).convert("RGB"), (0, top))
    return laid


def reduce_to_eight_bits(image: Image.Image, ranges: Ranges) -> Image.Image:
    """Return an image of one channel with more than 8 bits (modes I;16, I, F) in mode L."""
    black, white = ranges.of(image)
    reduced = numpy.empty((image.height, image.width), dtype=numpy.uint8)
    for top, strip in cut_strips(image):
        scaled = (read_values(strip) - numpy.float32(black)) * numpy.float32(255 / (white - black))
        reduced[top : top + strip.height] = numpy.rint(scaled).clip(0, 255)
    return Image.fromarray(reduced)


def resize(image: Image.Image, view: View) -> Image.Image:
    """Return ``image`` at the size of ``view``: stretched, or shrunk or grown whole and centred on black."""
    if view.resize == "stretch":
        return resample(image, (view.size, view.size), view.filter)
    scale = min(view.size / image.width, view.size / image.height)
    width, height = max(1, int(image.width * scale)), max(1, int(image.height * scale))
    canvas = Image.new(image.mode, (view.size, view.size))
    made = resample(image, (width, height), view.filter)
    canvas.paste(made, ((view.size - width) // 2, (view.size - height) // 2))
    return canvas


def resample(image: Image.Image, size: tuple[int, int], name: str) -> Image.Image:
    """Return ``image`` at ``size``, (width, height), by the filter of this name in params.yaml."""
    if name != SAMPLED:
        return image.resize(size, Image.Resampling[name.upper()])
    across, down = image.width / size[0], image.height / size[1]
    return image.transform(size, Image.Transform.AFFINE, (across, 0, 0, 0, down, 0), Image.Resampling.BILINEAR)
