"""Inspection of a data set's images: decoding every one of them, and a random sample to look at."""

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy
import pandas
from PIL import Image

from darkroom.images.decoding import fingerprints, reading
from darkroom.images.decoding.depth import Depth, is_deep, measure_values, read_bits
from darkroom.images.decoding.formats import CorruptImageError
from darkroom.images.decoding.images import COLUMNS, read_images, read_index
from darkroom.images.decoding.pixels import Tones, turn_upright
from darkroom.params.view import Decoding

CHUNK = 16
"""Images that a process reads at a time."""
AT_ONCE = 1024
"""Images whose inspections are objects at a time; after that they are columns of a table."""
TYPES = {
    **dict.fromkeys(("width", "height", "brightness", "contrast", "sharpness", "filled"), "float64"),
    **dict.fromkeys(("mode", "format", "problem", "doubts", "pixels"), "str"),
    "looks": "UInt64",
}
THUMBNAIL = 180
"""Longest side of an image in the gallery, in pixels."""
COMPARED = 256
"""Longest side of an image whose sharpness is measured, so that those of large and small ones can be compared."""
GREY = 128
"""Shade with which decoders fill what they lack."""


@dataclass(frozen=True)
class Inspection:
    """What one image is like, as in ``counts``; a corrupt one has a problem and nothing else.

    Brightness, 0 to 255, is the mean of its grey values, contrast their standard deviation; sharpness the variance of
    the Laplacian; ``filled`` the part of its height, from below, that is of the one grey of missing data.
    """

    width: int | None = None
    height: int | None = None
    mode: str = ""
    format: str = ""
    problem: str = ""
    doubts: str = ""
    pixels: str = ""
    looks: int | None = None
    brightness: float = 0.0
    contrast: float = 0.0
    sharpness: float = 0.0
    filled: float = 0.0
    depth: Depth | None = None


def inspect_images(task: str, folder: Path, decoding: Decoding) -> pandas.DataFrame:
    """Return the index of the images in ``folder``, with the inspection of each image (see ``counts``)."""
    index = read_index(folder)[list(COLUMNS)]
    look = partial(inspect, decoding=decoding)
    with closing(read_images(task, folder, index["file"], look, CHUNK)) as results:
        parts = []
        while some := list(islice(results, AT_ONCE)):
            parts.append(pandas.DataFrame([vars(result) for result in some], dtype=object).astype(TYPES))
    return pandas.concat([index, pandas.concat(parts, ignore_index=True)], axis=1)


def inspect(path: Path, decoding: Decoding) -> Inspection:
    """Return the inspection of the image in a file, which is decoded to its end to find out if it is corrupt."""
    try:
        found = reading.read(path, decoding)
        image = turn_upright(found.image, "RGB", Tones.of(decoding))
    except CorruptImageError as error:
        return Inspection(problem=str(error))
    fingerprint, grey = fingerprints.take(image), image.convert("L")
    brightness, contrast = fingerprints.measure_brightness(grey)
    return Inspection(
        *found.size,
        mode=found.image.mode,
        format=found.image.format or "",
        doubts="; ".join(found.doubts),
        pixels=fingerprint.pixels,
        looks=fingerprint.looks,
        brightness=brightness,
        contrast=contrast,
        sharpness=measure_sharpness(grey),
        filled=measure_filled(image),
        depth=measure_values(found.image, read_bits(path, found.image)) if is_deep(found.image.mode) else None,
    )


def measure_sharpness(grey: Image.Image) -> float:
    """Return the variance of the Laplacian of a grey image's values, at most ``COMPARED`` pixels wide and high.

    Source: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy (2000), the measure LAP4.
    """
    small = grey.copy()
    small.thumbnail((COMPARED, COMPARED))
    values = numpy.asarray(small, dtype=numpy.float32)
    if min(values.shape) < 3:
        return 0.0
    middle = values[1:-1, 1:-1]
    laplacian = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:] - 4 * middle
    return float(laplacian.var())


def measure_filled(image: Image.Image) -> float:
    """Return which part of an image's height, from below, is of the one grey with which decoders fill missing data."""
    for row in range(image.height):
        bottom = image.height - row
        pixels = numpy.asarray(image.crop((0, bottom - 1, image.width, bottom)))
        if pixels.min() < GREY - 1 or pixels.max() > GREY + 1:
            return row / image.height
    return 1.0


def sample(images: pandas.DataFrame, number: int, seed: int) -> pandas.DataFrame:
    """Return ``number`` rows (or all, if there are fewer) drawn without replacement, in the order of the draw."""
    rows = numpy.random.default_rng(seed).choice(len(images), min(number, len(images)), replace=False)
    return images.iloc[rows]


def read_thumbnail(path: Path, decoding: Decoding, tones: Tones) -> numpy.ndarray:
    """Return a small image, upright: uint8, (height, width, 3)."""
    small = turn_upright(reading.decode(path, decoding), "RGB", tones)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return numpy.asarray(small)
