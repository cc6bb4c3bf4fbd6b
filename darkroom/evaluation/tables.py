"""The tables of one model's evaluation."""

import json
from collections.abc import Mapping
from typing import Any

import numpy
import pandas

from darkroom.evaluation import metrics
from darkroom.images.prepared.views import INDEX, TEST, View
from darkroom.params.model import Evaluation


def tables(view: View, found: numpy.ndarray, evaluation: Evaluation) -> dict[str, pandas.DataFrame]:
    """Return the tables that follow from class probabilities, by the names of their files."""
    classes, labels, files = view.classes, view.labels(TEST), image_files(view)
    counts = metrics.confusion(labels, found.argmax(axis=1), classes)
    return {
        "predictions": metrics.predictions(files, labels, found, classes),
        "classes": metrics.per_class(labels, found.argmax(axis=1), classes),
        "confusion": metrics.confusion_table(counts, classes),
        "confused-pairs": metrics.confused_pairs(counts, classes, evaluation.confused_pairs),
        "calibration": metrics.calibration(labels, found, evaluation.calibration_bins),
        "ambiguous": metrics.ambiguous(files, labels, found, classes, evaluation.ambiguous),
    }


def hyperparameters(used: Mapping[str, Any]) -> pandas.DataFrame:
    """Return every hyperparameter's name and the value used, as JSON."""
    rows = [(name, json.dumps(value, ensure_ascii=False)) for name, value in used.items()]
    return pandas.DataFrame(rows, columns=["name", "value"])


def image_files(view: View) -> list[str]:
    """Return the files of a view's test images, in the order of their rows."""
    index = pandas.read_csv(view.folder / INDEX, dtype={"file": str}, keep_default_na=False)
    return index[index["split"] == TEST].sort_values("row")["file"].tolist()
