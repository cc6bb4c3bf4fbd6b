"""Places of an audit's steps in columns, what comes first on the left, so that arrows cross no box.

An arrow over several columns bends around the boxes between: in each it has a place of its own, a node as steps are.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean as mean

import networkx

Point = tuple[int, float]
"""A column, and the height of a middle in pixels."""


class Layout:
    """The place of each step, ``places``, and the places that each arrow, a pair of steps, goes through."""

    def __init__(self, before: Mapping[str, Sequence[str]], tall: float, gap: float) -> None:
        """Take the steps before each step, all in the order of their making, a box's height and the gap below it."""
        self.tall, self.gap = tall, gap
        self.steps = build_graph(before)
        columns = find_columns(self.steps)
        chains = {arrow: _list_nodes(*arrow, columns) for arrow in list_arrows(self.steps)}
        nodes = networkx.DiGraph()
        nodes.add_nodes_from(self.steps)
        for (first, _), chain in chains.items():
            networkx.add_path(nodes, chain)
            columns |= {node: columns[first] + number for number, node in enumerate(chain)}
        heights = self._find_heights(nodes, columns)
        top = min(heights.values()) - tall / 2
        places: dict[str, Point] = {node: (columns[node], heights[node] - top) for node in nodes}
        self.columns = 1 + max(columns.values())
        self.height = max(heights.values()) - top + tall / 2
        self.places = {name: places[name] for name in self.steps}
        self.arrows = {arrow: [places[node] for node in chain] for arrow, chain in chains.items()}

    def _find_heights(self, nodes: networkx.DiGraph, columns: Mapping[str, int]) -> dict[str, float]:
        """Return the height of each node: beside what follows it, but none over another of its column."""
        found: dict[str, float] = {}
        for column in range(max(columns.values()), -1, -1):
            own = [node for node in nodes if columns[node] == column]
            wanted = {node: mean([found[one] for one in nodes.successors(node)] or [0]) for node in own}
            found |= self._space_out(wanted)
        return found

    def _space_out(self, wanted: Mapping[str, float]) -> dict[str, float]:
        """Return heights near those wanted, in their order, with room for each node."""
        found: dict[str, float] = {}
        free = float("-inf")
        for node in sorted(wanted, key=lambda node: wanted[node]):
            half = self.tall / 2 if node in self.steps else 0
            found[node] = max(wanted[node], free + half)
            free = found[node] + half + self.gap
        shift = mean(found[node] - wanted[node] for node in found)
        return {node: height - shift for node, height in found.items()}


def build_graph(before: Mapping[str, Sequence[str]]) -> networkx.DiGraph:
    """Return the graph of the steps, each after those before it; of a circle, which an edited lock may have, a part."""
    graph = networkx.DiGraph()
    for name, first in before.items():
        made = [one for one in first if one in graph]
        graph.add_node(name)
        graph.add_edges_from((one, name) for one in made)
    return graph


def find_columns(steps: networkx.DiGraph) -> dict[str, int]:
    """Return the column of each step: as far to the right as what follows it lets it."""
    from_last = list(networkx.topological_generations(steps.reverse(copy=False)))
    return {name: column for column, names in enumerate(reversed(from_last)) for name in names}


def list_arrows(steps: networkx.DiGraph) -> list[tuple[str, str]]:
    """Return the pairs of steps that no other steps lead between, in the same order in every run."""
    reduced = networkx.transitive_reduction(steps)
    return [pair for pair in steps.edges if reduced.has_edge(*pair)]


def _list_nodes(first: str, name: str, columns: Mapping[str, int]) -> list[str]:
    """Return the nodes of an arrow: its steps, and one in each column between them."""
    return [first, *(f"{first} to {name} in {column}" for column in range(columns[first] + 1, columns[name])), name]
