"""The elements that the page of an audit is made of: tables, links to steps, hashes and states, as HTML."""

from collections.abc import Sequence
from html import escape

from workflow.audit import words
from workflow.audit.facts import state
from workflow.audit.lineage import Step


def table(head: Sequence[str], rows: Sequence[Sequence[str]], wide: Sequence[int] = ()) -> str:
    """Return a table of cells that are HTML; the columns ``wide`` are left out on narrow screens."""

    def row(cells: Sequence[str], tag: str) -> str:
        kinds = (' class="wide"' if number in wide else "" for number in range(len(cells)))
        return f"<tr>{''.join(f'<{tag}{kind}>{cell}</{tag}>' for cell, kind in zip(cells, kinds, strict=True))}</tr>"

    return f"<table>{row(head, 'th') if head else ''}{''.join(row(cells, 'td') for cells in rows)}</table>"


def code(text: str) -> str:
    """Return a text that a machine reads."""
    return f"<code>{escape(text)}</code>"


def unbroken(text: str) -> str:
    """Return a text that stays in one line."""
    return f'<span class="nowrap">{escape(text)}</span>'


def paragraphs(texts: Sequence[str]) -> str:
    """Return a paragraph for each text."""
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def link(step: str) -> str:
    """Return the name of a step, which leads to its details."""
    return f'<a class="nowrap" href="#{escape(step)}">{escape(step)}</a>'


def digest(found: str | None) -> str:
    """Return the first digits of a hash, which shows all of them to a pointer; nothing where it is not known."""
    return f'<span class="hash" title="{escape(found)}">{escape(words.short(found))}</span>' if found else ""


def pill(step: Step) -> str:
    """Return whether a step holds, in words and colour."""
    return f'<span class="pill {state(step)}">{escape(words.verdict(step))}</span>'
