"""The table of a study's models: accuracy with its interval, loss, size and epochs, the best first."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from darkroom.pages.evaluations import read_number

STEP = 20
"""The scale of the intervals begins and ends at a multiple of 1/20: of 5%."""


@dataclass(frozen=True)
class Model:
    """A row of the table; counts and metrics are ``None`` where a model has none, as an ensemble has no epochs."""

    name: str
    accuracy: float
    low: float
    high: float
    loss: float | None
    correct: int
    images: int
    parameters: int
    epochs: int | None
    best_epoch: int | None
    weights: str
    replicates: int
    mean_accuracy: float | None
    sd_accuracy: float | None


@dataclass(frozen=True)
class Scale:
    """The accuracies between which all intervals are drawn."""

    low: float
    high: float

    def place(self, accuracy: float) -> float:
        """Return where an accuracy stands between both ends: 0 to 100."""
        return round(100 * (accuracy - self.low) / (self.high - self.low), 2)


def read_models(rows: Sequence[Mapping[str, str]]) -> list[Model]:
    """Return the models of comparison/models.csv, by falling accuracy; of equal ones that with the lower loss first."""
    found = [_read_model(row) for row in rows]
    return sorted(found, key=lambda one: (-one.accuracy, math.inf if one.loss is None else one.loss))


def choose_scale(models: Sequence[Model]) -> Scale:
    """Return a scale that holds all intervals."""
    low = math.floor(min(one.low for one in models) * STEP) / STEP
    high = math.ceil(max(one.high for one in models) * STEP) / STEP
    return Scale(low, high) if low < high else Scale(0, 1)


def _read_model(row: Mapping[str, str]) -> Model:
    epochs, best, loss, mean, deviation = (
        read_number(row.get(name)) for name in ("epochs", "best_epoch", "loss", "mean_accuracy", "sd_accuracy")
    )
    return Model(
        name=row["model"],
        accuracy=float(row["accuracy"]),
        low=float(row["low"]),
        high=float(row["high"]),
        loss=loss,
        correct=int(row["correct"]),
        images=int(row["images"]),
        parameters=int(row["parameters"]),
        epochs=None if epochs is None else int(epochs),
        best_epoch=None if best is None else int(best),
        weights=row["weights"],
        replicates=int(row["replicates"]),
        mean_accuracy=mean,
        sd_accuracy=deviation,
    )
