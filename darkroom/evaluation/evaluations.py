"""The evaluations of a study's training runs, and what everything made of them must say.

Reads, of each training run's folder, metrics.json, predictions.csv, history.csv, classes.csv, hyperparameters.csv and
shifts.csv.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas

from darkroom.core.errors import UserError
from darkroom.core.files import read_json
from darkroom.core.provenance import note_on_images
from darkroom.params.data import Dataset

METRICS, PREDICTIONS, HISTORY = "metrics.json", "predictions.csv", "history.csv"
CLASSES, HYPERPARAMETERS, SHIFTS = "classes.csv", "hyperparameters.csv", "shifts.csv"
KEPT = ("train_accuracy", "train_loss", "val_accuracy", "val_loss")
"""Entries of metrics.json on the epoch whose weights were kept."""


@dataclass(frozen=True)
class Evaluated:
    """The evaluation of one training run; its tables are those that evaluate writes."""

    folder: Path
    metrics: dict[str, Any]
    history: pandas.DataFrame
    """One row per epoch: epoch (from 1), loss, accuracy, and val_loss and val_accuracy where something validated; of an
    ensemble none."""
    classes: pandas.DataFrame
    """One row per class, in the order of the labels: class, precision, recall, f1, support, predicted."""
    hyperparameters: dict[str, Any]
    """The value used of each, by its dotted name; ``view.…`` are those by which images were brought to size."""

    @cached_property
    def predictions(self) -> pandas.DataFrame:
        """One row per test image: file, class, predicted, probability, and ``p_<class>`` of each class."""
        texts = dict.fromkeys(("file", "class", "predicted"), str)
        return read_text_table(self.folder / PREDICTIONS, texts)

    @cached_property
    def shifts(self) -> pandas.DataFrame:
        """One row per number of pixels that the images were moved by: pixels, images, correct, accuracy, low, high."""
        return pandas.read_csv(self.folder / SHIFTS)

    @property
    def base(self) -> str | None:
        """The model that this one was fine-tuned from; of any other None."""
        return self.hyperparameters.get("base")

    @property
    def is_ensemble(self) -> bool:
        """Whether it was combined of trained models, and not trained itself."""
        return "members" in self.hyperparameters

    def below(self, name: str) -> dict[str, Any]:
        """Return the hyperparameters below the dotted ``name``, by what follows it; none, where it is null."""
        start = f"{name}."
        return {key.removeprefix(start): value for key, value in self.hyperparameters.items() if key.startswith(start)}

    @property
    def kept(self) -> dict[str, float]:
        """Accuracy and loss in training and validation at the epoch whose weights were kept; NaN if nothing validated.

        Those of training were measured while the epoch ran, with dropout and augmentation active.
        """
        values = {name: self.metrics[name] for name in KEPT}
        return {name: math.nan if value is None else value for name, value in values.items()}


def open_evaluation(evaluations: Path, key: str) -> Evaluated:
    """Return the evaluation of the training run ``key``.

    Raises:
        UserError: a file of it is missing.
    """
    folder = evaluations / key
    for name in (METRICS, PREDICTIONS, HISTORY, CLASSES, HYPERPARAMETERS, SHIFTS):
        if not (folder / name).is_file():
            raise UserError(f"{folder / name}: no such file; run python -m stages.evaluate {key}")
    settings = pandas.read_csv(folder / HYPERPARAMETERS, dtype=str, keep_default_na=False)
    return Evaluated(
        folder,
        read_json(folder / METRICS),
        pandas.read_csv(folder / HISTORY),
        read_text_table(folder / CLASSES, {"class": str}),
        {name: json.loads(value) for name, value in zip(settings["name"], settings["value"], strict=True)},
    )


def read_text_table(file: Path, texts: Mapping[str, type]) -> pandas.DataFrame:
    """Return a table whose columns ``texts`` are texts as they stand, even a class called NA or 007."""
    return pandas.read_csv(file, dtype=dict(texts), keep_default_na=False)


def first_replicates(evaluated: Mapping[str, Evaluated]) -> dict[str, Evaluated]:
    """Return the first training run of each model, by model, in the order given.

    Raises:
        UserError: the first replicate of a model is not among the training runs.
    """
    found = {one.metrics["model"]: one for one in evaluated.values() if one.metrics["replicate"] == 1}
    for key, one in evaluated.items():
        if (model := one.metrics["model"]) not in found:
            raise UserError(f"--models: {key}: a replicate of {model} without {model} itself; name it too")
    return found


def view_of(model: str, firsts: Mapping[str, Evaluated]) -> str:
    """Return the view that a model was trained on."""
    return str(firsts[model].hyperparameters["view"])


def qualification(evaluated: Iterable[Evaluated], dataset: Dataset) -> str:
    """Return what every result must say of its images and models, or nothing."""
    models: dict[str, list[str]] = {}
    for one in evaluated:
        models.setdefault(one.metrics["note"], []).append(one.metrics["model"])
    said = (f"{', '.join(names)}: {note}" for note, names in models.items() if note)
    return "; ".join(filter(None, [note_on_images(dataset.source), *said]))
