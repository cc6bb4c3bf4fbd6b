"""Where the steps of an audit are drawn: in columns, what comes first on the left, so that arrows cross no box.

An arrow over several columns bends around the boxes between: in each it has a place of its own, a node as steps are.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean as mean

from workflow.concerned import reached

Point = tuple[int, float]
"""A column, and the height of a middle in pixels."""


class Layout:
    """Where each step is, ``places``, and the places that each arrow, a pair of steps, goes through."""

    def __init__(self, before: Mapping[str, Sequence[str]], tall: float, gap: float) -> None:
        """Take the steps before each step, all in the order of their making, a box's height and the gap below it."""
        self.tall, self.gap = tall, gap
        self.steps = set(before)
        columns = columns_of(before)
        arrows = [(first, name) for name in before for first in direct(name, before)]
        chains = {(first, name): _chain(first, name, columns) for first, name in arrows}
        for chain in chains.values():
            columns |= {node: columns[chain[0]] + number for number, node in enumerate(chain)}
        heights = self._heights(columns, list(chains.values()))
        top = min(heights.values()) - tall / 2
        self.columns = 1 + max(columns.values())
        self.height = max(heights.values()) - top + tall / 2
        places: dict[str, Point] = {node: (columns[node], heights[node] - top) for node in columns}
        self.places = {name: places[name] for name in before}
        self.arrows = {arrow: [places[node] for node in chain] for arrow, chain in chains.items()}

    def _heights(self, columns: Mapping[str, int], chains: Sequence[list[str]]) -> dict[str, float]:
        """Return the height of each node: beside what follows it, but none over another of its column."""
        after: dict[str, list[str]] = {node: [] for node in columns}
        for chain in chains:
            for node, following in pairwise(chain):
                after[node].append(following)
        found: dict[str, float] = {}
        for column in range(max(columns.values()), -1, -1):
            nodes = [node for node in columns if columns[node] == column]
            found |= self._apart(
                {node: mean(found[one] for one in after[node]) if after[node] else 0 for node in nodes}
            )
        return found

    def _apart(self, wanted: Mapping[str, float]) -> dict[str, float]:
        """Return heights near those wanted, in their order, with room for each node."""
        found: dict[str, float] = {}
        free = float("-inf")
        for node in sorted(wanted, key=lambda node: wanted[node]):
            half = self.tall / 2 if node in self.steps else 0
            found[node] = max(wanted[node], free + half)
            free = found[node] + half + self.gap
        shift = mean(found[node] - wanted[node] for node in found)
        return {node: height - shift for node, height in found.items()}


def columns_of(before: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the column of each step: as far to the right as what follows it lets it."""
    distance = dict.fromkeys(before, 0)
    for name in reversed(list(before)):
        for first in before[name]:
            distance[first] = max(distance[first], distance[name] + 1)
    return {name: max(distance.values()) - far for name, far in distance.items()}


def direct(name: str, before: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the steps before ``name`` from which no other of them leads to it."""
    behind = {first: ancestors(first, before) for first in before[name]}
    return [first for first in behind if not any(first in others for others in behind.values())]


def ancestors(name: str, before: Mapping[str, Sequence[str]]) -> set[str]:
    """Return all steps that a step came from."""
    return reached(before[name], before)


def _chain(first: str, name: str, columns: Mapping[str, int]) -> list[str]:
    """Return the nodes of an arrow: its steps, and one in each column between them."""
    return [first, *(f"{first} to {name} in {column}" for column in range(columns[first] + 1, columns[name])), name]
