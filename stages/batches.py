"""Batches of images, or of what a network's frozen part makes of them, in a seeded order."""

from collections.abc import Callable
from typing import Any

import numpy


class Batches:
    """Inputs and labels of chosen rows, read from disk as they are asked for.

    Each batch is handed out in ``parts`` parts, as equal as can be, for an optimizer that accumulates their gradients.
    With a seed the rows are shuffled anew for each epoch, the same way in every run; without one they keep their order.
    """

    def __init__(
        self,
        read: Callable[[numpy.ndarray], Any],
        labels: numpy.ndarray,
        rows: numpy.ndarray,
        batch_size: int,
        parts: int,
        seed: int | None,
    ) -> None:
        """Take what reads the inputs of given rows, the labels of all rows, and the rows of an epoch (int64, (n,))."""
        self.read, self.labels, self.rows = read, labels, rows
        self.batch_size, self.parts, self.seed = batch_size, parts, seed
        self.epoch = 0
        self.pieces = self._divided(self._order())

    @property
    def part(self) -> int:
        """Images in one part of a full batch."""
        return self.batch_size // self.parts

    def __len__(self) -> int:
        """Return the parts in an epoch."""
        return len(self.pieces)

    def __getitem__(self, index: int) -> tuple[Any, numpy.ndarray]:
        """Return one part: what is read of its rows (of images: uint8), and labels (int64)."""
        rows = self.pieces[index]
        return self.read(rows), self.labels[rows]

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch."""
        self.epoch += 1
        self.pieces = self._divided(self._order())

    def _order(self) -> numpy.ndarray:
        if self.seed is None:
            return self.rows
        return numpy.random.default_rng([self.seed, self.epoch]).permutation(self.rows)

    def _divided(self, order: numpy.ndarray) -> list[numpy.ndarray]:
        starts = list(range(self.batch_size, len(order), self.batch_size))
        if starts and len(order) - starts[-1] < max(self.parts, self.batch_size // 4):
            starts.pop()  # too few for statistics of a batch: they join the batch before
        batches = numpy.split(order, starts)
        return [part for batch in batches for part in numpy.array_split(batch, min(self.parts, len(batch)))]
