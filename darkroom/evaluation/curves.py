"""Verdicts on learning curves: overfitting, convergence, and the numbers behind them.

A history is a table with one row per epoch: epoch (from 1), loss, accuracy, and, where something
validated, val_loss and val_accuracy.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy
import pandas

from darkroom.evaluation.curve_shape import (
    NOISE,
    compute_running_means,
    is_still_falling,
    measure_largest_swing,
    measure_rise,
)
from darkroom.reporting.templates import render

GENERALIZATION_LOSS = 0.05
"""Validation loss counts as risen when it ends this fraction above its lowest.

Source: Prechelt, "Early Stopping - But When?", 1998: the criterion GL with alpha = 5 (per cent).
"""
GAP = 0.1
"""Training accuracy counts as far above validation accuracy from ten points on; our choice."""
Outcome = Literal["overfitting", "underfit", "converged", "unstable"]


class Finding(NamedTuple):
    """An outcome, and what led to it."""

    outcome: Outcome
    cause: str
    """The rule that decided; reasons.md.j2 has its words."""
    numbers: Mapping[str, float]
    """The numbers that the rule compared."""


@dataclass(frozen=True)
class Verdict:
    """Verdict on a history; losses are natural-log cross-entropies, a gap is validation loss minus training loss."""

    outcome: Outcome
    epochs: int
    best_epoch: int
    """With the lowest validation loss, from 1."""
    lowest: float
    """Validation loss at the best epoch."""
    rise: float
    """Validation loss at the last epoch alone over the lowest, less one."""
    gap_best: float
    gap_last: float
    """At the last epoch alone."""
    still_falling: bool
    """Validation loss was still going down when training stopped."""
    cause: str
    numbers: Mapping[str, float]
    """As in the finding."""

    @property
    def reason(self) -> str:
        """The reason for this outcome, as a clause."""
        return " ".join(render(Path(__file__).parent, "reasons.md.j2", cause=self.cause, **self.numbers).split())


def is_validated(history: pandas.DataFrame) -> bool:
    """Return True if something validated."""
    return "val_loss" in history


def read_epoch(history: pandas.DataFrame, epoch: int) -> dict[str, float | None]:
    """Return accuracy and loss of training and validation after ``epoch``, as train_accuracy, train_loss, val_….

    ``None`` stands where nothing validated, or where there is no finite number.
    """
    row: dict[str, Any] = history.set_index("epoch").loc[epoch].to_dict()
    columns = {"train_accuracy": "accuracy", "train_loss": "loss"}
    columns |= {name: name for name in ("val_accuracy", "val_loss")}
    values = {name: float(row.get(column, math.nan)) for name, column in columns.items()}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def is_cross_entropy(hyperparameters: Mapping[str, Any]) -> bool:
    """Return True if the losses of a history are cross-entropies of the labels alone.

    L2 penalties, class weights, and labels that are smoothed or mixed make others of them.
    """
    others = ("training.class_weights", "training.label_smoothing", "training.mix")
    return not any(
        value and (name.endswith(".l2") or name.startswith(others)) for name, value in hyperparameters.items()
    )


def judge(history: pandas.DataFrame, classes: int, stopped_early: bool, cross_entropy: bool = True) -> Verdict | None:
    """Return the verdict on a history of a model that distinguishes ``classes`` classes; none, if nothing validated.

    A callback that ended the training run (``stopped_early``) is mentioned, but does not decide. Only a
    ``cross_entropy`` is compared with that of guessing, the logarithm of the number of classes. Rises are those of
    running means.

    - unstable: a loss is not finite; or validation loss once jumped up and came back by more than both its lowest value
      and all that training won; or it ended risen without the training loss going down.
    - underfit: neither loss got clearly below that of guessing, or validation loss was still falling at the end.
    - overfitting: training loss went on falling while validation loss rose, or never got clearly below guessing; or
      validation loss stays level, but training accuracy ended far above validation accuracy.
    - converged: none of these.
    """
    if not is_validated(history):
        return None
    loss, validation = history["loss"].to_numpy(float), history["val_loss"].to_numpy(float)
    finite = numpy.isfinite(loss) & numpy.isfinite(validation)
    best = int(numpy.where(numpy.isfinite(validation), validation, math.inf).argmin())
    finding = Finding("unstable", "not finite", {"epoch": int(finite.argmin()) + 1})
    if finite.all():
        finding = _judge_finite(loss, validation, classes if cross_entropy else None, stopped_early)
    if finding.cause == "level":
        finding = _find_gap(history) or finding
    gaps = validation - loss
    return Verdict(
        epochs=len(history),
        best_epoch=best + 1,
        lowest=float(validation[best]),
        rise=measure_rise(validation[best], validation[-1]),
        gap_best=float(gaps[best]),
        gap_last=float(gaps[-1]),
        still_falling=is_still_falling(validation),
        **finding._asdict(),
    )


def _find_gap(history: pandas.DataFrame) -> Finding | None:
    """Return that training accuracy ended far above validation accuracy, by their running means, if it did."""
    shares = {name: compute_running_means(history[name].to_numpy(float)) for name in ("accuracy", "val_accuracy")}
    learned, held = (float(means[-1]) for means in shares.values())
    if learned - held < GAP:
        return None
    width = len(history) - len(shares["accuracy"]) + 1
    return Finding("overfitting", "gap", {"learned": learned, "held": held, "gap": learned - held, "width": width})


def _judge_finite(loss: numpy.ndarray, validation: numpy.ndarray, classes: int | None, stopped_early: bool) -> Finding:
    best = int(validation.argmin())
    lowest, swing, won = validation[best], measure_largest_swing(validation), validation[0] - validation[best]
    means, trained = compute_running_means(validation), compute_running_means(loss)
    rise, width = measure_rise(means.min(), means[-1]), len(loss) - len(means) + 1
    guessing: dict[str, float] = {"classes": classes, "chance": math.log(classes)} if classes else {}
    clearly_below = (1 - NOISE) * guessing.get("chance", math.inf)
    numbers = {"lowest": lowest, "trained": trained[-1], "validated": means[-1], "rise": rise, "width": width}
    if lowest >= clearly_below and trained[-1] >= clearly_below:
        return Finding("underfit", "no better than guessing", numbers | guessing)
    if swing > max(won, lowest):
        return Finding("unstable", "swing", numbers | {"swing": swing, "won": won})
    if len(loss) == 1:
        return Finding("underfit", "one epoch", {})
    if is_still_falling(validation):
        return Finding("underfit", "stopped while falling" if stopped_early else "ran out while falling", {})
    if rise > GENERALIZATION_LOSS:
        since = best + 1 if best + 1 < len(loss) else int(means.argmin()) + width
        before = trained[max(0, since - width)]
        outcome: Outcome = "overfitting" if trained[-1] < before else "unstable"
        return Finding(outcome, "risen", numbers | {"since": since, "before": before})
    if lowest >= clearly_below:
        return Finding("overfitting", "training images alone", numbers | guessing)
    return Finding("converged", "level", numbers)
