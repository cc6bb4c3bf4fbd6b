"""The tables and metrics of one model's evaluation."""

import json
from collections.abc import Mapping
from typing import Any

import numpy
import pandas

from darkroom.evaluation import metrics
from darkroom.evaluation.curves import read_epoch
from darkroom.evaluation.prediction import Trained
from darkroom.images.prepared.views import PREPARATION, TEST, View
from darkroom.params.model import Evaluation

FROM_TRAINING = (
    "parameters",
    "trainable_parameters",
    "epochs",
    "best_epoch",
    "train_images",
    "validation_images",
    "weights",
    "note",
)
"""Entries of a model's summary that metrics.json repeats."""


def tabulate(trained: Trained, view: View, found: numpy.ndarray, evaluation: Evaluation) -> dict[str, pandas.DataFrame]:
    """Return the tables of an evaluation, by the names of their files; ``found`` are class probabilities."""
    classes, labels, files = view.classes, view.labels(TEST), view.list_files(TEST)
    counts = metrics.count_confusions(labels, found.argmax(axis=1), classes)
    return {
        "predictions": metrics.tabulate_predictions(files, labels, found, classes),
        "classes": metrics.score_classes(labels, found.argmax(axis=1), classes),
        "confusion": metrics.tabulate_confusions(counts, classes),
        "confused-pairs": metrics.find_confused_pairs(counts, classes, evaluation.confused_pairs),
        "calibration": metrics.measure_calibration(labels, found, evaluation.calibration_bins),
        "ambiguous": metrics.find_ambiguous(files, labels, found, classes, evaluation.ambiguous),
        "hyperparameters": tabulate_hyperparameters(trained.summary["hyperparameters"], view),
    }


def measure(trained: Trained, view: View, found: numpy.ndarray, evaluation: Evaluation) -> dict[str, Any]:
    """Return the metrics of a model on the test images, with what metrics.json repeats of its training run."""
    summary = trained.summary
    return {
        **{name: summary[name] for name in ("model", "replicate")},
        **metrics.summarize(view.labels(TEST), found, view.classes, evaluation.calibration_bins),
        **(read_held_out(summary) if trained.history.empty else read_epoch(trained.history, summary["best_epoch"])),
        **{name: summary[name] for name in FROM_TRAINING},
    }


def read_held_out(summary: Mapping[str, Any]) -> dict[str, float | None]:
    """Return what ``read_epoch`` does, of an ensemble: accuracy and loss on what no member was trained on, if any."""
    return {name: summary.get(name) for name in ("train_accuracy", "train_loss", "val_accuracy", "val_loss")}


def tabulate_hyperparameters(used: Mapping[str, Any], view: View) -> pandas.DataFrame:
    """Return every hyperparameter's name and the value used, as JSON; behind the view's name how it was prepared."""
    prepared = {f"view.{name}": value for name, value in view.preparation.items() if name in PREPARATION}
    named = {name: value for name, value in used.items() if name == "view"}
    settings = {**named, **prepared, **used}
    rows = [(name, json.dumps(value, ensure_ascii=False)) for name, value in settings.items()]
    return pandas.DataFrame(rows, columns=["name", "value"])
