"""Replicates: training runs of one model that differ in their seed, or in the images that each of them holds out."""

import re
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from darkroom.params.base import Section

MOST_REPLICATES = 1000
"""Each of them is a training run."""
NAMED = re.compile(r"([1-9]\d*)(?:-of-([1-9]\d*))?")


class Folds(Section):
    """Replicates that validate on parts of the training images, each on its own: cross-validation."""

    folds: Annotated[int, Field(ge=2, le=MOST_REPLICATES)]
    """Parts, as equal as can be, of the training images, drawn by the seed of the first replicate; replicate n holds
    out part n. ``validation_split`` gives the same share, and says whether parts are stratified."""


class Replicate(NamedTuple):
    """One of the training runs of a model, as a command names it: ``2``, or ``2-of-5``, which holds out fold 2 of 5."""

    number: int
    """From 1."""
    folds: int | None = None
    """How many there are; ``None``, where replicates differ in their seed alone."""

    def __str__(self) -> str:
        """Return the text that a command has."""
        return f"{self.number}-of-{self.folds}" if self.folds else f"{self.number}"

    @classmethod
    def parse(cls, text: str) -> "Replicate":
        """Return the replicate that a command names.

        Raises:
            ValueError: it names none.
        """
        found = NAMED.fullmatch(text)
        if not found or (found[2] and int(found[1]) > int(found[2])):
            raise ValueError(f"{text!r}: allowed: a number from 1, or n-of-k: fold n of k")
        return cls(int(found[1]), int(found[2]) if found[2] else None)


def check_replicates(given: Any) -> Any:
    """Return a value of ``replicates``.

    Raises:
        ValueError: it is neither a number nor folds.
    """
    folds = isinstance(given, dict) and set(given) == {"folds"}
    number, least = (given["folds"], 2) if folds else (given, 1)
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= MOST_REPLICATES:
        raise ValueError(
            f"allowed: a whole number from 1 to {MOST_REPLICATES}, or {{folds: n}}, with n from 2 to {MOST_REPLICATES}"
        )
    return given


def count_replicates(replicates: int | Folds) -> int:
    """Return how many training runs a model has."""
    return replicates.folds if isinstance(replicates, Folds) else replicates


def list_replicates(replicates: int | Folds) -> list[Replicate]:
    """Return the training runs of a model, in their order."""
    folds = replicates.folds if isinstance(replicates, Folds) else None
    return [Replicate(number, folds) for number in range(1, count_replicates(replicates) + 1)]
