"""Tables of the page, with headings in the language of its study."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas

from darkroom.reporting.tables import cell


def tabulate(
    content: pandas.DataFrame | Sequence[Mapping[str, object]],
    headings: Mapping[str, str] | None = None,
    formats: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
    write: Callable[[Any, str], str] = cell,
) -> str:
    """Return a table, or rows, in Markdown.

    Args:
        content: all of its columns are shown.
        headings: by column; a column without one is called by its name.
        formats: format specifications, by column: ``{"accuracy": ".1%"}``.
        values: by column, the words for values that are words of a program.
        write: returns the text of a value, given its format specification.
    """
    table, specified = pandas.DataFrame(content), formats or {}
    known = {name: words for name, words in (values or {}).items() if name in table}
    table = table.assign(**{name: [words.get(one, one) for one in table[name]] for name, words in known.items()})
    columns = [[write(value, specified.get(str(name), "")) for value in table[name]] for name in table]
    return join_rows(
        [(headings or {}).get(str(name), str(name)) for name in table],
        [table[name].dtype.kind in "iuf" for name in table],
        zip(*columns, strict=True),
    )


def join_rows(headings: Sequence[str], numeric: Sequence[bool], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; columns that are ``numeric`` stand to the right."""
    rule = ["--:" if one else "---" for one in numeric]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, rule, *rows))
