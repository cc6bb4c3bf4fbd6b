"""Galleries of test images: each image with its classes and their probabilities as text beside it."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from darkroom.pages.evaluations import read_rows
from darkroom.pages.links import locate

FOLDER, INDEX = "galleries", "index.csv"
"""Below the folder of an evaluation or an explanation: what is shown in which picture, and the images."""


@dataclass(frozen=True)
class Guess:
    """A class, and the probability that a model gave to it."""

    name: str
    probability: float


@dataclass(frozen=True)
class Shown:
    """An image that is shown: its file in the data set, the address of its picture, and what a model made of it."""

    file: str
    address: str
    true: Guess
    predicted: Guess
    second: Guess

    @property
    def is_correct(self) -> bool:
        """Whether the predicted class is the true one."""
        return self.true.name == self.predicted.name


@dataclass(frozen=True)
class Gallery:
    """Images shown together, of so many ``images`` that could be; ``part`` is the part of the picture, if of a part."""

    part: str
    images: int
    shown: list[Shown]


Galleries = dict[str, list[Gallery]]
"""The parts of each gallery, by the name of the file of the picture that shows it."""


def read_galleries(folder: Path, page: Path) -> Galleries:
    """Return the galleries of an evaluation or an explanation in ``folder``, addresses as seen from ``page``.

    Raises:
        UserError: it has no table of them.
    """
    found: Galleries = {}
    rows = read_rows(folder / FOLDER / INDEX)
    for (figure, part, images), shown in groupby(rows, lambda row: (row["figure"], row["part"], row["images"])):
        those = [_read_image(row, locate(folder / FOLDER / row["image"], page)) for row in shown]
        found.setdefault(figure, []).append(Gallery(part, int(images), those))
    return found


def _read_image(row: dict[str, str], address: str) -> Shown:
    guesses = (Guess(row[name], float(row[f"p_{name}"])) for name in ("class", "predicted", "second"))
    return Shown(row["file"], address, *guesses)
