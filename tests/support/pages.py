"""Pages in Markdown, read by tests."""

import re

BEGINS = re.compile(r"\s*(- |#|\||!\[|\*\*)")
"""Beginning of a block of its own: an item, a heading, a row, a figure, a question."""


def unwrap(page: str) -> str:
    """The page with every paragraph and every item of a list on one line, as a reader sees it."""
    lines: list[str] = []
    for line in page.splitlines():
        if line and lines and lines[-1] and not lines[-1].startswith(("#", "|")) and not BEGINS.match(line):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def list_items(page: str) -> list[str]:
    """The items of the page's lists."""
    return [line.removeprefix("- ") for line in unwrap(page).splitlines() if line.startswith("- ")]


def split_questions(page: str) -> list[tuple[str, str]]:
    """The questions of a worksheet, each with what stands below it up to the next."""
    parts = re.split(r"^\*\*(.+)\*\*$|^#.*$", page, flags=re.MULTILINE)
    found = zip(parts[1::2], parts[2::2], strict=True)
    return [(title, text) for title, text in found if title]


def list_shapes(page: str) -> list[str]:
    """The headings, questions, items and rows of a page without their words: ``##``, ``**``, ``-``, ``| | |``."""
    found = []
    for line in page.splitlines():
        if line.startswith("|"):
            found.append(re.sub(r"[^|]+", " ", line.replace("\\|", "")))
        elif mark := re.match(r"#+ |\*\*.*\*\*$| *- |!\[", line):
            found.append("**" if line.startswith("**") else mark[0])
    return found
