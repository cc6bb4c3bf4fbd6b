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
