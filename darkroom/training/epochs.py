"""The epochs of a training run, with Keras' callbacks; one that was killed goes on where its backup says.

The loop is Keras' own, without its data adapters: their threads and queues cost memory, and at the end of a short
run seconds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pandas

from darkroom.core import progress
from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.images.prepared.batches import Batches
from darkroom.params.training import Fit
from darkroom.training import callbacks
from darkroom.training.backups import Backup, State
from darkroom.training.rates import Rates
from darkroom.training.targets import Targets


@dataclass(frozen=True)
class Fitted:
    """The outcome of a training run."""

    history: pandas.DataFrame
    """One row per epoch: epoch (from 1), loss, accuracy, val_loss and val_accuracy where images validate,
    learning_rate."""
    kept: int
    """The epoch whose weights the network holds."""
    seconds: float
    """That it took, in all processes that worked on it."""


class Loop:
    """The epochs of one training run of a compiled model."""

    def __init__(self, model: keras.Model, train: Batches, validation: Batches | None, fit: Fit, task: str) -> None:
        self.model, self.train, self.validation = model, train, validation
        self.fit, self.task, self.watch = fit, task, progress.Stopwatch()
        self.targets = Targets.of(model, fit)
        self.rows: list[dict[str, Any]] = []
        self.broken: int | None = None  # the epoch since which weights are no numbers: none ever is again

    def run(self, logs: Path, backup: Backup | None, every: int) -> Fitted:
        """Go through the epochs, from the backup's on, and back up after ``every`` so many.

        Raises:
            UserError: the training diverged.
        """
        known = backup.read() if backup else None
        self.rows, spent = (known.rows, known.seconds) if known else ([], 0.0)
        chosen = callbacks.make_callbacks(self.fit, logs, self.rows)
        course = [Rates(self.fit, self.train)] if self.fit.schedule else []
        told = {"epochs": self.fit.epochs, "steps": len(self.train), "verbose": 1}  # ProgbarLogger asks for all three
        hooks = keras.callbacks.CallbackList([*course, *chosen], model=self.model, **told)
        hooks.on_train_begin()
        if backup and known:
            known.give(self.model)
            callbacks.restore(chosen, known.callbacks)
            self.train.begin(len(self.rows))
            place = f"epoch {len(self.rows) + 1} of at most {self.fit.epochs} on"
            progress.note(self.task, f"{place}: resumed from {backup.folder}")
        for epoch in range(len(self.rows), self.fit.epochs):
            self._run(epoch, hooks)
            self._check_weights(callbacks.find_kept_epoch(chosen, len(self.rows)))
            if self.model.stop_training:
                break
            self.train.on_epoch_end()
            if backup and (epoch + 1) % every == 0 and epoch + 1 < self.fit.epochs:
                seconds = spent + self.watch.seconds
                backup.write(State.of(self.model, self.rows, seconds, callbacks.collect_state(chosen)))
        callbacks.put_average(chosen, self.model)
        hooks.on_train_end()
        kept = callbacks.find_kept_epoch(chosen, len(self.rows))
        self._check_kept(kept)
        return Fitted(pandas.DataFrame(self.rows), kept, spent + self.watch.seconds)

    def _run(self, epoch: int, hooks: keras.callbacks.CallbackList) -> None:
        hooks.on_epoch_begin(epoch)
        learning_rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        try:
            begin, end = hooks.on_train_batch_begin, hooks.on_train_batch_end
            metrics = run_epoch(self.model.train_on_batch, self.model, self.train, self.targets.smooth, begin, end)
        except RuntimeError as error:
            if "NaN or Inf loss" in str(error):  # TerminateOnNaN
                raise self._diverged(epoch + 1) from None
            raise
        if self.validation is not None:
            hooks.on_test_begin()
            begin, end = hooks.on_test_batch_begin, hooks.on_test_batch_end
            tested = run_epoch(self.model.test_on_batch, self.model, self.validation, self.targets.make, begin, end)
            hooks.on_test_end(tested)
            metrics |= {f"val_{name}": value for name, value in tested.items()}
        self.rows.append({"epoch": epoch + 1, **metrics, "learning_rate": learning_rate})
        shown = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
        place = f"epoch {epoch + 1} of at most {self.fit.epochs}"
        progress.note(self.task, f"{place}: {shown} ({self.watch.seconds:.0f} s)")
        hooks.on_epoch_end(epoch, {**metrics, "learning_rate": learning_rate})

    def _check_weights(self, kept: int) -> None:
        """Check, after an epoch, that the weights of the epoch that would be kept are numbers.

        A loss does not tell: max pooling, and relu fused with a convolution, give numbers where they get none.
        """
        if self.broken is None and not are_finite(self.model.weights):
            self.broken = len(self.rows)
        if self.broken is not None and kept >= self.broken:
            raise self._diverged(self.broken)

    def _check_kept(self, kept: int) -> None:
        """Check what the network holds at the end: how its epoch was judged, its weights, and what it predicts."""
        judged = self.rows[kept - 1]
        inputs, _ = (self.train if self.validation is None else self.validation)[0]
        sound = numpy.isfinite(judged.get("val_loss", judged["loss"])) and are_finite(self.model.weights)
        if not (sound and are_finite([self.model(inputs, training=False)])):
            raise self._diverged(kept)

    def _diverged(self, epoch: int) -> UserError:
        rate = self.fit.learning_rate
        return UserError(f"training.learning_rate: {rate}: the training diverged in epoch {epoch}; lower it")


def are_finite(tensors: Iterable[Any]) -> bool:
    """Return whether all values of all ``tensors`` are numbers, and none is infinite."""
    return all(numpy.isfinite(keras.ops.convert_to_numpy(tensor)).all() for tensor in tensors)


def run_epoch(
    step: Callable[..., dict[str, Any]],
    model: keras.Model,
    batches: Batches,
    make_targets: Callable[[numpy.ndarray], numpy.ndarray],
    begin: Callable[[int], None],
    end: Callable[[int, dict[str, Any]], None],
) -> dict[str, float]:
    """Take ``step`` on each of the batches and return the loss and accuracy, each the mean over all images.

    ``make_targets`` makes of labels what the network's outputs are compared with. The loss of batches with weights is
    weighted. ``begin`` and ``end`` are called around each batch, the latter with its metrics.
    """
    totals, images = {"loss": 0.0, "accuracy": 0.0}, 0
    for index in range(len(batches)):
        inputs, labels = batches[index]
        options = {} if batches.weights is None else {"sample_weight": batches.weigh(labels)}
        model.reset_metrics()
        begin(index)
        metrics = step(inputs, make_targets(labels), return_dict=True, **options)
        end(index, metrics)
        images += len(labels)
        totals = {name: total + float(metrics[name]) * len(labels) for name, total in totals.items()}
    return {name: total / images for name, total in totals.items()}
