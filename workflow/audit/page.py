"""An audit as one page of HTML that needs no other file: figures, graph, environments, and every step."""

from base64 import b64encode
from pathlib import Path

from darkroom.reporting import templates
from darkroom.reporting.quantities import counted
from workflow.audit import graph, text, words
from workflow.audit.environments import list_facts
from workflow.audit.facts import Audit, judge, list_brought, list_differences

FIGURES = {".png": "image/png", ".webp": "image/webp"}
"""What files of figures hold, by their ending."""


def render(audit: Audit) -> str:
    """Return the page."""
    states = {judge(step) for step in audit.steps}
    return templates.render(
        Path(__file__).parent,
        "page.html.j2",
        audit=audit,
        worst="changed" if "changed" in states else "missing",
        ending=text.conclude(audit),
        kinds=FIGURES,
        figures={path: b64encode(path.read_bytes()).decode() for path in list_figures(audit)},
        graph=graph.lay_out(audit.steps),
        words=words,
        judge=judge,
        list_brought=list_brought,
        list_differences=list_differences,
        list_facts=list_facts,
        counted=counted,
    )


def list_figures(audit: Audit) -> list[Path]:
    """Return the figures that were asked for, or lie in a folder that was."""
    paths = (Path(out.path) for out in audit.list_outs_asked() if out.state != "missing")
    return [path for path in paths if path.suffix in FIGURES]
