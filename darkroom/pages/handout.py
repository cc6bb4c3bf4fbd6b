"""A worksheet to hand out, in one file: with its answers for a teacher, or the questions alone for students."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from darkroom.pages import markdown
from darkroom.pages.embedding import embed
from darkroom.pages.questions import list_blocks, read_question
from darkroom.pages.style import read_style
from darkroom.reporting.templates import render

NUMBERED = re.compile(r"[a-z0-9-]+-\d\d\. ")
"""Beginning of a question of a course document."""


@dataclass(frozen=True)
class Handout:
    """A worksheet, or its exercises, as HTML: its title, and the sections one after another."""

    title: str
    body: str
    has_answers: bool
    language: str

    def compose_page(self) -> str:
        """Return it as a page that needs nothing beside it."""
        body = self.body.replace("<table>", f"{markdown.SCROLL}<table>").replace("</table>", "</table></div>")
        return render(Path(__file__).parent, "handout.html.j2", handout=self, body=body, style=read_style())


def read_handout(file: Path, language: str, has_answers: bool) -> Handout:
    """Return what is handed out of a study's worksheet.

    Of a study that follows a course document these are the document's questions, of any other all. What stands before
    the first section is for who reads the answers.

    Raises:
        UserError: there is no such file, or a picture of it is missing.
    """
    tokens = markdown.parse(file, file)
    (_, before), *sections = markdown.split(tokens)
    numbered = [(title, parts) for title, parts in sections if any(_list_numbered(parts))]
    shown = [
        f"<h2>{escapeHtml(title)}</h2>\n{_render(parts, file.parent, has_answers)}"
        for title, parts in numbered or sections
    ]
    said = [_render(before, file.parent, has_answers)] if has_answers and before else []
    return Handout(markdown.find_title(tokens, []), "\n".join([*said, *shown]), has_answers, language)


def _list_numbered(tokens: Sequence[Token]) -> Iterator[str]:
    blocks = list_blocks(tokens)
    return (title for block in blocks if NUMBERED.match(title := read_question(block)))


def _render(tokens: Sequence[Token], folder: Path, has_answers: bool) -> str:
    """Return a section as HTML; of exercises its questions, each above room to write."""
    blocks = list(list_blocks(tokens))
    if not has_answers:
        asked = (f"<p><b>{escapeHtml(title)}</b></p>" for block in blocks if (title := read_question(block)))
        return "\n".join(f'{one}\n<p class="room">&nbsp;</p>' for one in asked)
    for token in markdown.walk(tokens):
        if token.tag == "a":
            token.hidden, token.type, token.content = True, "text", ""
        elif token.type == "image" and (address := token.attrs.get("src")):
            token.attrs["src"] = embed(folder / unquote(str(address)))
        elif token.type == "image":  # it lies elsewhere, and its words stand for it
            token.type, token.tag = "text", ""
    return markdown.PARSER.renderer.render(list(tokens), markdown.PARSER.options, {})
