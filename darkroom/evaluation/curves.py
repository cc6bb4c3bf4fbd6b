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

from darkroom.evaluation.curve_shape import NOISE, largest_swing, rise_above, running_means, still_falling

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
    """Validation loss at the last epoch alone over the lowest, less one."""
    gap_best: float
    gap_last: float
    """At the last epoch alone."""
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

    Whether a callback ended the training (``stopped_early``) is said, but does not decide. Only a ``cross_entropy`` is
    compared with that of guessing, the logarithm of the number of classes. Rises are those of running means.

    - unstable: a loss is not finite; or validation loss once jumped up and came back by more than both its lowest value
      and all that training won; or it ended risen without the training loss going down.
    - underfit: neither loss got clearly below that of guessing, or validation loss was still falling at the end.
    - overfitting: training loss went on falling while validation loss rose, or never got clearly below guessing.
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
        rise=rise_above(validation[best], validation[-1]),
        gap_best=float(gaps[best]),
        gap_last=float(gaps[-1]),
        still_falling=still_falling(validation),
        reason=reason,
    )


def _finite_outcome(
    loss: numpy.ndarray, validation: numpy.ndarray, best: int, guessing: float, stopped_early: bool
) -> tuple[Outcome, str]:
    lowest, swing, won = validation[best], largest_swing(validation), validation[0] - validation[best]
    means, trained = running_means(validation), running_means(loss)
    rise, width = rise_above(means.min(), means[-1]), len(loss) - len(means) + 1
    smoothed = f" (means of {width} epochs)" if width > 1 else ""
    clearly_below = (1 - NOISE) * guessing
    against = f"that of guessing among {math.exp(guessing):.0f} classes, {guessing:.3f}"
    no_better = f"the lowest validation loss, {lowest:.3f}, is not clearly below {against}"
    if lowest >= clearly_below and trained[-1] >= clearly_below:
        return "underfit", f"{no_better}, nor is the training loss at the end, {trained[-1]:.3f}{smoothed}"
    if swing > max(won, lowest):
        reason = f"validation loss jumped up by {swing:.3f} and came back, while training won {won:.3f} and the lowest"
        return "unstable", f"{reason} is {lowest:.3f}"
    if len(loss) == 1:
        return "underfit", "one epoch alone shows no course"
    if still_falling(validation):
        ended = "a callback ended the training while validation loss still fell"
        return "underfit", ended if stopped_early else "validation loss was still falling when the epochs ran out"
    if rise > GENERALIZATION_LOSS:
        since = best + 1 if best + 1 < len(loss) else int(means.argmin()) + width
        before, now = trained[max(0, since - width)], trained[-1]
        course = f"training loss {'fell' if now < before else 'rose'} from {before:.3f} to {now:.3f}{smoothed}"
        risen = f"after epoch {since} validation loss rose by {rise:.0%} to {means[-1]:.3f} while {course}"
        return "overfitting" if now < before else "unstable", risen
    if lowest >= clearly_below:
        return "overfitting", f"training loss ended at {trained[-1]:.3f}{smoothed}, but {no_better}"
    apart = f"{abs(means[-1] - trained[-1]):.3f} {'above' if means[-1] > trained[-1] else 'below'} training loss"
    return "converged", f"validation loss ended {rise:.1%} above its lowest, {apart}{smoothed}, and no longer fell"
