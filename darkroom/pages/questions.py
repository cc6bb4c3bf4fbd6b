"""The worksheet's questions, each with its answer, the files that it came from, and their pictures."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it.token import Token

from darkroom.pages import markdown
from darkroom.pages.links import MANY

PICTURES = (".png", ".webp")
FROM = ("From ", "D’après ")
"""Beginnings of the paragraph of an answer that names its files, in the languages of a worksheet."""
OWN_NOTES = re.compile(r" \(([^()]*)\)$")
"""End of the title of a worksheet: what every result of its images and models must say."""


@dataclass(frozen=True)
class Question:
    """A question, its answer as HTML, and the paths of the files that it came from."""

    title: str
    html: str
    files: tuple[str, ...]

    def list_pictures(self, models: Sequence[str]) -> list[tuple[str, str]]:
        """Return the paths of its pictures, each with words for it; those of every model where it came from all."""
        found = [file for file in self.files if file.endswith(PICTURES)]
        paths = [file.replace(MANY, model) for file in found for model in (models if MANY in file else [""])]
        return [(path, _describe(Path(path))) for path in paths]


@dataclass(frozen=True)
class Subject:
    """The questions on one subject."""

    title: str
    questions: list[Question]


def _describe(path: Path) -> str:
    """Return words for a picture: "Confusion, cnn"."""
    return f"{path.stem.replace('-', ' ').capitalize()}, {path.parent.name}"


def read_worksheet(file: Path, page: Path, notes: Sequence[str]) -> list[Subject]:
    """Return the subjects of a worksheet, their addresses as seen from ``page``.

    Its headings repeat the ``notes``; one in another language has them in its own words, last in its title.

    Raises:
        UserError: there is no such file.
    """
    tokens = markdown.parse(file, page)
    own = OWN_NOTES.findall(markdown.find_title(tokens, []))
    parts = markdown.split(tokens, [*notes, *own])
    return [Subject(title, list(_list_questions(tokens))) for title, tokens in parts if title]


def _list_questions(tokens: Sequence[Token]) -> Iterator[Question]:
    """Yield what follows each paragraph that is bold as a whole."""
    title, answer, files = "", list[Token](), list[str]()
    for block in list_blocks(tokens):
        if asked := read_question(block):
            if title:
                yield Question(title, markdown.render(answer), tuple(files))
            title, answer, files = asked, [], []
        elif found := _read_files(block):
            files += found
        else:
            answer += block
    if title:
        yield Question(title, markdown.render(answer), tuple(files))


def list_blocks(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield paragraphs, lists and tables, each with all that is in it."""
    block: list[Token] = []
    for token in tokens:
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield block
            block = []


def read_question(block: Sequence[Token]) -> str:
    """Return the question that a paragraph asks, one that is bold as a whole; of any other block nothing."""
    parts = _list_inside(block)
    if not parts or parts[0].type != "strong_open" or parts[-1].type != "strong_close":
        return ""
    return "".join(part.content or " " * (part.type == "softbreak") for part in parts)


def _read_files(block: Sequence[Token]) -> list[str]:
    parts = _list_inside(block)
    if not parts or parts[0].content not in FROM:
        return []
    return expand_sources([part.content for part in parts if part.type == "code_inline"])


def expand_sources(codes: Sequence[str]) -> list[str]:
    """Return the paths that such a paragraph means.

    Either it has whole paths, or folders, each followed by what it holds, and last the folder that holds them all.
    """
    if not any(code.endswith("/") for code in codes):
        return list(codes)
    *listed, root = codes
    found, folders, named = list[str](), [""], False
    for code in listed:
        if code.endswith("/"):
            folders, named = [code] if named or folders == [""] else [*folders, code], False
        else:
            found, named = found + [f"{root}{folder}{code}" for folder in folders], True
    return found


def _list_inside(block: Sequence[Token]) -> list[Token]:
    if [token.type for token in block] != ["paragraph_open", "inline", "paragraph_close"]:
        return []
    return [part for part in block[1].children or [] if part.type != "text" or part.content]
