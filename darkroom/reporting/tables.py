"""Tables in Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isnan
from numbers import Integral
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # pages without tables are written without pandas, whose import takes longer than they do
    import pandas

MISSING = "–"
SPACES = re.compile(r"[^\S\u00a0\u202f]+")
"""Spaces and line breaks, but for those that hold the parts of a number together."""


def markdown(table: pandas.DataFrame, formats: Mapping[str, str] | None = None) -> str:
    """Return ``table`` as a Markdown table, without its index; numbers stand to the right.

    Args:
        table: its column names are the headings.
        formats: format specifications of columns (``{"accuracy": ".1%"}``); others show integers with thousands
            separated, other numbers with four significant digits.
    """
    specified = formats or {}
    rows = [list(map(str, table.columns)), ["--:" if _numeric(table[name]) else "---" for name in table.columns]]
    columns = [[cell(value, specified.get(str(name), "")) for value in table[name]] for name in table.columns]
    rows += [list(row) for row in zip(*columns, strict=True)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def cell(value: Any, specification: str = "") -> str:
    """Return one value as the text of a table's cell."""
    if value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and isnan(value)):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return escaped(value)
    return format(value, specification or ("," if isinstance(value, Integral) else ".4g"))


def escaped(text: str) -> str:
    """Return ``text`` with what Markdown would take for its own marks made literal."""
    for mark in "\\|*_`<[":
        text = text.replace(mark, f"\\{mark}")
    return SPACES.sub(" ", text).strip()


def _numeric(column: pandas.Series[Any]) -> bool:
    return column.dtype.kind in "iuf"
