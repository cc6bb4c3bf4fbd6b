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
from darkroom.networks.network import to_probabilities
from darkroom.networks.network_file import load_network
from darkroom.params.model import Runtime

BATCH = 32
"""Images given to the model at once; it bounds memory and changes no result."""
COPIED = (HISTORY, LAYERS, SUMMARY)
"""Files of a model's folder that an evaluation's repeats."""


@dataclass(frozen=True)
class Trained:
    """A model's folder, read: the Keras model, its history (one row per epoch), its layer table and its summary."""

    network: Any
    history: pandas.DataFrame
    layers: pandas.DataFrame
    summary: dict[str, Any]


def open_trained(folder: Path, parameters: Runtime) -> Trained:
    """Return the model that training left in ``folder``, after setting up the runtime it computes in.

    Raises:
        UserError: a file is missing.
    """
    for name in (NETWORK, *COPIED):
        if not (folder / name).is_file():
            raise UserError(f"{folder / name}: no such file; train {folder.name} first")
    runtime.start(parameters)
    history, layers = (pandas.read_csv(folder / name) for name in (HISTORY, LAYERS))
    return Trained(load_network(folder), history, layers, read_json(folder / SUMMARY))


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
    rows = numpy.arange(len(view.labels(TEST)))
    pieces = numpy.split(rows, range(BATCH, len(rows), BATCH))
    batches = (view.read(TEST, piece) for piece in show_progress(pieces, len(pieces), task, "batches"))
    found = numpy.concatenate([to_probabilities(trained.network.predict_on_batch(batch)) for batch in batches])
    if not numpy.isfinite(found).all():
        raise UserError(
            f"{folder / NETWORK}: predicts values that are not finite, so its training diverged; "
            f"lower the learning_rate of {trained.summary['model']}"
        )
    return found
