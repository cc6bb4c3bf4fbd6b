"""Markdown of other stages as HTML without any of its own: a tag in a name stays text, an address stays on this disk.

markdown-it-py parses it, with HTML switched off.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from darkroom.core.errors import UserError
from darkroom.pages.links import is_relative, locate

ADDRESSES = {"a": "href", "img": "src"}
SCROLL = '<div class="scroll" role="group" aria-label="Table" tabindex="0">'
"""Around a table, so that a narrow screen moves the table alone, also by keys."""


@dataclass(frozen=True)
class Part:
    """What stands below a heading of a page: HTML."""

    title: str
    html: str


class Renderer(RendererHTML):
    """Tables that scroll, and pictures that open and are loaded when they are seen."""

    def table_open(self, tokens: Sequence[Token], index: int, options: Any, _: Any) -> str:
        """Return the beginning of a table."""
        return SCROLL + self.renderToken(tokens, index, options, {})

    def table_close(self, tokens: Sequence[Token], index: int, options: Any, _: Any) -> str:
        """Return the end of a table."""
        return self.renderToken(tokens, index, options, {}) + "</div>\n"

    def image(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        """Return a picture that leads to itself; of one that lies elsewhere its words."""
        words = self.renderInlineAsText(tokens[index].children or [], options, env)
        if not (address := tokens[index].attrs.get("src")):
            return escapeHtml(words)
        around = Token("link", "a", 1, attrs={"class": "picture", "href": address})
        inside = Token("image", "img", 0, attrs={"loading": "lazy", "src": address, "alt": words})
        return f"<a{self.renderAttrs(around)}><img{self.renderAttrs(inside)}></a>"


PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
RENDERER = Renderer()


def parse(file: Path, page: Path) -> list[Token]:
    """Return the tokens of a file in Markdown, its addresses as seen from ``page``.

    Raises:
        UserError: there is no such file.
    """
    if not file.is_file():
        raise UserError(f"{file}: no such file; run snakemake, which makes it")
    tokens = PARSER.parse(file.read_text(encoding="utf-8"))
    folder = locate(file.parent, page)
    for token in walk(tokens):
        _adapt(token, folder)
    return tokens


def render(tokens: Sequence[Token]) -> str:
    """Return tokens as HTML, in which all names are escaped."""
    return RENDERER.render(tokens, PARSER.options, {})


def split(tokens: Sequence[Token], notes: Sequence[str] = ()) -> list[tuple[str, list[Token]]]:
    """Return what stands below each second heading, after what stands before the first one, which is untitled.

    The main heading is left out, and of the others, and of the text below them, the ``notes``, which the page itself
    says once.
    """
    found: list[tuple[str, list[Token]]] = [("", [])]
    waiting = iter(tokens)
    for token in waiting:
        if token.type == "heading_open" and token.tag in ("h1", "h2"):
            title = _read_text(next(waiting))
            next(waiting)  # the end of the heading
            if token.tag == "h2":
                found.append((_without(title, notes), []))
        else:
            found[-1][1].append(_leave_out(token, notes))
    return found


def _leave_out(token: Token, notes: Sequence[str]) -> Token:
    """Return a token without the lines that say of the images what ``notes`` do, as the verdict has one."""
    if token.type == "inline" and token.children:
        begun = tuple(f"These are {note}" for note in notes)
        gone = {place for place, part in enumerate(token.children) if begun and part.content.startswith(begun)}
        gone |= {place - 1 for place in gone if place and token.children[place - 1].type == "softbreak"}
        token.children = [part for place, part in enumerate(token.children) if place not in gone]
    return token


def replace_pictures(tokens: Sequence[Token], instead: Mapping[str, str]) -> list[Token]:
    """Return tokens with HTML in the place of each paragraph that is a picture of an address in ``instead``."""
    found: list[Token] = []
    for token in tokens:
        (only,) = token.children if token.children and len(token.children) == 1 else [None]
        html = instead.get(str(only.attrs.get("src"))) if only is not None and only.tag == "img" else None
        found.append(token if html is None else Token("html_block", "", 0, content=html))
    return found


def find_title(tokens: Sequence[Token], notes: Sequence[str]) -> str:
    """Return the main heading of a page, without the ``notes``; nothing of a page that has none."""
    heads = (
        tokens[place + 1] for place, token in enumerate(tokens) if (token.type, token.tag) == ("heading_open", "h1")
    )
    found = next(heads, None)
    return _without(_read_text(found), notes) if found else ""


def read_parts(file: Path, page: Path, notes: Sequence[str]) -> list[Part]:
    """Return the parts of a file in Markdown, as ``split`` has them."""
    return [Part(title, render(tokens)) for title, tokens in split(parse(file, page), notes)]


def _read_text(token: Token) -> str:
    return RENDERER.renderInlineAsText(token.children or [], PARSER.options, {})


def _without(title: str, notes: Sequence[str]) -> str:
    own = "|".join(re.escape(note) for note in sorted(notes, key=len, reverse=True))
    return re.sub(rf" \((?:{own})(?:; [^()]*)?\)$", "", title) if own else title


def walk(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield all tokens, each before those inside it."""
    for token in tokens:
        yield token
        yield from walk(token.children or [])


def _adapt(token: Token, folder: str) -> None:
    """Let an address start from the page, and a style be a class; headings are deeper on the page."""
    name = ADDRESSES.get(token.tag)
    if name in token.attrs:
        address = str(token.attrs.pop(name))
        if is_relative(address):
            token.attrs[name] = posixpath.normpath(posixpath.join(folder, address))
    if "right" in str(token.attrs.pop("style", "")):
        token.attrs["class"] = "number"
    if token.type.startswith("heading") and token.tag not in ("h1", "h2"):
        token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
