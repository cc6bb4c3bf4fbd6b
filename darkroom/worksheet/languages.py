"""Languages of a worksheet: the words that are the same on every page, and how numbers are written."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from typing import Any

from darkroom.core.provenance import NOTES, RANDOM
from darkroom.reporting import quantities

NARROW_SPACE = "\u202f"
MINUS = "−"
MARKS = {"en": {}, "fr": str.maketrans({",": NARROW_SPACE, ".": ",", "%": f"{NARROW_SPACE}%"})}
"""By language, the signs of a number that it writes otherwise than Python does."""

NOTES_IN = {
    "en": {},
    "fr": {
        NOTES["drawn"]: "images de synthèse, dessinées par un programme",
        RANDOM: "poids aléatoires, sans préentraînement",
    },
}
"""By language, what results say of images and weights that stand in for real ones."""

LEAST = 1e-6
"""Smaller numbers are written with an exponent."""


@dataclass(frozen=True)
class Words:
    """What stands around every answer."""

    here: str
    """Beginning of what a run answers, after the reason."""
    source: str
    """Beginning of the paragraph that names the files of an answer."""
    within: str
    """In that paragraph, between many files and the folder that holds them all."""
    absent: str
    """Instead of an answer, where the study does not train what it is about; ``{names}`` are its entries."""
    more: tuple[str, str]
    """Below a table that was cut, of which one row is left, or ``{number}`` are."""
    title: str
    """Title of the page, for a study ``{key}`` on a dataset ``{title}``."""


WORDS = {
    "en": Words(
        here="In this run",
        source="From",
        within=", all in ",
        absent="this study has no {names}, so it has no number for this ({place} in params.yaml).",
        more=("One more row stands in the files below.", "{number} more rows stand in the files below."),
        title="Worksheet of {key}, on {title}",
    ),
    "fr": Words(
        here="Ici\u00a0",
        source="D’après",
        within=", le tout dans ",
        absent="cette étude n’a pas {names}, donc aucun nombre à donner ({place} dans params.yaml).",
        more=(
            "La dernière ligne est dans les fichiers cités.",
            "{number} autres lignes sont dans les fichiers cités.",
        ),
        title="Fiche {key}, sur {title}",
    ),
}


def translate_notes(text: str, language: str) -> str:
    """Return what results say of their images and weights, in the language."""
    for note, translated in NOTES_IN[language].items():
        text = text.replace(note, translated)
    return text


def localize(text: str, language: str) -> str:
    """Return a number that Python wrote, such as ``-1,234.5`` or ``12.5%``, as the language writes it."""
    return re.sub("^-", MINUS, text).translate(MARKS[language])


def list_filters(language: str) -> Mapping[str, Callable[..., str]]:
    """Return the filters of a template that show numbers, in the language's writing."""

    def localized(write: Callable[..., str]) -> Callable[..., str]:
        @wraps(write)
        def filtered(*values: Any, **options: Any) -> str:
            return localize(write(*values, **options), language)

        return filtered

    def counted(number: int, one: str, several: str | None = None) -> str:
        alone = number == 1 if language == "en" else number < 2
        return f"{localize(quantities.number(number), language)} {one if alone else several or f'{one}s'}"

    def significant(value: float, digits: int) -> str:
        """Return small numbers, such as learning rates, without an exponent; very small ones with it."""
        text = quantities.significant(value, digits)
        return format(Decimal(text), "f") if "e-" in text and abs(value) >= LEAST else text

    written = (quantities.number, quantities.decimal, quantities.percent, significant)
    return {write.__name__: localized(write) for write in written} | {"counted": counted}
