"""An audit as text: the tree from what was asked for down to what was brought in, each step in full once."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from darkroom.reporting import templates
from darkroom.reporting.quantities import counted
from workflow.audit import words
from workflow.audit.environments import Environment, list_facts
from workflow.audit.facts import Audit, list_brought, list_differences, list_producers
from workflow.audit.lineage import Step

FOLDER = Path(__file__).parent
LABEL = 12
"""Columns of a fact's name."""
NARROWEST = 40
"""Columns that a fact has at least, however deep its step hangs."""
NAMED = 8
"""Differences that the last line names."""


def render(audit: Audit, width: int) -> str:
    """Return the audit, in lines of ``width`` columns where words allow it."""
    steps = {step.name: step for step in audit.steps}
    told: set[str] = set()
    trees = []
    for asked in audit.asked:
        branches = [_draw_branch(steps[name], steps, told, width - 3) for name in audit.list_makers(asked)]
        trees.append((asked, "\n".join(_hang(branches))))
    table = "\n".join(tabulate(audit.environments, width))
    known = {"environments": table, "processors": audit.processors, "ending": conclude(audit)}
    return templates.render(FOLDER, "tree.txt.j2", trees=trees, **known)


def conclude(audit: Audit) -> str:
    """Return the line that says that all holds, or what differs."""
    found = audit.differences
    count = counted(len(found), "difference") if found else counted(len(audit.steps), "step")
    values = {"count": count, "named": found[:NAMED], "more": len(found[NAMED:])}
    return templates.render(FOLDER, "ending.txt.j2", **values).rstrip("\n")


def tabulate(found: Sequence[Environment], width: int) -> list[str]:
    """Return a table of the facts that differ between the environments of models, which names these in its head."""
    if not found:
        return []
    facts = list_facts(found)
    label = max(map(len, facts)) + 2
    column = max((width - label) // len(found) - 2, NARROWEST // 2)
    rows = {"": [" ".join(environment.steps) for environment in found]}
    rows |= {fact: [words.describe_fact(environment, fact) for environment in found] for fact in facts}
    lines = []
    for fact, cells in rows.items():
        parts = zip_longest(*(_wrap(cell, column, "") for cell in cells), fillvalue="")
        for number, line in enumerate(parts):
            texts = "  ".join(text.ljust(column) for text in line)
            lines.append(f"{fact if number == 0 else '':<{label}}{texts}".rstrip())
    return lines


def _draw_branch(step: Step, steps: Mapping[str, Step], told: set[str], width: int) -> list[str]:
    if step.name in told:
        return [f"{step.name} (above)"]
    told.add(step.name)
    before = [_draw_branch(steps[name], steps, told, width - 3) for name in list_producers(step)]
    gutter = "│ " if before else "  "
    head = f"{step.name}: {step.description}" if step.description else step.name
    return [head, *(gutter + line for line in _align(step, width - 2)), *(["│"] if before else []), *_hang(before)]


def _hang(branches: Sequence[Sequence[str]]) -> list[str]:
    """Return branches one below the other, each hung on the line that comes down from above."""
    lines = []
    for number, branch in enumerate(branches, start=1):
        first, rest = ("└─ ", "   ") if number == len(branches) else ("├─ ", "│  ")
        lines += [first + branch[0], *(rest + line for line in branch[1:])]
        lines += ["│"] if len(branch) > 1 and number < len(branches) else []
    return lines


def _align(step: Step, width: int) -> Iterator[str]:
    """Yield all that is known of a step in lines of ``width`` columns, a fact's name before the first of its lines."""
    facts = {"step": step, "list_brought": list_brought, "list_differences": list_differences}
    known = templates.render(FOLDER, "step.txt.j2", words=words, **facts)
    before = ""
    for fact in known.split("\n"):
        label, _, text = fact.partition(": ") if ": " in fact else (before, "", fact)
        for line in _wrap(text, max(width - LABEL, NARROWEST)):
            yield f"{label if label != before else '':<{LABEL}}{line}"
            before = label


def _wrap(text: str, width: int, indent: str = "  ") -> list[str]:
    wrapper = textwrap.TextWrapper(width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return [line.replace(words.TOGETHER, " ") for line in wrapper.wrap(text)]
