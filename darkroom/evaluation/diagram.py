"""A diagram of a network's layers, inputs to output, each with its output shape and parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import BoxStyle, FancyArrowPatch, FancyBboxPatch

from darkroom.reporting.figures import pyplot

COLUMN = 18
"""Layers in a column; those that follow stand in the next one."""
WIDTH, HEIGHT, GAP, GUTTER = 4.4, 0.4, 0.22, 0.55
"""Of a layer, between two, and between columns, in inches."""
TITLE = 0.5
"""Room for the title, in inches."""
MARGIN, LINE = 0.1, "0.35"
"""Between a box and its words, in inches; colour of lines."""
COLOURS = {
    "Conv": "#cfe2f3",
    "Pooling": "#fde0c5",
    "Dropout": "#eeeeee",
    "Dense": "#d9ead3",
    "Normalization": "#e8dff5",
    "Model": "#fff2b3",
}
"""Of layers, by a part of their type's name."""
PLAIN = "white"


@dataclass(frozen=True)
class Box:
    """One layer, or one network within the network."""

    name: str
    kind: str
    """Its type and the settings that matter."""
    shape: tuple[int, ...]
    parameters: int
    colour: str = PLAIN


def list_boxes(network: Any) -> list[Box]:
    """Return the input and the layers of a Keras model in their order; a model in it, as a backbone is, is one box."""
    first = Box("image", "input", tuple(network.input_shape[1:]), 0)
    layers = [layer for layer in network.layers if type(layer).__name__ != "InputLayer"]
    return [first, *(_describe_layer(layer) for layer in layers)]


def _describe_layer(layer: Any) -> Box:
    nested = getattr(layer, "layers", None)
    kind = f"network of {len(nested)} layers" if nested else ", ".join([type(layer).__name__, *_list_settings(layer)])
    searched = "Model" if nested else kind
    colour = next((colour for part, colour in COLOURS.items() if part in searched), PLAIN)
    return Box(layer.name, kind, tuple(layer.output.shape[1:]), layer.count_params(), colour)


def _list_settings(layer: Any) -> list[str]:
    """Return the settings of a layer that matter most: window, rate and activation, as far as it has them."""
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    rate, activation = getattr(layer, "rate", None), getattr(layer, "activation", None)
    named = getattr(activation, "__name__", "linear")
    found = [_write_shape(window) if window else "", f"{rate:g}" if rate else "", "" if named == "linear" else named]
    return [text for text in found if text]


def _write_shape(sides: Sequence[int]) -> str:
    return "×".join(map(str, sides))


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
    for before, after in pairwise(places):
        _draw_arrow(axis, before, after)
    figure.suptitle(f"{title}: {sum(layer.parameters for layer in layers):,} parameters")
    return figure


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
    axis.text(right, upper, _write_shape(layer.shape), fontsize=9, ha="right", va="center")
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
