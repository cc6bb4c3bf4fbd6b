"""An audit as one page of HTML, which needs nothing beside itself: figures, graph, environments, and every step."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

from darkroom.reporting.quantities import counted, duration
from workflow.audit import graph, html, words
from workflow.audit.details import details
from workflow.audit.environments import Environment
from workflow.audit.facts import Audit, state
from workflow.audit.lineage import Step
from workflow.audit.text import ending

STYLE = Path(__file__).with_name("page.css")
FIGURE = ".png"
UNFOLD = """
const unfold = () => {
  const step = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (step) { step.open = true; step.scrollIntoView(); }
};
addEventListener("hashchange", unfold);
unfold();
"""
"""Shows the details of the step that a link leads to."""


def page(audit: Audit) -> str:
    """Return the page."""
    title = escape(f"Where {', '.join(audit.asked)} came from")
    from_last = audit.steps[::-1]
    parts = [
        f"<h1>{title}</h1>",
        verdict(audit),
        figures(audit),
        "<h2>Steps</h2>",
        '<p class="soft">From left to right; an arrow that follows from others is left out.</p>',
        f'<div class="panel graph">{graph.drawing(audit.steps)}</div>',
        environments(audit.environments),
        f'<h2>When and where</h2><div class="panel">{overview(from_last)}</div>',
        f"<h2>Each step</h2>{''.join(map(details, from_last))}",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>\n{STYLE.read_text(encoding='utf-8')}</style></head>\n<body><main>\n"
        + "\n".join(part for part in parts if part)
        + f"\n</main><script>{UNFOLD}</script></body></html>\n"
    )


def verdict(audit: Audit) -> str:
    """Return whether all holds, or each difference."""
    states = {state(step) for step in audit.steps}
    if states <= {"same"}:
        return f'<div class="verdict same">{escape(ending(audit))}</div>'
    worst = "changed" if "changed" in states else "missing"
    head = f"{counted(len(audit.differences), 'difference')} from what dvc.lock records:"
    listed = "".join(f"<li>{escape(said)}</li>" for said in audit.differences)
    return f'<div class="verdict {worst}">{head}<ul>{listed}</ul></div>'


def figures(audit: Audit) -> str:
    """Return the figures that were asked for, or lie in a folder that was."""
    paths = [Path(out.path) for out in audit.outs_asked() if out.path.endswith(FIGURE) and out.state != "missing"]
    shown = [f"<figure>{_image(path)}<figcaption>{escape(str(path))}</figcaption></figure>" for path in paths]
    return f'<h2>Figures</h2><div class="figures">{"".join(shown)}</div>' if shown else ""


def _image(path: Path) -> str:
    return f'<img alt="{escape(path.stem)}" src="data:image/png;base64,{b64encode(path.read_bytes()).decode()}">'


def environments(found: Sequence[Environment]) -> str:
    """Return a table of the facts that differ between the environments of models, where they do."""
    if not found:
        return ""
    head = ["", *(" ".join(map(html.link, one.steps)) for one in found)]
    facts = dict.fromkeys(fact for one in found for fact in one.facts)
    rows = [[html.code(fact), *(escape(words.environment_value(one, fact)) for one in found)] for fact in facts]
    note = '<p class="soft">The models were made in different environments. What differs:</p>'
    return f'<h2>Environments</h2>{note}<div class="panel">{html.table(head, rows)}</div>'


def overview(steps: Sequence[Step]) -> str:
    """Return a table of the steps: what each does, when and where it ran, and whether it holds."""
    head = ["step", "state", "what", "began", "took", "on", "recorded"]
    rows = [
        [
            html.link(step.name),
            html.pill(step),
            escape(step.description),
            html.unbroken(words.moment(step.record.get("began", ""))),
            html.unbroken("" if (taken := words.seconds(step.record)) is None else duration(taken)),
            html.unbroken(step.record.get("machine", {}).get("host", "")),
            html.digest(step.commit),
        ]
        for step in steps
    ]
    return html.table(head, rows, wide=(2, 5, 6))
