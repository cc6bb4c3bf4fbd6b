"""CSV files that are made for people, who open them in a spreadsheet.

These are the tables that no stage reads: of ``doubts`` all three, of ``census`` the suspicious images, of ``explain``
the activations, of ``costs`` and ``worksheet`` theirs; and what ``predict`` writes, whose JSON is exact.
Every other CSV is data: its cells are exactly what they mean, so look at names from elsewhere in it before a
spreadsheet does.
"""

from pathlib import Path
from typing import Any

import pandas

from darkroom.core.files import write_table

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""First letters by which a spreadsheet takes the text of a cell for a formula, or for what stands before one."""


def write_sheet(path: Path, table: pandas.DataFrame) -> None:
    """Write ``table`` to ``path`` as ``write_table`` does, with texts that no spreadsheet computes."""
    shown = table.map(guard)
    write_table(path, shown.set_axis([guard(name) for name in table.columns], axis="columns"))


def guard(value: Any) -> Any:
    """Return a cell's value, with an apostrophe before a text that would be a formula; a number in a text is none."""
    if not (isinstance(value, str) and value.startswith(FORMULA)):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
