"""Batches of images, or of what a network's frozen part makes of them, in a seeded order."""

from collections.abc import Callable
from typing import Any

import numpy

from darkroom.images.prepared.mixing import Mixing

SEEDS = 2**31 - 1
"""Seeds of an image's random changes are from 0 to less than this."""


class Batches:
    """Inputs and labels of chosen rows, read from disk as they are asked for.

    Each batch is handed out in ``parts`` parts, as equal as can be, for an optimizer that accumulates their gradients.
    With a seed the rows are shuffled anew for each epoch, the same way in every run; without one they keep their order.
    With ``changed`` the inputs are changed at random, with ``mixing`` they are mixed with others: each image in a way
    that depends on seed, epoch and row alone.
    """

    def __init__(
        self,
        read: Callable[[numpy.ndarray], Any],
        labels: numpy.ndarray,
        rows: numpy.ndarray,
        batch_size: int,
        parts: int,
        seed: int | None,
        changed: Callable[[numpy.ndarray, numpy.ndarray], numpy.ndarray] | None = None,
        weights: numpy.ndarray | None = None,
        mixing: Mixing | None = None,
    ) -> None:
        """Take what reads the inputs of given rows, the labels of all rows, and the rows of an epoch (int64, (n,)).

        ``changed`` makes of inputs and their seeds (int64, (images, 2)) other inputs; ``weights`` (float32, (classes,))
        say how much an image of each class counts.
        """
        self.read, self.labels, self.rows = read, labels, rows
        self.batch_size, self.parts, self.seed = batch_size, parts, seed
        self.changed, self.weights, self.mixing = changed, weights, mixing
        self.begin(0)

    @property
    def part(self) -> int:
        """Images in one part of a full batch."""
        return self.batch_size // self.parts

    def __len__(self) -> int:
        """Return the parts in an epoch."""
        return len(self.pieces)

    def __getitem__(self, index: int) -> tuple[Any, numpy.ndarray]:
        """Return one part: what is read of its rows (of images: uint8, changed ones float32), and labels (int64).

        Where images are mixed, labels are shares of classes: float32, (rows, classes).
        """
        rows = self.pieces[index]
        inputs = self._read(rows)
        if self.mixing:
            return self.mixing.apply(inputs, rows, self.seeds[rows], self._read)
        return inputs, self.labels[rows]

    def weigh(self, labels: numpy.ndarray) -> numpy.ndarray:
        """Return how much images with these labels, or shares of classes, count: float32, (images,)."""
        assert self.weights is not None
        return self.weights[labels] if labels.ndim == 1 else labels @ self.weights

    def begin(self, epoch: int) -> None:
        """Go to the start of an epoch, counted from 0, whatever was handed out before."""
        self.epoch = epoch
        self.pieces = self._divide(self._arrange())
        if self.changed or self.mixing:
            draw = numpy.random.default_rng([self.seed or 0, epoch, 1])  # the order draws from the first two alone
            self.seeds = draw.integers(0, SEEDS, (len(self.labels), 2))

    def on_epoch_end(self) -> None:
        """Shuffle for the next epoch."""
        self.begin(self.epoch + 1)

    def _read(self, rows: numpy.ndarray) -> Any:
        inputs = self.read(rows)
        return self.changed(inputs, self.seeds[rows]) if self.changed else inputs

    def _arrange(self) -> numpy.ndarray:
        if self.seed is None:
            return self.rows
        return numpy.random.default_rng([self.seed, self.epoch]).permutation(self.rows)

    def _divide(self, order: numpy.ndarray) -> list[numpy.ndarray]:
        starts = list(range(self.batch_size, len(order), self.batch_size))
        if starts and len(order) - starts[-1] < max(self.parts, self.batch_size // 4):
            starts.pop()  # too few for statistics of a batch: they join the batch before
        batches = numpy.split(order, starts)
        return [part for batch in batches for part in numpy.array_split(batch, min(self.parts, len(batch)))]
