"""Galleries as files, from which a page is made: a table of what is shown in which, and each image once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pandas
from PIL import Image

from darkroom.core.files import write_table
from darkroom.reporting.figures import EXACT, GALLERY, LOSSY
from darkroom.reporting.galleries import COARSE, SIDE

FOLDER, INDEX = "galleries", "index.csv"
"""The folder, and the table in it."""
PREFIX = "p_"
"""Before the name of a class: its column in a table of predictions."""


@dataclass(frozen=True)
class Gallery:
    """Test images that are shown together: their ``rows`` in the order shown, as a part of a picture or all of it."""

    figure: str
    """Name of the file of the picture that shows them, too."""
    rows: Sequence[int]
    images: int
    """All that could be shown."""
    part: str = ""
    """What this part of the picture is called."""


def write_galleries(
    folder: Path,
    galleries: Sequence[Gallery],
    predictions: pandas.DataFrame,
    read: Callable[[numpy.ndarray], numpy.ndarray],
) -> None:
    """Write ``galleries`` into ``folder``, which is made.

    Args:
        folder: gets ``INDEX`` and the images, each named after its row.
        galleries: what is shown.
        predictions: a row per test image: file, class, predicted, and p_<class> of each class.
        read: returns the images of rows, int64 (n,): uint8 (n, height, width, channels).
    """
    folder.mkdir()
    write_table(folder / INDEX, tabulate(galleries, predictions))
    rows = numpy.unique(numpy.array([row for one in galleries for row in one.rows], dtype=numpy.int64))
    for row, image in zip(rows, read(rows), strict=True):
        how: dict[str, Any] = EXACT if max(image.shape[:2]) * COARSE <= SIDE else LOSSY
        fit(image).save(folder / name_image(row), **how)


def tabulate(galleries: Sequence[Gallery], predictions: pandas.DataFrame) -> pandas.DataFrame:
    """Return a row per image of each gallery.

    Columns: figure, part and images of the gallery; image (its file's name), file, class and its probability
    p_class, predicted and p_predicted, and second and p_second, the class that is the next most probable one.
    """
    rows = numpy.array([row for one in galleries for row in one.rows], dtype=numpy.int64)
    shown = predictions.iloc[rows]
    names = [column.removeprefix(PREFIX) for column in predictions if column.startswith(PREFIX)]
    found = shown[[f"{PREFIX}{name}" for name in names]].to_numpy(numpy.float64)
    ranking = numpy.argsort(-found, axis=1, kind="stable")
    places = {name: place for place, name in enumerate(names)}
    true = numpy.array([places[name] for name in shown["class"]], dtype=numpy.int64)
    table = pandas.DataFrame(
        {
            "figure": [one.figure for one in galleries for _ in one.rows],
            "part": [one.part for one in galleries for _ in one.rows],
            "images": [one.images for one in galleries for _ in one.rows],
            "image": [name_image(row) for row in rows],
            "file": shown["file"].to_numpy(),
        }
    )
    for name, chosen in (("class", true), ("predicted", ranking[:, 0]), ("second", ranking[:, 1])):
        table[name] = numpy.array(names, dtype=object)[chosen]
        table[f"p_{name}"] = found[numpy.arange(len(rows)), chosen]
    return table


def name_image(row: int) -> str:
    """Return the name of the file of the image in a row."""
    return f"{row}{GALLERY}"


def fit(image: numpy.ndarray) -> Image.Image:
    """Return an image, uint8 (height, width, 1 or 3), its longer side at most ``SIDE``.

    What becomes ``COARSE`` times larger is enlarged by a whole number, each pixel to a square.
    """
    picture = Image.fromarray(image[..., 0] if image.shape[2:] == (1,) else image)
    factor = SIDE / max(picture.size)
    if factor >= COARSE:
        return picture.resize([side * int(factor) for side in picture.size], Image.Resampling.NEAREST)
    if factor >= 1:
        return picture
    return picture.resize([max(1, round(side * factor)) for side in picture.size], Image.Resampling.BICUBIC)
