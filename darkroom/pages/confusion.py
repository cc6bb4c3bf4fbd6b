"""Confusion matrices whose cells lead to the images behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from darkroom.pages.evaluations import Evaluated

MOST_CLASSES = 30
"""A matrix of more classes is left to its picture and its table: its cells would be many thousands."""
MOST_IMAGES = 24
"""Images that a cell opens; predictions.csv has all."""
SHADES = 8


@dataclass(frozen=True)
class Cell:
    """So many images of one class that were predicted as one; ``share`` is that of the class' images."""

    images: int
    share: float

    @property
    def shade(self) -> int:
        """From 0, none, to ``SHADES``, all images of the class."""
        return 0 if not self.images else max(1, round(self.share * SHADES))


@dataclass(frozen=True)
class Confusion:
    """The matrix of a model: a row per true class, a column per predicted one; without rows where classes are many.

    ``behind`` has for each cell with images, as "row-column", the most certain ones: file and probability.
    """

    classes: list[str]
    rows: list[list[Cell]]
    behind: dict[str, list[tuple[str, float]]]


def count_confusion(one: Evaluated) -> Confusion:
    """Return the confusion matrix of an evaluation."""
    classes: list[str] = one.view["classes"]
    if len(classes) > MOST_CLASSES:
        return Confusion(classes, [], {})
    places = {name: place for place, name in enumerate(classes)}
    cells: dict[tuple[int, int], list[tuple[str, float]]] = {}
    for row in one.predictions:
        place = places[row["class"]], places[row["predicted"]]
        cells.setdefault(place, []).append((row["file"], float(row["probability"])))
    rows = [_count_row(true, len(classes), cells) for true in range(len(classes))]
    behind = {f"{true}-{said}": _select(images) for (true, said), images in sorted(cells.items())}
    return Confusion(classes, rows, behind)


def _count_row(true: int, classes: int, cells: Mapping[tuple[int, int], Sequence[Any]]) -> list[Cell]:
    counts = [len(cells.get((true, said), ())) for said in range(classes)]
    whole = sum(counts) or 1
    return [Cell(count, count / whole) for count in counts]


def _select(images: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    return sorted(images, key=lambda one: -one[1])[:MOST_IMAGES]
