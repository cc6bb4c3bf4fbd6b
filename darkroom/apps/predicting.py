"""What a network says of pictures that are read while it computes, a batch at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy

from darkroom.apps.model_folder import ModelFolder
from darkroom.apps.predictions import Prediction
from darkroom.apps.reading import Picture
from darkroom.core import parallel
from darkroom.core.errors import UserError

BATCH = 32
"""Images given to the network at once; it bounds memory."""
AHEAD = 2
"""Batches that are decoded, or being decoded, while one is predicted."""


def count_chunk() -> int:
    """Return how many images a process decodes at a time, for ``AHEAD`` batches to be under way in all."""
    return -(-AHEAD * BATCH // (parallel.AHEAD * parallel.count_processors()))


def predict_batches(network: Any, pictures: Iterable[tuple[str, Picture]], model: ModelFolder) -> Iterator[Prediction]:
    """Yield a prediction for each name and its picture, computed ``BATCH`` at a time.

    Raises:
        UserError: the network gives values that are no numbers.
    """
    from darkroom.networks.network import (
        to_probabilities,  # here, as it takes seconds: a mistake in what was typed shows at once
    )

    remaining = iter(pictures)
    while batch := list(islice(remaining, BATCH)):
        found = to_probabilities(network.predict_on_batch(numpy.stack([picture.pixels for _, picture in batch])))
        if not numpy.isfinite(found).all():
            raise UserError(f"{model.file}: predicts values that are no numbers: its training diverged; train it anew")
        for (name, picture), row in zip(batch, found, strict=True):
            yield Prediction(name, row, picture.thumbnail)
