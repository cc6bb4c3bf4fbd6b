"""Predictions as text, piece by piece as they are made: a table for people, CSV and JSON for programs."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy

from darkroom.core.one_line import escape_controls

NUMBER = "probability"


class Prediction(NamedTuple):
    """A file, and the probability of each class: float (classes,)."""

    file: str
    probabilities: numpy.ndarray

    @property
    def best(self) -> int:
        """The place of the most probable class."""
        return int(self.probabilities.argmax())


def format_table(rows: Iterable[Prediction], classes: Sequence[str], width: int) -> Iterator[str]:
    """Yield aligned lines of the file, in ``width`` letters or more, and the two best classes with probabilities."""
    best, classes = range(min(2, len(classes))), [escape_controls(name) for name in classes]
    label = max(map(len, (*classes, "second")))
    head = ["file", *(name for place in best for name in (("class", "second")[place], NUMBER))]
    widths = [max(width, 4), *(size for _ in best for size in (label, len(NUMBER)))]
    for number, row in enumerate(rows):
        if number == 0:
            yield _align(head, widths)
        ranking = numpy.argsort(-row.probabilities, kind="stable")
        cells = (cell for place in ranking[best] for cell in (classes[place], f"{row.probabilities[place]:.1%}"))
        yield _align([row.file, *cells], widths)


def _align(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line; every other cell from the third on is a number, and stands to the right."""
    placed = (
        cell.rjust(width) if place and place % 2 == 0 else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(placed) + "\n"


def format_csv(rows: Iterable[Prediction], classes: Sequence[str], width: int) -> Iterator[str]:
    """Yield the lines of a CSV: file, class, the predicted one, its probability, and ``p_<class>`` of each class."""
    for number, row in enumerate(rows):
        if number == 0:
            yield _format_line(["file", "class", NUMBER, *(f"p_{name}" for name in classes)])
        values = [f"{probability:.7g}" for probability in row.probabilities]
        yield _format_line([row.file, classes[row.best], values[row.best], *values])


def _format_line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def format_json(rows: Iterable[Prediction], classes: Sequence[str], width: int) -> Iterator[str]:
    """Yield a JSON list of objects: file, class, its probability, and ``probabilities`` by class."""
    mark = "["
    for row in rows:
        values = [float(f"{probability:.7g}") for probability in row.probabilities]
        content = {"file": row.file, "class": classes[row.best], NUMBER: values[row.best]}
        content["probabilities"] = dict(zip(classes, values, strict=True))
        yield f"{mark}\n{json.dumps(content, ensure_ascii=False)}"
        mark = ","
    if mark == ",":
        yield "\n]\n"


FORMATS: dict[str, Callable[[Iterable[Prediction], Sequence[str], int], Iterator[str]]] = {
    "table": format_table,
    "csv": format_csv,
    "json": format_json,
}
