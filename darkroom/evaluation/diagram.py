"""A diagram of a network's layers, inputs to output, each with its output shape and parameters."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import BoxStyle, FancyArrowPatch, FancyBboxPatch

from darkroom.evaluation.boxes import Box, list_neighbours, list_shortcuts, write_shape
from darkroom.reporting.figures import pyplot

COLUMN = 18
"""Layers in a column; those that follow stand in the next one."""
WIDTH, HEIGHT, GAP, GUTTER = 4.4, 0.4, 0.22, 0.55
"""Of a layer, between two, and between columns, in inches."""
TITLE = 0.5
"""Room for the title, in inches."""
MARGIN, LINE = 0.1, "0.35"
"""Between a box and its words, in inches; colour of lines."""
LANE = 0.09
"""Between a column and the line of a shortcut beside it, and between two such lines, in inches."""


def draw_diagram(layers: Sequence[Box], title: str) -> Figure:
    """Return a figure of ``layers`` below each other, from the first to the last, joined by arrows."""
    columns = -(-len(layers) // COLUMN)
    rows = -(-len(layers) // columns)
    size = (columns * (WIDTH + GUTTER), rows * (HEIGHT + GAP))
    figure = pyplot.figure(figsize=(size[0], size[1] + TITLE))
    axis = figure.add_axes((0, 0, 1, size[1] / (size[1] + TITLE)))
    axis.set(xlim=(-GUTTER / 2, size[0] - GUTTER / 2), ylim=(-size[1], 0.05))
    axis.axis("off")
    places = [((place // rows) * (WIDTH + GUTTER), -(place % rows) * (HEIGHT + GAP)) for place in range(len(layers))]
    for layer, place in zip(layers, places, strict=True):
        _draw_box(axis, layer, place)
    for first, second in list_neighbours(layers):
        _draw_arrow(axis, places[first], places[second])
    for (first, second), lane in assign_lanes(list_shortcuts(layers)).items():
        _draw_shortcut(axis, places[first], places[second], lane * LANE)
    figure.suptitle(f"{title}: {sum(layer.parameters for layer in layers):,} parameters")
    return figure


def assign_lanes(shortcuts: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Return a lane from 1 on for each shortcut, so that no two share one beside the same boxes."""
    found: dict[tuple[int, int], int] = {}
    for first, second in sorted(shortcuts):
        taken = {lane for (start, end), lane in found.items() if start <= second and first <= end}
        found[first, second] = next(lane for lane in range(1, len(taken) + 2) if lane not in taken)
    return found


def _draw_box(axis: Axes, layer: Box, place: tuple[float, float]) -> None:
    left, top = place
    right, upper, lower = left + WIDTH - MARGIN, top - 0.3 * HEIGHT, top - 0.72 * HEIGHT
    rounded = BoxStyle("Round", pad=0, rounding_size=0.06)
    corner = (left, top - HEIGHT)
    axis.add_patch(
        FancyBboxPatch(corner, WIDTH, HEIGHT, boxstyle=rounded, facecolor=layer.colour, edgecolor=LINE, linewidth=0.8)
    )
    beside = f"{layer.parameters:,} parameters" if layer.parameters else ""
    axis.text(left + MARGIN, upper, layer.name, fontsize=9, fontweight="bold", va="center")
    axis.text(left + MARGIN, lower, layer.kind, fontsize=8, color="0.25", va="center")
    axis.text(right, upper, write_shape(layer.shape), fontsize=9, ha="right", va="center")
    axis.text(right, lower, beside, fontsize=8, color="0.25", ha="right", va="center")


def _draw_arrow(axis: Axes, before: tuple[float, float], after: tuple[float, float]) -> None:
    """Draw an arrow from one layer to the next; to the next column it goes up between the two."""
    x, y = after
    start, end = (x + WIDTH / 2, before[1] - HEIGHT), (x + WIDTH / 2, y)
    if before[0] != x:
        between, sideways = x - GUTTER / 2, before[1] - HEIGHT / 2
        start, end = (between, y - HEIGHT / 2), (x, y - HEIGHT / 2)
        axis.plot([x - GUTTER, between, between], [sideways, sideways, start[1]], color=LINE, linewidth=1)
    axis.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, color=LINE, shrinkA=0, shrinkB=0))


def _draw_shortcut(axis: Axes, before: tuple[float, float], after: tuple[float, float], aside: float) -> None:
    """Draw an arrow past other layers, ``aside`` from the column in which it ends."""
    (x, y), beside = after, after[0] - aside
    start, level = before[0] + WIDTH * (before[0] != x), before[1] - HEIGHT / 2
    end = y - HEIGHT / 2 + MARGIN  # above the middle, where an arrow from another column ends
    axis.plot([start, beside, beside], [level, level, end], color=LINE, linewidth=1)
    axis.add_patch(
        FancyArrowPatch((beside, end), (x, end), arrowstyle="-|>", mutation_scale=6, color=LINE, shrinkA=0, shrinkB=0)
    )
