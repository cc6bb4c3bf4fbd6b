"""Keras' optimizers as params.yaml asks for them."""

from typing import Any

from darkroom.core.backend import keras
from darkroom.params.training import Fit
from darkroom.training import callbacks


def make_optimizer(model: keras.Model, fit: Fit) -> keras.optimizers.Optimizer:
    """Return the optimizer that ``fit`` asks for, to train ``model``; it clips and decays once an update, not a part.

    Biases, and the scales and shifts of normalizations, do not decay: all weights of one dimension.
    """
    parts = fit.accumulation_steps
    options: dict[str, Any] = {"learning_rate": fit.learning_rate, **callbacks.choose_averaging(fit)}
    if fit.optimizer in ("sgd", "rmsprop"):
        options["momentum"] = fit.momentum
    optimizer = keras.optimizers.get(fit.optimizer).__class__(
        gradient_accumulation_steps=parts if parts > 1 else None,
        weight_decay=fit.weight_decay or None,
        global_clipnorm=fit.clip_norm,
        **options,
    )
    optimizer.exclude_from_weight_decay([weight for weight in model.trainable_weights if len(weight.shape) < 2])
    return optimizer
