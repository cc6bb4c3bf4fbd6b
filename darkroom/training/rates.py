"""The learning rate of each update, by a schedule.

The rate is set from outside, update by update: Keras' optimizers count the parts of batches for their schedules, and a
saved network would need a class of ours. It depends on the place of the update alone: there is nothing to back up.
"""

from typing import Any

from darkroom.core.backend import keras
from darkroom.images.prepared.batches import Batches
from darkroom.params.training import Fit

FIRST = 25
"""Divides the learning rate of one-cycle: its first update's is that; the value of fast.ai and PyTorch."""


class Rates(keras.callbacks.Callback):
    """Gives each update its learning rate; each epoch begins with that of its first update."""

    def __init__(self, fit: Fit, train: Batches) -> None:
        super().__init__()
        self.parts, self.updates = fit.accumulation_steps, len(train) // fit.accumulation_steps
        self.compute = Course(fit, self.updates)
        self.first = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the rate of the epoch's first update."""
        self.first = epoch * self.updates
        self.model.optimizer.learning_rate = self.compute(self.first)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the rate of the update that part ``batch`` of the epoch belongs to."""
        if batch % self.parts == 0:
            self.model.optimizer.learning_rate = self.compute(self.first + batch // self.parts)


class Course:
    """The learning rate of each update, counted from 0, over all epochs of a run with ``updates`` updates in each."""

    def __init__(self, fit: Fit, updates: int) -> None:
        assert fit.schedule
        total, rate = fit.epochs * updates, fit.learning_rate
        self.rising = min(round(fit.schedule.warm_up * updates), total - 1)
        decay = keras.optimizers.schedules.CosineDecay
        self.rise: Any = None
        if not self.rising:
            self.fall = decay(rate, total, fit.schedule.final)
        elif fit.schedule.name == "cosine":
            options = {"warmup_target": rate, "warmup_steps": self.rising}
            self.fall = decay(rate / self.rising, total - self.rising, fit.schedule.final, **options)
        else:  # up is down, backwards
            self.rise = decay(rate, self.rising, 1 / FIRST)
            self.fall = decay(rate, total - self.rising, fit.schedule.final)

    def __call__(self, update: int) -> float:
        """Return the rate of one update."""
        if self.rise is None:
            return float(self.fall(update))
        return float(self.rise(self.rising - update) if update < self.rising else self.fall(update - self.rising))
