"""A trained model, and what it predicts for the test images of a view."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pandas

from darkroom.core import runtime
from darkroom.core.errors import UserError
from darkroom.core.filenames import HISTORY, LAYERS, NETWORK, SUMMARY
from darkroom.core.files import read_json
from darkroom.core.progress import show_progress
from darkroom.images.prepared.views import TEST, View
from darkroom.networks.network import BATCH, to_probabilities
from darkroom.networks.network_file import load_network
from darkroom.params.model import Runtime

COPIED = (HISTORY, LAYERS, SUMMARY)
"""Files of a model's folder that an evaluation's repeats; an ensemble has no history."""
NO_CURVE = ("epoch", "loss", "accuracy")
"""Columns of the history, without rows, of an ensemble."""


@dataclass(frozen=True)
class Trained:
    """A model's folder, read: the network, its history (a row per epoch, of an ensemble none), layers and summary."""

    network: Any
    history: pandas.DataFrame
    layers: pandas.DataFrame
    summary: dict[str, Any]


def open_trained(folder: Path, parameters: Runtime) -> Trained:
    """Return the model that training left in ``folder``, after setting up the runtime it computes in.

    Raises:
        UserError: a file is missing.
    """
    for name in (NETWORK, LAYERS, SUMMARY):
        _require(folder / name)
    runtime.start(parameters)
    summary = read_json(folder / SUMMARY)
    if "members" not in summary:
        _require(folder / HISTORY)
    network = load_network(folder)
    history = pandas.DataFrame(columns=NO_CURVE) if "members" in summary else pandas.read_csv(folder / HISTORY)
    return Trained(network, history, pandas.read_csv(folder / LAYERS), summary)


def _require(file: Path) -> None:
    if not file.is_file():
        raise UserError(f"{file}: no such file; train {file.parent.name} first")


def predict(trained: Trained, folder: Path, view: View, task: str) -> numpy.ndarray:
    """Return the class probabilities of the view's test images, read batch by batch.

    Args:
        trained: the model.
        folder: of the model, for the message.
        view: what it is tested on.
        task: named beside the progress.

    Returns:
        float32 (images, classes).

    Raises:
        UserError: they are no finite numbers.
    """
    found = predict_rows(trained.network, TEST, view, numpy.arange(len(view.labels(TEST))), task)
    if not numpy.isfinite(found).all():
        raise UserError(
            f"{folder / NETWORK}: predicts values that are not finite, so its training diverged; "
            f"lower the learning_rate of {trained.summary['model']}"
        )
    return found


def predict_rows(network: Any, split: str, view: View, rows: numpy.ndarray, task: str) -> numpy.ndarray:
    """Return the class probabilities of ``rows``, int64 (images,), at least one, of a split: float32 (images, classes).

    They are read batch by batch; ``task`` is named beside the progress.
    """
    pieces = numpy.split(rows, range(BATCH, len(rows), BATCH))
    batches = (view.read(split, piece) for piece in show_progress(pieces, len(pieces), task, "batches"))
    return numpy.concatenate([to_probabilities(network.predict_on_batch(batch)) for batch in batches])
