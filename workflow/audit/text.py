"""An audit as text: the tree from what was asked for down to what was brought in, each step in full once."""

import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from darkroom.reporting.quantities import counted
from workflow.audit import words
from workflow.audit.environments import Environment
from workflow.audit.facts import Audit, brought, differences, upstream
from workflow.audit.lineage import Item, Step

LABEL = 12
"""Columns of a fact's name."""
NARROWEST = 40
"""Columns that a fact has at least, however deep its step hangs."""
NAMED = 8
"""Differences that the last line names."""
TOGETHER = "\N{NO-BREAK SPACE}"
"""Between words that stay in one line."""


def page(audit: Audit, width: int) -> str:
    """Return the audit, in lines of ``width`` columns where words allow it."""
    steps = {step.name: step for step in audit.steps}
    told: set[str] = set()
    lines: list[str] = []
    for asked in audit.asked:
        branches = [_branch(steps[name], steps, told, width - 3) for name in audit.makers(asked)]
        lines += [asked, *_hung(branches), ""]
    if audit.environments:
        lines += [*environments(audit.environments, width), ""]
    return "\n".join([*lines, ending(audit)]) + "\n"


def ending(audit: Audit) -> str:
    """Return the line that says whether all holds, or what differs."""
    found = audit.differences
    if not found:
        return f"{counted(len(audit.steps), 'step')}: all that dvc.lock records of them still holds."
    more = [f"and {len(found) - NAMED} more"] if len(found) > NAMED else []
    return f"{counted(len(found), 'difference')} from what dvc.lock records: {'; '.join([*found[:NAMED], *more])}"


def environments(found: Sequence[Environment], width: int) -> list[str]:
    """Return a table of the facts that differ between the environments of models, which names these in its head."""
    facts = dict.fromkeys(fact for environment in found for fact in environment.facts)
    label = max(map(len, facts)) + 2
    column = max((width - label) // len(found) - 2, NARROWEST // 2)
    rows = {"": [" ".join(environment.steps) for environment in found]}
    rows |= {fact: [words.environment_value(environment, fact) for environment in found] for fact in facts}
    lines = ["The models were made in different environments. What differs:"]
    for fact, cells in rows.items():
        parts = zip_longest(*(_wrapped(cell, column, "") for cell in cells), fillvalue="")
        for number, line in enumerate(parts):
            texts = "  ".join(text.ljust(column) for text in line)
            lines.append(f"{fact if number == 0 else '':<{label}}{texts}".rstrip())
    return lines


def _branch(step: Step, steps: Mapping[str, Step], told: set[str], width: int) -> list[str]:
    if step.name in told:
        return [f"{step.name} (above)"]
    told.add(step.name)
    before = [_branch(steps[name], steps, told, width - 3) for name in upstream(step)]
    gutter = "│ " if before else "  "
    head = f"{step.name}: {step.description}" if step.description else step.name
    return [head, *(gutter + line for line in facts(step, width - 2)), *(["│"] if before else []), *_hung(before)]


def _hung(branches: Sequence[Sequence[str]]) -> list[str]:
    """Return branches one below the other, each hung on the line that comes down from above."""
    lines = []
    for number, branch in enumerate(branches, start=1):
        first, rest = ("└─ ", "   ") if number == len(branches) else ("├─ ", "│  ")
        lines += [first + branch[0], *(rest + line for line in branch[1:])]
        lines += ["│"] if len(branch) > 1 and number < len(branches) else []
    return lines


def facts(step: Step, width: int) -> list[str]:
    """Return all that is known of a step, a fact's name before its lines."""
    known = {
        "command": [step.command],
        "parameters": [f"{key} = {value}" for key, value in words.parameters(step)],
        "libraries": [words.libraries(step)],
        "code": [code(step)] if step.code else [],
        "inputs": list(inputs(step)),
        "outputs": outputs(step.outs),
        "brought in": [words.origin(found) for found in brought(step)],
        "ran": [words.ran(step.record)],
        "recorded": [f"in commit {words.short(step.commit)}" if step.commit else ""],
        "state": [words.verdict(step), *differences(step)],
    }
    lines = []
    for label, texts in known.items():
        full = [line for text in texts if text for line in _wrapped(text, max(width - LABEL, NARROWEST))]
        lines += [f"{label if number == 0 else '':<{LABEL}}{line}" for number, line in enumerate(full)]
    return lines


def code(step: Step) -> str:
    """Return how many files of code a step ran, and which are no longer what they were."""
    differ = [f"{item.path} {item.state}" for item in step.code if item.state != "same"]
    return ": ".join([counted(len(step.code), "file"), *([", ".join(differ)] if differ else [])])


def inputs(step: Step) -> Iterator[str]:
    """Return a line for each step that wrote what a step read, and one for each file or folder from outside."""
    yield from (_item(item, item.path) for item in step.inputs if item.producer is None)
    for producer in upstream(step):
        items = [item for item in step.inputs if item.producer == producer]
        folder = os.path.commonpath([os.path.dirname(item.path) for item in items])  # noqa: PTH120
        names = [_item(item, os.path.relpath(item.path, folder)) for item in items]
        yield f"of {producer}, in {folder}: {'; '.join(names)}"


def outputs(items: Sequence[Item]) -> list[str]:
    """Return a line for each file or folder, in columns."""
    widest = max((len(item.path) for item in items), default=0)
    return [_item(item, item.path.ljust(widest)) for item in items]


def _item(item: Item, name: str) -> str:
    known = [part for part in (words.short(item.md5), words.extent(item), _state(item)) if part]
    return f"{name} {' '.join(known)}".replace(" ", TOGETHER)


def _state(item: Item) -> str:
    return f"({words.ITEM_STATES[item.state]})" if item.state != "same" else ""


def _wrapped(text: str, width: int, indent: str = "  ") -> list[str]:
    wrapper = textwrap.TextWrapper(width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    lines = wrapper.wrap(text)
    return [line.replace(TOGETHER, " ") for line in lines]
