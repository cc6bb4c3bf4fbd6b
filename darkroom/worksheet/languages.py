"""Numbers as the languages of a worksheet write them."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import wraps
from typing import Any

from darkroom.reporting import quantities, tables
from darkroom.worksheet.words import WORDS

NARROW_SPACE = "\u202f"
MINUS = "−"
MARKS = {"en": {}, "fr": str.maketrans({",": NARROW_SPACE, ".": ",", "%": f"{NARROW_SPACE}%"})}
"""By language, the signs of a number that it writes otherwise than Python does."""

LEAST = 1e-6
"""Smaller numbers are written with an exponent."""


def localize(text: str, language: str) -> str:
    """Return a number that Python wrote, such as ``-1,234.5`` or ``12.5%``, as the language writes it."""
    return re.sub("^-", MINUS, text).translate(MARKS[language])


def is_number(value: object) -> bool:
    """Return True of a number that is no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def write_cell(value: Any, specification: str, language: str) -> str:
    """Return one value as the text of a table's cell."""
    if isinstance(value, bool):
        return WORDS[language].truth[value]
    text = tables.cell(value, specification)
    return localize(text, language) if is_number(value) else text


def list_filters(language: str) -> Mapping[str, Callable[..., str]]:
    """Return the filters of a template that show numbers, in the language's writing."""

    def localized(write: Callable[..., str]) -> Callable[..., str]:
        @wraps(write)
        def filtered(*values: Any, **options: Any) -> str:
            return localize(write(*values, **options), language)

        return filtered

    def is_singular(number: float) -> bool:
        return number == 1 if language == "en" else abs(number) < 2

    def counted(number: int, one: str, several: str | None = None) -> str:
        noun = one if is_singular(number) else several or f"{one}s"
        return f"{localize(quantities.number(number), language)} {noun}"

    def points(share: float, signed: bool = False) -> str:
        text = quantities.decimal(100 * share, 1, signed)
        noun = "points" if language == "en" or not is_singular(float(text.replace(",", ""))) else "point"
        return f"{localize(text, language)} {noun}"

    def significant(value: float, digits: int) -> str:
        """Return small numbers, such as learning rates, without an exponent; very small ones with it."""
        text = quantities.significant(value, digits)
        return format(Decimal(text), "f") if "e-" in text and abs(value) >= LEAST else text

    written = (quantities.number, quantities.decimal, quantities.percent, significant)
    return {write.__name__: localized(write) for write in written} | {"counted": counted, "points": points}
