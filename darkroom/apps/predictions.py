"""Predictions as text, piece by piece as they are made: a table for people, CSV for spreadsheets, JSON for programs."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy

from darkroom.core.one_line import escape_controls
from darkroom.reporting.spreadsheets import guard

NUMBER, UNSURE, NOTE = "probability", "unsure", "note"
SHOWN = 2
"""Classes of an image that people are shown unless they ask for more."""
ORDINALS = ("class", "second", "third")


class Prediction(NamedTuple):
    """A file, the probability of each class, float (classes,), and where a format shows it, a small JPEG of it."""

    file: str
    probabilities: numpy.ndarray
    thumbnail: bytes = b""

    @property
    def best(self) -> int:
        """The place of the most probable class."""
        return int(self.probabilities.argmax())

    @property
    def certainty(self) -> float:
        """The probability of the most probable class."""
        return float(self.probabilities.max())

    def rank(self, most: int) -> list[int]:
        """Return the places of the ``most`` most probable classes, the best first."""
        return numpy.argsort(-self.probabilities, kind="stable")[:most].tolist()


@dataclass(frozen=True)
class Presentation:
    """What of predictions is shown, and what must stand beside them."""

    classes: Sequence[str]
    top: int | None = None
    """Classes of an image; ``None``: two for people, all for programs."""
    unsure_below: float | None = None
    """The probability of the best class below which a prediction is unsure; ``None``: it is not said of any."""
    width: int = 0
    """Letters of the longest file name."""
    model: str = ""
    note: str = ""
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """Files that could not be read, and why; it grows while predictions are made."""

    def is_unsure(self, row: Prediction) -> bool:
        """Return whether a prediction's best class is less probable than what is asked for."""
        return self.unsure_below is not None and row.certainty < self.unsure_below

    @property
    def most(self) -> int:
        """Classes of an image that people are shown."""
        return min(self.top or SHOWN, len(self.classes))


def format_table(rows: Iterable[Prediction], wish: Presentation) -> Iterator[str]:
    """Yield aligned lines of the file and the best classes with probabilities, and whether that is unsure."""
    classes = [escape_controls(name) for name in wish.classes]
    heads = [ORDINALS[place] if place < len(ORDINALS) else f"no. {place + 1}" for place in range(wish.most)]
    label = max(map(len, (*classes, *ORDINALS)))
    widths = [max(wish.width, 4), *(size for _ in heads for size in (label, len(NUMBER)))]
    says_unsure = wish.unsure_below is not None
    for number, row in enumerate(rows):
        if number == 0:
            yield _align(["file", *(cell for name in heads for cell in (name, NUMBER))], widths, says_unsure, UNSURE)
        places = row.rank(wish.most)
        cells = (cell for place in places for cell in (classes[place], f"{row.probabilities[place]:.1%}"))
        yield _align([row.file, *cells], widths, says_unsure, UNSURE if wish.is_unsure(row) else "")


def _align(cells: Sequence[str], widths: Sequence[int], says_unsure: bool, last: str) -> str:
    """Return a line; every other cell from the third on is a number, and stands to the right."""
    placed = [
        cell.rjust(width) if place and place % 2 == 0 else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join([*placed, last.ljust(len(UNSURE))] if says_unsure else placed) + "\n"


def format_csv(rows: Iterable[Prediction], wish: Presentation) -> Iterator[str]:
    """Yield the lines of a CSV: file, class, the predicted one, its probability, and ``p_<class>`` of each class.

    With a threshold ``unsure`` follows, yes or no. Where a number of classes is asked for, ``class_2``,
    ``probability_2`` and so on stand in the place of ``p_<class>``. Last is the model's ``note``, if it has one.
    No spreadsheet takes a name in it for a formula.
    """
    said = [UNSURE] if wish.unsure_below is not None else []
    if wish.top:
        later = [cell for place in range(2, wish.most + 1) for cell in (f"class_{place}", f"{NUMBER}_{place}")]
    else:
        later = [f"p_{name}" for name in wish.classes]
    for number, row in enumerate(rows):
        if number == 0:
            yield _format_line(["file", "class", NUMBER, *said, *later, *([NOTE] if wish.note else [])])
        values = [f"{probability:.7g}" for probability in row.probabilities]
        places = row.rank(wish.most)[1:]
        others = [cell for place in places for cell in (wish.classes[place], values[place])] if wish.top else values
        known = ["yes" if wish.is_unsure(row) else "no" for _ in said]
        line = [row.file, wish.classes[row.best], values[row.best], *known, *others]
        yield _format_line([*line, wish.note] if wish.note else line)


def _format_line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([guard(cell) for cell in cells])
    return text.getvalue()


def format_json(rows: Iterable[Prediction], wish: Presentation) -> Iterator[str]:
    """Yield a JSON list of objects: file, class, its probability, ``unsure`` if it is asked for, ``probabilities``.

    These are by class, in the model's order; where a number of them is asked for, the best alone, by probability. Last
    is the model's ``note``, if it has one.
    """
    mark = "["
    for row in rows:
        values = [float(f"{probability:.7g}") for probability in row.probabilities]
        content = {"file": row.file, "class": wish.classes[row.best], NUMBER: values[row.best]}
        if wish.unsure_below is not None:
            content[UNSURE] = wish.is_unsure(row)
        places = row.rank(wish.top) if wish.top else range(len(values))
        content["probabilities"] = {wish.classes[place]: values[place] for place in places}
        if wish.note:
            content[NOTE] = wish.note
        yield f"{mark}\n{json.dumps(content, ensure_ascii=False)}"
        mark = ","
    if mark == ",":
        yield "\n]\n"


Format = Callable[[Iterable[Prediction], Presentation], Iterator[str]]
TEXTS: dict[str, Format] = {"table": format_table, "csv": format_csv, "json": format_json}
