"""Galleries as the stages evaluate and explain leave them, of predictions written by hand."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy
import pandas

from darkroom.reporting.gallery_files import FOLDER, Gallery, write_galleries

SIZE = 12


def write_written(
    folder: Path, predictions: Path, classes: Sequence[str], shown: Mapping[tuple[str, str], Sequence[int]]
) -> None:
    """Write galleries of rows of a table of predictions, by figure and part, into the folder of an evaluation.

    The rest of the predicted class's probability is the true one's, or else the next class's.
    """
    table = pandas.read_csv(predictions, keep_default_na=False)
    for place, name in enumerate(classes):
        said = table["predicted"] == name
        is_correct = table["class"] == table["predicted"]
        rest = (is_correct & (table["predicted"] == classes[place - 1])) | (~is_correct & (table["class"] == name))
        table[f"p_{name}"] = numpy.where(said, table["probability"], numpy.where(rest, 1 - table["probability"], 0))
    galleries = [Gallery(figure, rows, len(table), part) for (figure, part), rows in shown.items()]
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    write_galleries(folder / FOLDER, galleries, table, lambda rows: numpy.stack([paint(row) for row in rows]))


def paint(row: int) -> numpy.ndarray:
    """Return an image of one colour, that of its row: uint8 (SIZE, SIZE, 3)."""
    return numpy.full((SIZE, SIZE, 3), [row * 37 % 256, row * 91 % 256, row * 151 % 256], numpy.uint8)
