"""Pages from Jinja2 templates, which lie beside the module that computes their values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from darkroom.reporting import quantities, tables

if TYPE_CHECKING:
    import pandas


def tabulate(table: pandas.DataFrame, formats: Mapping[str, str] | None = None) -> str:
    """Return ``table`` in Markdown, without the last line break, which the template has."""
    return tables.markdown(table, formats).rstrip("\n")


FILTERS = {
    "counted": quantities.counted,
    "decimal": quantities.decimal,
    "escaped": tables.escaped,
    "number": quantities.number,
    "percent": quantities.percent,
    "points": quantities.points,
    "duration": quantities.duration,
    "significant": quantities.significant,
    "table": tabulate,
}
"""Filters that show a value in a template: ``{{ accuracy | percent }}``."""


def render(folder: Path, name: str, **values: Any) -> str:
    """Return the text of the template ``name`` in ``folder``, filled with ``values``.

    A template whose name ends in ``.html.j2`` escapes the values that it shows; others show them as they are.

    Raises:
        jinja2.UndefinedError: the template asks for a value that is not given.
    """
    return _environment(folder).get_template(name).render(values)


@cache
def _environment(folder: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=_is_html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= FILTERS
    return environment


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html.j2")
