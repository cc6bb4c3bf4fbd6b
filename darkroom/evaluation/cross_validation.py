"""What the folds of a model say of the training images: each is judged by the training run that held it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy
import pandas

from darkroom.core.errors import UserError
from darkroom.core.filenames import SUMMARY
from darkroom.core.files import read_json
from darkroom.evaluation import doubts
from darkroom.evaluation.prediction import predict_rows
from darkroom.images.prepared.holdout import Holdout
from darkroom.images.prepared.views import TRAIN, View
from darkroom.networks.network_file import check_fit, load_network


@dataclass(frozen=True)
class CrossValidated:
    """The training images of a view, judged by models that were not trained on them."""

    folds: int
    images: int
    accuracy: float
    """Share that gets the label that it has."""
    errors: pandas.DataFrame
    """As ``doubts.tabulate_label_errors`` returns them."""


def judge_training_images(folders: Sequence[Path], view: View, task: str) -> CrossValidated:
    """Return what the training runs in ``folders``, the folds of one model, say of the training images.

    Raises:
        UserError: the folds are not those of the view's images, or a model is missing or corrupt.
    """
    labels = view.labels(TRAIN)
    found = predict_held_out(folders, view, task)
    errors = doubts.tabulate_label_errors(view.list_files(TRAIN), labels, found, view.classes)
    return CrossValidated(len(folders), len(labels), float((found.argmax(axis=1) == labels).mean()), errors)


def predict_held_out(folders: Sequence[Path], view: View, task: str) -> numpy.ndarray:
    """Return the class probabilities of the training images, each by the training run that held it out.

    Returns:
        float32 (images, classes).

    Raises:
        UserError: as ``judge_training_images``.
    """
    found = numpy.full((view.count(TRAIN), len(view.classes)), numpy.nan, dtype=numpy.float32)
    for folder in folders:
        network = load_network(folder)
        check_fit(network, view, folder)
        rows = Holdout.read(read_json(folder / SUMMARY)).list_rows(view)[1]
        found[rows] = predict_rows(network, TRAIN, view, rows, f"{task}, {folder.name}")
    if not numpy.isfinite(found).all():
        raise UserError(f"{folders[0].parent}: the folds of {folders[0].name} are of other images; train it again")
    return found
