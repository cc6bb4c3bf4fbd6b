"""All that is known of each step of an audit, folded, as HTML."""

from collections.abc import Sequence
from html import escape

from darkroom.reporting.quantities import counted
from workflow.audit import html, words
from workflow.audit.facts import brought, differences
from workflow.audit.lineage import Item, Step


def details(step: Step) -> str:
    """Return a step's name, state and description, which unfold to all that is known of it."""
    parameters = [[html.code(key), html.code(value)] for key, value in words.parameters(step)]
    facts = {
        "state": html.paragraphs(differences(step)),
        "command": html.code(step.command),
        "parameters": f'<div class="scroll">{html.table([], parameters)}</div>' if parameters else "",
        "libraries": escape(words.libraries(step)),
        "code": _items(step.code),
        "inputs": _items(step.inputs),
        "outputs": _items(step.outs),
        "brought in": html.paragraphs([words.origin(found) for found in brought(step)]),
        "ran": escape(words.ran(step.record)),
        "recorded": f'in commit <span class="hash">{escape(step.commit)}</span>' if step.commit else "",
    }
    listed = "".join(f"<dt>{label}</dt><dd>{fact}</dd>" for label, fact in facts.items() if fact)
    head = f'<b>{escape(step.name)}</b>{html.pill(step)} <span class="soft wide">{escape(step.description)}</span>'
    return f'<details id="{escape(step.name)}"><summary>{head}</summary><dl>{listed}</dl></details>'


def _items(items: Sequence[Item]) -> str:
    """Return files and folders, folded: path, hash, extent, the step that wrote it, and whether it still is that."""
    if not items:
        return ""
    rows = [
        [
            html.code(item.path),
            html.digest(item.md5),
            html.unbroken(words.extent(item)),
            html.link(item.producer) if item.producer else "",
            words.ITEM_STATES[item.state],
        ]
        for item in items
    ]
    differ = [item for item in items if item.state != "same"]
    said = counted(sum(item.files or 1 for item in items), "file")
    said += f", {len(differ)} not as recorded" if differ else ""
    return f'<details><summary>{said}</summary><div class="scroll">{html.table([], rows)}</div></details>'
