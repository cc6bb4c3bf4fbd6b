"""Entries added to the text of params.yaml: all else in it, comments too, stays as it is, byte for byte."""

from collections.abc import Mapping
from typing import Any

from darkroom.core.errors import UserError
from darkroom.params.yaml_files import FILE, dump, parse

Entries = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Entries by section and name."""


def add_entries(text: str, entries: Entries) -> str:
    """Return the text of a params.yaml with ``entries`` at the end of their sections.

    Raises:
        UserError: a section is missing or not written with an entry a line, or has an entry of that name.
    """
    import yaml

    from darkroom.params.yaml_dialect import Loader

    before = parse(text)
    document = yaml.compose(text, Loader=Loader)
    sections = {key.value: node for key, node in document.value} if document else {}
    lines = text.splitlines(keepends=True)
    places: list[tuple[int, str]] = []
    for section, added in entries.items():
        node = sections.get(section)
        if taken := next((name for name in added if name in (before.get(section) or {})), None):
            raise UserError(f"{FILE}: {section}.{taken}: there is one; choose another name")
        if node is None or node.flow_style or not node.value:
            raise UserError(f"{FILE}: {section}: write its entries below it, each in a line of its own")
        indent = " " * node.start_mark.column
        new = "".join(f"{indent}{line}\n" for name, value in added.items() for line in _write(name, value))
        places.append((_last_line(node) + 1, new))
    for line, new in sorted(places, reverse=True):
        if line and not lines[line - 1].endswith("\n"):
            lines[line - 1] += "\n"
        lines.insert(line, new)
    result = "".join(lines)
    wanted = {section: {**before[section], **entries.get(section, {})} for section in entries}
    if parse(result) != {**before, **wanted}:
        raise UserError(f"{FILE}: cannot be added to as it is written; add the entries by hand")
    return result


def _write(name: str, value: Mapping[str, Any]) -> list[str]:
    """Return the lines of an entry: one, or where it has many keys, one for each."""
    if len(value) < 4:
        return [_write_line(name, value)]
    return [_write_line(name, None).removesuffix(" null"), *(f"  {_write_line(*item)}" for item in value.items())]


def _write_line(key: str, value: Any) -> str:
    return dump({key: value}, default_flow_style=True, width=10_000, allow_unicode=True).strip()[1:-1]


def _last_line(node: Any) -> int:
    """Return the line, from 0, in which the last value of a section ends, without comments behind it."""
    while not getattr(node, "flow_style", True) and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end: int = node.end_mark.line
    return end
