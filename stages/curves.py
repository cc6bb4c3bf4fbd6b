"""What learning curves say of overfitting and convergence.

Pure functions. A history is a table with one row per epoch: epoch (from 1), loss, accuracy, and, where something
validated, val_loss and val_accuracy.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy
import pandas

GENERALIZATION_LOSS = 0.05
"""Validation loss counts as risen when it ends this fraction above its lowest.

Source: Prechelt, "Early Stopping - But When?", 1998: the criterion GL with alpha = 5 (per cent).
"""
Outcome = Literal["overfitting", "underfit", "converged", "unstable"]


@dataclass(frozen=True)
class Verdict:
    """What a history shows; losses are natural-log cross-entropies, a gap is validation loss minus training loss."""

    outcome: Outcome
    epochs: int
    best_epoch: int
    """With the lowest validation loss, from 1."""
    lowest: float
    """Validation loss at the best epoch."""
    rise: float
    """Validation loss at the last epoch over the lowest, less one."""
    gap_best: float
    gap_last: float
    still_falling: bool
    """Validation loss was still going down when training stopped."""
    reason: str
    """Why this outcome, in a sentence."""


def is_validated(history: pandas.DataFrame) -> bool:
    """Return whether something validated."""
    return "val_loss" in history


def at_epoch(history: pandas.DataFrame, epoch: int) -> dict[str, float | None]:
    """Return accuracy and loss of training and validation after ``epoch``, as train_accuracy, train_loss, val_….

    ``None`` stands where nothing validated, or where there is no finite number.
    """
    row: dict[str, Any] = history.set_index("epoch").loc[epoch].to_dict()
    columns = {"train_accuracy": "accuracy", "train_loss": "loss"}
    columns |= {name: name for name in ("val_accuracy", "val_loss")}
    figures = {name: float(row.get(column, math.nan)) for name, column in columns.items()}
    return {name: figure if math.isfinite(figure) else None for name, figure in figures.items()}


def is_cross_entropy(hyperparameters: Mapping[str, Any]) -> bool:
    """Return whether the losses of a history are cross-entropies alone: without L2 penalties or weights of classes."""
    return not any(
        value and (name.endswith(".l2") or name.startswith("training.class_weights"))
        for name, value in hyperparameters.items()
    )


def judged(history: pandas.DataFrame, classes: int, stopped_early: bool, cross_entropy: bool = True) -> Verdict | None:
    """Return the verdict on a history of a model that tells ``classes`` classes apart; none, if nothing validated.

    Only a ``cross_entropy`` is compared with that of guessing.

    - unstable: a loss is not finite; or validation loss once jumped up and came back by more than both its lowest value
      and all that training won; or it ended risen without the training loss going down.
    - underfit: validation loss never got below that of guessing (the logarithm of the number of classes), or was still
      falling when the epochs ran out.
    - overfitting: after the best epoch the training loss went on falling while validation loss rose.
    - converged: none of these.
    """
    if not is_validated(history):
        return None
    loss, validation = history["loss"].to_numpy(float), history["val_loss"].to_numpy(float)
    finite = numpy.isfinite(loss) & numpy.isfinite(validation)
    best = int(numpy.where(numpy.isfinite(validation), validation, math.inf).argmin())
    outcome: Outcome = "unstable"
    reason = f"the loss is no finite number at epoch {int(finite.argmin()) + 1}"
    if finite.all():
        guessing = math.log(classes) if cross_entropy else math.inf
        outcome, reason = _finite_outcome(loss, validation, best, guessing, stopped_early)
    gaps = validation - loss
    return Verdict(
        outcome=outcome,
        epochs=len(history),
        best_epoch=best + 1,
        lowest=float(validation[best]),
        rise=_rise(validation, best),
        gap_best=float(gaps[best]),
        gap_last=float(gaps[-1]),
        still_falling=still_falling(validation, stopped_early),
        reason=reason,
    )


def still_falling(losses: numpy.ndarray, stopped_early: bool) -> bool:
    """Whether a loss, (epochs,), was going down at the end of a training that early stopping did not end.

    It was, if its lowest value is the last, or if the lowest lies in the last quarter of the epochs (three at least)
    and the straight line of least squares through that quarter goes down.
    """
    if stopped_early or not numpy.isfinite(losses).all():
        return False
    best = int(losses.argmin())
    tail = losses[-max(3, len(losses) // 4) :]
    if best == len(losses) - 1:
        return True
    recent = best >= len(losses) - len(tail)
    return len(tail) >= 3 and recent and float(numpy.polyfit(numpy.arange(len(tail)), tail, 1)[0]) < 0


def largest_swing(validation: numpy.ndarray) -> float:
    """Return how far a series, (epochs,), once rose above an earlier value and fell back again; 0 without a peak."""
    before = numpy.minimum.accumulate(validation)
    after = numpy.minimum.accumulate(validation[::-1])[::-1]
    return float((validation - numpy.maximum(before, after)).max())


def _finite_outcome(
    loss: numpy.ndarray, validation: numpy.ndarray, best: int, guessing: float, stopped_early: bool
) -> tuple[Outcome, str]:
    lowest, rise = validation[best], _rise(validation, best)
    swing, won = largest_swing(validation), validation[0] - validation[best]
    trained = f"training loss {'fell' if loss[-1] < loss[best] else 'rose'} from {loss[best]:.3f} to {loss[-1]:.3f}"
    risen = f"after epoch {best + 1} validation loss rose by {rise:.0%} to {validation[-1]:.3f} while {trained}"
    if lowest >= guessing:
        guess = f"that of guessing among {math.exp(guessing):.0f} classes, {guessing:.3f}"
        return "underfit", f"the lowest validation loss, {lowest:.3f}, is not below {guess}"
    if swing > max(won, lowest):
        against = f"while training won {won:.3f} and the lowest is {lowest:.3f}"
        return "unstable", f"validation loss jumped up by {swing:.3f} and came back, {against}"
    if still_falling(validation, stopped_early):
        return "underfit", "validation loss was still falling when the epochs ran out: more would help"
    if rise > GENERALIZATION_LOSS:
        return "overfitting" if loss[-1] < loss[best] else "unstable", risen
    return "converged", f"validation loss ended {rise:.1%} above its lowest, and no longer fell"


def _rise(validation: numpy.ndarray, best: int) -> float:
    lowest = max(float(validation[best]), 1e-7)  # a loss of 0 has no fraction
    return (float(validation[-1]) - lowest) / lowest
