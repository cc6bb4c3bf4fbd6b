"""Inspection of a data set's images: decoding every one of them, and a random sample to look at."""

from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy
import pandas

from darkroom.images.decoding.formats import CorruptImageError, decode
from darkroom.images.decoding.images import read_images, read_index
from darkroom.images.decoding.pixels import turn_upright

CHUNK = 16
"""Images that a process reads at a time."""
THUMBNAIL = 180
"""Longest side of an image in the gallery, in pixels."""


@dataclass(frozen=True)
class Inspection:
    """Size, mode and format of one image; a corrupt one has a problem and nothing else."""

    width: int | None = None
    height: int | None = None
    mode: str = ""
    format: str = ""
    problem: str = ""


def inspect_images(task: str, folder: Path) -> pandas.DataFrame:
    """Return the index of the images in ``folder``, with the inspection of each image (see ``counts``)."""
    index = read_index(folder)
    with closing(read_images(task, folder, list(index["file"]), inspect, CHUNK)) as results:
        found = pandas.DataFrame([asdict(result) for result in results])
    return pandas.concat([index, found], axis=1)


def inspect(path: Path) -> Inspection:
    """Return the inspection of the image in a file, which is decoded to its end to find out if it is corrupt."""
    try:
        with decode(path) as image:
            return Inspection(image.width, image.height, image.mode, image.format or "")
    except CorruptImageError as error:
        return Inspection(problem=str(error))


def sample(images: pandas.DataFrame, number: int, seed: int) -> pandas.DataFrame:
    """Return ``number`` rows (or all, if there are fewer) drawn without replacement, in the order of the draw."""
    rows = numpy.random.default_rng(seed).choice(len(images), min(number, len(images)), replace=False)
    return images.iloc[rows]


def read_thumbnail(path: Path) -> numpy.ndarray:
    """Return a small image, upright: uint8, (height, width, 3)."""
    with decode(path) as image:
        small = turn_upright(image, "RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return numpy.asarray(small)
