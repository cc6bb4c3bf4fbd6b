"""Questions of a course document, each answered with its reason and with this run's own numbers.

A document is a template in ``documents/``, one for each language, to be edited by a teacher. ``# `` begins a section,
``## <id> `` a question; what follows is the reason, and below a line ``---`` stands what this run answers, written from
``facts``. Before the first section macros may stand, for what several questions say. Each question is filled by itself:
where a study lacks what it asks for, that is said in its place.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from darkroom.core.errors import UserError
from darkroom.reporting.templates import FILTERS
from darkroom.worksheet.cited import AbsentError, Cited
from darkroom.worksheet.facts import Facts
from darkroom.worksheet.languages import list_filters
from darkroom.worksheet.material import Material
from darkroom.worksheet.words import WORDS

FOLDER = Path(__file__).parent / "documents"
SECTION = re.compile(r"^# (?P<title>.+)$", re.MULTILINE)
QUESTION = re.compile(r"^## (?P<id>[a-z0-9-]+-\d\d) (?P<text>.+)$", re.MULTILINE)
OWN_LINE = re.compile(r"[|!#>]|[-*] |\d+\. ")
"""Beginning of a line that does not go on with the one before."""
FENCE = "```"
"""Around what is shown as it stands."""
RULE = re.compile(r"^---$", re.MULTILINE)
"""Stands between the reason and what a run answers."""


@dataclass(frozen=True)
class Question:
    """A question as its document has it; reason and run are templates, and empty where it has none."""

    id: str
    text: str
    reason: str
    run: str
    macros: str = ""
    """Those of its document, which its run may use."""


@dataclass(frozen=True)
class Answered:
    """A question with its answer, in Markdown, and the files that the run's part was read from."""

    id: str
    text: str
    reason: str
    run: str
    files: tuple[Path, ...]
    absent: bool
    """The study has nothing that its run's part could be written from."""


@dataclass(frozen=True)
class Section:
    """A part of a document, with its questions in order, answered or not yet."""

    title: str
    questions: Sequence[Any]


def read_document(name: str, language: str) -> list[Section]:
    """Return the sections of a document, with its ``Question``s.

    Raises:
        UserError: a question has no text below it.
    """
    file = FOLDER / f"{name}.{language}.md.j2"
    macros, *parts = SECTION.split(file.read_text(encoding="utf-8"))
    return [
        Section(title.strip(), list(split_questions(text, file, macros)))
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    ]


def split_questions(text: str, file: Path, macros: str = "") -> Iterator[Question]:
    """Yield the questions of a section.

    Raises:
        UserError: a question has no text below it.
    """
    parts = QUESTION.split(text)[1:]
    for key, asked, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        reason, *run = RULE.split(body, maxsplit=1)
        if not body.strip():
            raise UserError(f"{file}: {key}: no answer below the question")
        yield Question(key, asked.strip(), reason.strip(), "".join(run).strip(), macros)


def answer_document(name: str, language: str, material: Material) -> list[Section]:
    """Return the sections of a document, with its questions ``Answered`` from a study."""
    return [
        Section(section.title, [answer(question, material, language) for question in section.questions])
        for section in read_document(name, language)
    ]


def answer(question: Question, material: Material, language: str) -> Answered:
    """Return a question with its answer.

    Raises:
        UserError: its template asks for what no study has.
    """
    cited = Cited()
    facts = Facts(material, language, cited)
    absent = False
    try:
        run = _fill(question.macros + question.run, facts)
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        told = f"{type(error).__name__}: {error}"
        raise UserError(f"{FOLDER.name}, {question.id}: its template cannot be filled ({told}); mend it") from error
    except AbsentError as missing:
        names = ", ".join(f"`{one}`" for one in missing.names)
        place = missing.place.replace("<study>", material.page.parent.name)
        run, absent = WORDS[language].absent.format(names=names, place=f"`{place}`"), True
        cited.files.clear()
    return Answered(question.id, question.text, _fill(question.reason, facts), run, tuple(cited.files), absent)


def _fill(text: str, facts: Facts) -> str:
    filled = (
        _environment(facts.language)
        .from_string(text)
        .render(facts=facts, table=facts.table, picture=facts.picture, model=facts.model, network=facts.network)
    )
    return "\n\n".join(_join_lines(block) for block in re.split(r"\n\s*\n", filled.strip()))


def _join_lines(block: str) -> str:
    """Return a block with what belongs together in one line: a paragraph, a row of a table, an item of a list."""
    if block.startswith(FENCE):
        return block
    joined: list[str] = []
    for line in map(str.strip, block.splitlines()):
        if joined and not OWN_LINE.match(line):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return "\n".join(joined)


@cache
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {**FILTERS, **list_filters(language)}
    return environment
