"""Templates of the questions that any study answers, and of passages in them that other pages have in English.

``questions/`` has a template for each subject and language. A passage is named by the room whose pages have it in
English, and its template there; ``passages/`` has it in the other languages.
"""

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2

from darkroom.reporting import templates
from darkroom.worksheet.languages import list_filters, write_cell
from darkroom.worksheet.tabulation import tabulate
from darkroom.worksheet.words import WORDS, translate_notes, translate_origin

HERE = Path(__file__).parent
ROOMS = HERE.parent
PLAIN = "en"
"""The language of all other results: its passages are theirs, and its numbers are written as there."""


def render(name: str, language: str, **values: Any) -> str:
    """Return the text of a template of this room, filled with ``values``, its numbers as the language writes them."""
    return _environment(language).get_template(name).render(words=WORDS[language], language=language, **values)


def write_passage(values: Mapping[str, Any], name: str, language: str) -> str:
    """Return a passage, such as ``comparison/verdict``, without its last line break."""
    room, passage = name.split("/")
    if language == PLAIN:
        return templates.render(ROOMS / room, f"{passage}.md.j2", **values).rstrip()
    return render(f"passages/{passage}.{language}.md.j2", language, **values).rstrip()


@cache
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    in_words = {
        "passage": partial(write_passage, language=language),
        "note": partial(translate_notes, language=language),
        "origin": partial(translate_origin, language=language),
    }
    numbers = {"table": tabulate}
    if language != PLAIN:
        numbers = {**list_filters(language), "table": partial(tabulate, write=partial(write_cell, language=language))}
    environment.filters |= {**templates.FILTERS, **in_words, **numbers}
    return environment
