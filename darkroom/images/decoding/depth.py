"""Images of more than 8 bits: which of their values is black, and which is white, decided for a whole data set.

A camera's 12 bits in a file of 16 would be nearly black, and each image stretched to its own values would tell nothing
of its brightness. So all images that a view is made of are looked at before the first is brought to 8 bits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy
from PIL import Image, TiffTags

from darkroom.images.decoding import png
from darkroom.images.decoding.formats import CorruptImageError, is_row, split_box
from darkroom.images.decoding.reading import decode, read_mode
from darkroom.images.decoding.strips import cut_strips
from darkroom.params.view import Decoding

EIGHT_BITS = {".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".webp"}
"""Endings of files that Pillow always reads with 8 bits: they need not be looked at."""
BYTE, WORD = 255, 65535
"""White of 8 and of 16 bits."""

Range = tuple[float, float]
"""The values that stand for black and for white."""


@dataclass(frozen=True)
class Depth:
    """The lowest and the highest value of an image, whether they are fractions, and the bits that its file declares."""

    lowest: float
    highest: float
    is_fraction: bool
    bits: int | None = None


@dataclass(frozen=True)
class Ranges:
    """The range of the images of whole numbers, and of those of fractions; ``None`` where a data set has none."""

    whole: Range | None = None
    fraction: Range | None = None

    def describe(self) -> list[str]:
        """Return the ranges in words, of each kind that a data set has."""
        named = {"whole numbers": self.whole, "fractions": self.fraction}
        return [f"{name} from {found[0]:g} (black) to {found[1]:g} (white)" for name, found in named.items() if found]

    def of(self, image: Image.Image) -> Range:
        """Return the range of a deep image; of one of a kind that was not looked at, its own."""
        known = self.fraction if image.mode == "F" else self.whole
        return known or _find_range([measure_values(image)])


def is_deep(mode: str) -> bool:
    """Return whether images of a mode of Pillow's have more than 8 bits: I;16, I and F."""
    return mode in ("I", "F") or mode.startswith("I;16")


def read_values(image: Image.Image) -> numpy.ndarray:
    """Return a deep image's values, float32, (height, width); what is transparent or no number is 0."""
    values = numpy.array(image, dtype=numpy.float32)
    if isinstance(transparent := image.info.get("transparency"), int):
        values[values == transparent] = 0
    values[~numpy.isfinite(values)] = 0
    return values


def measure_values(image: Image.Image, bits: int | None = None) -> Depth:
    """Return the depth of a deep image whose file declares ``bits``."""
    extremes = [(values.min(), values.max()) for values in (read_values(strip) for _, strip in cut_strips(image))]
    lowest, highest = zip(*extremes, strict=True)
    return Depth(float(min(lowest)), float(max(highest)), image.mode == "F", bits)


def may_be_deep(path: Path) -> bool:
    """Return whether a file's name allows for more than 8 bits."""
    return split_box(path)[0].suffix.lower() not in EIGHT_BITS and not is_row(path)


def measure(path: Path, decoding: Decoding) -> Depth | None:
    """Return the depth of the image in a file; ``None`` of one of 8 bits, or that does not decode.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        if not is_deep(read_mode(path)):
            return None
        image = decode(path, decoding)
    except CorruptImageError:
        return None
    return measure_values(image, read_bits(path, image))


def read_bits(path: Path, image: Image.Image) -> int | None:
    """Return the bits that a file declares its values to have, by TIFF's MaxSampleValue or PNG's sBIT."""
    if image.format == "PNG":
        return png.read_significant_bits(split_box(path)[0].read_bytes())
    largest = getattr(image, "tag_v2", {}).get(MAX_SAMPLE_VALUE)
    return int(numpy.max(largest)).bit_length() if largest else None


MAX_SAMPLE_VALUE = next(tag for tag, info in TiffTags.TAGS_V2.items() if info.name == "MaxSampleValue")


def find_ranges(depths: Iterable[Depth | None], given: Sequence[float] | None = None) -> Ranges:
    """Return the ranges of a data set's deep images: the one ``given``, or what they declare and hold together."""
    found = [depth for depth in depths if depth]
    kinds = [[one for one in found if one.is_fraction is fraction] for fraction in (False, True)]
    taken = (given[0], given[1]) if given else None
    return Ranges(*((taken or _find_range(kind)) if kind else None for kind in kinds))


def _find_range(depths: list[Depth]) -> Range:
    """Return black and white of images of one kind.

    Fractions lie within 0 to 1, 0 to 255 or 0 to 65535, or else between the lowest and the highest. Whole numbers have
    as many bits as all declare, or else as their largest value needs; negative ones, or of more than 16 bits, lie
    between the lowest and the highest.
    """
    lowest, highest = min(one.lowest for one in depths), max(one.highest for one in depths)
    if lowest < 0 or highest > WORD:
        return lowest, highest if highest > lowest else lowest + 1
    if depths[0].is_fraction:
        return 0.0, next(float(white) for white in (1, BYTE, WORD) if highest <= white)
    declared = {one.bits for one in depths}
    needed = int(highest).bit_length()
    bits = max((bits or 0 for bits in declared), default=0) if None not in declared else 0
    return 0.0, float(2 ** max(bits, needed, 8) - 1)
