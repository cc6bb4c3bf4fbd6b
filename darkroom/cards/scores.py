"""How good a model is on the test images: every metric with what is known of its uncertainty."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy
import pandas

from darkroom.evaluation.evaluations import Evaluated, open_evaluation
from darkroom.evaluation.intervals import wilson_interval
from darkroom.evaluation.metrics import SMALLEST_PROBABILITY, count_confusions

CONFIDENCE = 0.95
RESAMPLES, SEED = 1000, 13
"""Of the bootstrap over test images."""


class Interval(NamedTuple):
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassScore:
    """Of a class: its test images, those recognised, and how often it was predicted; ``None``: of no image."""

    name: str
    images: int
    correct: int
    predicted: int
    recall: Interval | None
    precision: Interval | None
    f1: float


@dataclass(frozen=True)
class Scores:
    """The evaluation of a model; the intervals of accuracies are Wilson's, those of loss and F1 are bootstrapped."""

    images: int
    correct: int
    accuracy: Interval
    macro_f1: Interval
    loss: Interval
    ece: float
    """Expected calibration error."""
    classes: tuple[ClassScore, ...]

    @property
    def weakest(self) -> list[ClassScore]:
        """The classes, of those that have test images, of which the smallest share is recognised."""
        tested = [one for one in self.classes if one.recall]
        lowest = min(one.correct / one.images for one in tested)
        return [one for one in tested if one.correct / one.images == lowest]

    @property
    def most_frequent(self) -> ClassScore:
        """The class with the most test images: the best that an answer without a look at the image can be."""
        return max(self.classes, key=lambda one: one.images)


def read_scores(folder: Path) -> Scores:
    """Return what the evaluation in ``folder`` found.

    Raises:
        UserError: a file of it is missing.
    """
    evaluated = open_evaluation(folder.parent, folder.name)
    names = [str(name) for name in evaluated.classes["class"]]
    labels, predicted, likely = _read_predictions(evaluated, names)
    counts = count_confusions(labels, predicted, names)
    found = evaluated.metrics
    low = _resample(labels, predicted, likely, len(names))
    return Scores(
        images=int(found["images"]),
        correct=int(found["correct"]),
        accuracy=_measure_share(int(found["correct"]), int(found["images"])),
        macro_f1=Interval(float(found["macro_f1"]), *low["macro_f1"]),
        loss=Interval(float(found["loss"]), *low["loss"]),
        ece=float(found["ece"]),
        classes=tuple(_score_class(name, place, counts, evaluated.classes) for place, name in enumerate(names)),
    )


def _score_class(name: str, place: int, counts: numpy.ndarray, table: pandas.DataFrame) -> ClassScore:
    images, predicted, correct = int(counts[place].sum()), int(counts[:, place].sum()), int(counts[place, place])
    recall = _measure_share(correct, images) if images else None
    precision = _measure_share(correct, predicted) if predicted else None
    return ClassScore(name, images, correct, predicted, recall, precision, float(table["f1"].iloc[place]))


def _measure_share(correct: int, images: int) -> Interval:
    return Interval(correct / images, *wilson_interval(correct, images, CONFIDENCE))


def _read_predictions(evaluated: Evaluated, names: list[str]) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """Return true and predicted labels, and the probability of the true class, of each test image."""
    table, places = evaluated.predictions, {name: place for place, name in enumerate(names)}
    labels, predicted = (table[column].map(places).to_numpy("int64") for column in ("class", "predicted"))
    probabilities = table[[f"p_{name}" for name in names]].to_numpy("float64")
    return labels, predicted, probabilities[numpy.arange(len(labels)), labels]


def _resample(
    labels: numpy.ndarray, predicted: numpy.ndarray, likely: numpy.ndarray, classes: int
) -> dict[str, tuple[float, float]]:
    """Return the ends of the percentile bootstrap's intervals: macro F1 and loss of test images drawn anew."""
    generator = numpy.random.default_rng(SEED)
    pairs = labels * classes + predicted
    losses = -numpy.log(likely.clip(SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY))
    found: dict[str, list[float]] = {"macro_f1": [], "loss": []}
    for _ in range(RESAMPLES):
        rows = generator.integers(0, len(labels), len(labels))
        counts = numpy.bincount(pairs[rows], minlength=classes**2).reshape(classes, classes)
        images, given = counts.sum(axis=1), counts.sum(axis=0)
        f1 = 2 * counts.diagonal() / numpy.maximum(images + given, 1)
        found["macro_f1"].append(float(f1[images > 0].mean()))
        found["loss"].append(float(losses[rows].mean()))
    ends = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    low_and_high = {name: numpy.quantile(values, ends) for name, values in found.items()}
    return {name: (float(low), float(high)) for name, (low, high) in low_and_high.items()}
