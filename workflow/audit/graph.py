"""The graph of an audit's steps as graph.html.j2 draws it: what comes first on the left, what was asked for right."""

from collections.abc import Sequence
from typing import NamedTuple

from workflow.audit.facts import list_producers
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


class Box(NamedTuple):
    """A step's box: the pixels of its left upper corner, and the step's verb and key as they fit into it."""

    step: Step
    x: int
    y: float
    verb: str
    key: str


class Graph(NamedTuple):
    """Boxes, the paths of arrows between them, and the pixels that all take."""

    width: int
    height: int
    boxes: list[Box]
    arrows: list[str]
    box_width: int = WIDTH
    box_height: int = HEIGHT


def lay_out(steps: Sequence[Step]) -> Graph:
    """Return the graph of ``steps``."""
    layout = Layout({step.name: list_producers(step) for step in steps}, HEIGHT, DOWN)
    width = layout.columns * (WIDTH + ACROSS) - ACROSS + 2 * MARGIN
    boxes = [_place(step, layout.places[step.name]) for step in steps]
    return Graph(width, round(layout.height) + 2 * MARGIN, boxes, [_bend(points) for points in layout.arrows.values()])


def _place(step: Step, place: Point) -> Box:
    verb, _, key = step.name.partition("@")
    shown = key if len(key) <= LETTERS else f"{key[: LETTERS - 1]}…"
    return Box(step, _find_left(place[0]), round(MARGIN + place[1] - HEIGHT / 2, 1), verb, shown)


def _bend(points: Sequence[Point]) -> str:
    """Return the path of an arrow through the middles of its places, as SVG has it."""
    (column, y), *rest = points
    path = [f"M{_find_left(column) + WIDTH} {MARGIN + y:.1f}"]
    for number, (into, to) in enumerate(rest, start=1):
        start, end, bend = _find_left(into) - ACROSS, _find_left(into), ACROSS / 2
        path.append(f"C{start + bend} {MARGIN + y:.1f} {end - bend} {MARGIN + to:.1f} {end} {MARGIN + to:.1f}")
        path += [f"h{WIDTH}"] if number < len(rest) else []
        y = to
    return "".join([*path, f"m-{HEAD}-{HEAD * 0.6}l{HEAD} {HEAD * 0.6}l-{HEAD} {HEAD * 0.6}"])


def _find_left(column: int) -> int:
    return MARGIN + column * (WIDTH + ACROSS)
