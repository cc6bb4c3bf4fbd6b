"""The boxes of a network's diagram: its layers in their order, what each is, and what joins them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from darkroom.networks.calls import INPUT, find_sources

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
    inputs: tuple[str, ...] = ()
    """The boxes whose output it is given, by name."""


def list_boxes(network: Any) -> list[Box]:
    """Return the input and the layers of a Keras model in their order; a model in it, as a backbone is, is one box.

    Where it branches, the first branch stands before the second.
    """
    first = Box(INPUT, "input", tuple(network.input_shape[1:]), 0)
    sources = find_sources(network)
    named = {layer.name: layer for layer in network.layers}
    return [first, *(_describe_layer(named[name], sources[name]) for name in sort_branches(sources))]


def sort_branches(sources: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the layers so that each stands behind its sources, and those of one branch together."""
    found: dict[str, None] = {}
    waiting = list(sources)[-1:]
    while waiting:
        missing = [name for name in sources[waiting[-1]] if name in sources and name not in found]
        if missing:
            waiting.append(missing[0])
        else:
            found[waiting.pop()] = None
    return list(found)


def _describe_layer(layer: Any, sources: tuple[str, ...]) -> Box:
    nested = getattr(layer, "layers", None)
    kind = f"network of {len(nested)} layers" if nested else ", ".join([type(layer).__name__, *_list_settings(layer)])
    searched = "Model" if nested else kind
    colour = next((colour for part, colour in COLOURS.items() if part in searched), PLAIN)
    return Box(layer.name, kind, tuple(layer.output.shape[1:]), layer.count_params(), colour, sources)


def _list_settings(layer: Any) -> list[str]:
    """Return the settings of a layer that matter most: window, rate and activation, as far as it has them."""
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    rate, activation = getattr(layer, "rate", None), getattr(layer, "activation", None)
    named = getattr(activation, "__name__", "linear")
    found = [write_shape(window) if window else "", f"{rate:g}" if rate else "", "" if named == "linear" else named]
    return [text for text in found if text]


def write_shape(sides: Sequence[int]) -> str:
    """Return sizes as they stand in a box."""
    return "×".join(map(str, sides))


def list_neighbours(layers: Sequence[Box]) -> list[tuple[int, int]]:
    """Return the places of boxes that stand one behind the other and are joined."""
    return [(place - 1, place) for place in range(1, len(layers)) if layers[place - 1].name in layers[place].inputs]


def list_shortcuts(layers: Sequence[Box]) -> list[tuple[int, int]]:
    """Return the places of boxes that are joined past others."""
    places = {layer.name: place for place, layer in enumerate(layers)}
    joined = [(places[name], place) for place, layer in enumerate(layers) for name in layer.inputs]
    return [(first, second) for first, second in joined if second - first > 1]
