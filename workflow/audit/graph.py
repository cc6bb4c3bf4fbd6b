"""The graph of an audit's steps as SVG: what comes first on the left, what was asked for on the right."""

from collections.abc import Sequence
from html import escape

from workflow.audit import words
from workflow.audit.facts import state, upstream
from workflow.audit.layout import Layout, Point
from workflow.audit.lineage import Step

WIDTH, HEIGHT = 172, 46
"""Pixels of a step's box."""
ACROSS, DOWN = 44, 16
"""Pixels between boxes."""
MARGIN = 4
LETTERS = 23
"""Characters of a key that fit into a box."""
HEAD = 5
"""Pixels of an arrow's head."""


def drawing(steps: Sequence[Step]) -> str:
    """Return the graph of ``steps``, whose boxes lead to the anchors that are their names."""
    layout = Layout({step.name: upstream(step) for step in steps}, HEIGHT, DOWN)
    width = layout.columns * (WIDTH + ACROSS) - ACROSS + 2 * MARGIN
    height = layout.height + 2 * MARGIN
    drawn = [*map(_arrow, layout.arrows.values()), *(_box(step, layout.places[step.name]) for step in steps)]
    size = f'viewBox="0 0 {width} {height:.0f}" style="width: {width}px"'
    return f'<svg {size} role="img" aria-label="Graph of the steps">{"".join(drawn)}</svg>'


def _left(column: int) -> int:
    return MARGIN + column * (WIDTH + ACROSS)


def _arrow(points: Sequence[Point]) -> str:
    (column, y), *rest = points
    path = [f"M{_left(column) + WIDTH} {MARGIN + y:.1f}"]
    for number, (into, to) in enumerate(rest, start=1):
        start, end, bend = _left(into) - ACROSS, _left(into), ACROSS / 2
        path.append(f"C{start + bend} {MARGIN + y:.1f} {end - bend} {MARGIN + to:.1f} {end} {MARGIN + to:.1f}")
        path += [f"h{WIDTH}"] if number < len(rest) else []
        y = to
    return f'<path class="arrow" d="{"".join(path)}m-{HEAD}-{HEAD * 0.6}l{HEAD} {HEAD * 0.6}l-{HEAD} {HEAD * 0.6}"/>'


def _box(step: Step, place: Point) -> str:
    x, y = _left(place[0]), MARGIN + place[1] - HEIGHT / 2
    verb, _, key = step.name.partition("@")
    shown = key if len(key) <= LETTERS else f"{key[: LETTERS - 1]}…"
    said = verb if state(step) == "same" else f"{verb} · {words.verdict(step)}"
    name = escape(step.name)
    return (
        f'<a href="#{name}" class="{state(step)}"><title>{name}: {words.verdict(step)}</title>'
        f'<rect class="box" x="{x}" y="{y:.1f}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<rect class="mark" x="{x}" y="{y:.1f}" width="6" height="{HEIGHT}" rx="3"/>'
        f'<text class="verb" x="{x + 15}" y="{y + 18:.1f}">{escape(said)}</text>'
        f'<text class="key" x="{x + 15}" y="{y + 35:.1f}">{escape(shown)}</text></a>'
    )
