"""Fitting a network to batches, and what every training leaves in its model's folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pandas

from stages import network, progress, record
from stages.backend import keras
from stages.batches import Batches
from stages.errors import UserError
from stages.files import write_json, write_table
from stages.parameters.model import Fit
from stages.trained import HISTORY, LAYERS, NETWORK, SUMMARY
from stages.views import DESCRIPTION, View

LARGEST = 3
"""Layers named as those that hold most parameters."""


@dataclass(frozen=True)
class Rows:
    """Rows of a view's training split: those that train and those that validate; int64."""

    train: numpy.ndarray
    validation: numpy.ndarray

    def batches(
        self, read: Callable[[numpy.ndarray], Any], labels: numpy.ndarray, fit: Fit, seed: int
    ) -> tuple[Batches, Batches]:
        """Return the batches that train, shuffled by ``seed``, and those that validate; ``read`` gives rows' inputs.

        Raises:
            UserError: a batch would fall in more parts than there are rows.
        """
        if len(self.train) < fit.accumulation_steps:
            raise UserError(
                f"training.accumulation_steps: {fit.accumulation_steps}: more than {len(self.train)} training images"
            )
        train = Batches(read, labels, self.train, fit.batch_size, fit.accumulation_steps, seed)
        return train, Batches(read, labels, self.validation, train.part, 1, None)


def compiled(model: keras.Model, fit: Fit) -> keras.Model:
    """Return ``model``, compiled with the optimizer and the accumulation that ``fit`` asks for."""
    parts = fit.accumulation_steps
    optimizer = keras.optimizers.get(fit.optimizer).__class__(
        learning_rate=fit.learning_rate, gradient_accumulation_steps=parts if parts > 1 else None
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


def fitted(model: keras.Model, train: Batches, validation: Batches, fit: Fit, task: str) -> pandas.DataFrame:
    """Compile and fit ``model``, which then holds the weights of its best epoch, and return its history.

    One row per epoch: epoch (from 1), loss, accuracy, val_loss, val_accuracy. The loop is Keras' own, without its data
    adapters: their threads and queues cost memory, and at the end of a short training seconds.

    Raises:
        UserError: the training diverged.
    """
    stop = keras.callbacks.EarlyStopping("val_loss", patience=fit.patience, restore_best_weights=True)
    callbacks = keras.callbacks.CallbackList([stop], model=compiled(model, fit), epochs=fit.epochs)
    watch, rows = record.Stopwatch(), []
    callbacks.on_train_begin()
    for epoch in range(fit.epochs):
        callbacks.on_epoch_begin(epoch)
        learned = passed(model.train_on_batch, model, train)
        tested = {f"val_{name}": value for name, value in passed(model.test_on_batch, model, validation).items()}
        rows.append({"epoch": epoch + 1, **learned, **tested})
        figures = ", ".join(f"{name} {value:.3f}" for name, value in (learned | tested).items())
        progress.note(task, f"epoch {epoch + 1} of at most {fit.epochs}: {figures} ({watch.seconds:.0f} s)")
        callbacks.on_epoch_end(epoch, learned | tested)
        if model.stop_training:
            break
        train.on_epoch_end()
    callbacks.on_train_end()
    history = pandas.DataFrame(rows)
    if not numpy.isfinite(history["val_loss"]).any():
        raise UserError(f"training.learning_rate: {fit.learning_rate}: the training diverged; lower it")
    return history


def passed(step: Callable[..., dict[str, Any]], model: keras.Model, batches: Batches) -> dict[str, float]:
    """Take ``step`` on each of the batches and return the loss and accuracy, each the mean over all images."""
    totals, images = {"loss": 0.0, "accuracy": 0.0}, 0
    for index in range(len(batches)):
        inputs, labels = batches[index]
        model.reset_metrics()
        figures = step(inputs, labels, return_dict=True)
        images += len(labels)
        totals = {name: total + float(figures[name]) * len(labels) for name, total in totals.items()}
    return {name: total / images for name, total in totals.items()}


def counts(layers: pandas.DataFrame, history: pandas.DataFrame, fit: Fit) -> dict[str, Any]:
    """Return what is counted of a trained model: epochs, the best epoch, parameters, the layers with most of them."""
    largest = layers.sort_values("parameters", ascending=False, kind="stable").head(LARGEST)
    parameters = int(layers["parameters"].sum())
    return {
        "epochs": len(history),
        "best_epoch": int(history.loc[history["val_loss"].idxmin(), "epoch"]),
        "stopped_early": len(history) < fit.epochs,
        "parameters": parameters,
        "trainable_parameters": int(layers["trainable_parameters"].sum()),
        "size_kib": round(parameters * 4 / 1024, 2),
        "largest_layers": largest[["layer", "parameters", "share"]].round(4).to_dict("records"),
    }


def write(
    out: Path, model: keras.Model, view: View, history: pandas.DataFrame, fit: Fit, rows: Rows, facts: Mapping[str, Any]
) -> None:
    """Write the model, its history, its layer table, its view's preparation and its summary with ``facts``."""
    layers = network.layer_table(model)
    images = {"train_images": len(rows.train), "validation_images": len(rows.validation)}
    (out / SUMMARY).unlink(missing_ok=True)  # written last: a folder without it is no whole model
    network.save(model, out / NETWORK)
    write_table(out / HISTORY, history)
    write_table(out / LAYERS, layers)
    write_json(out / DESCRIPTION, view.preparation)
    write_json(out / SUMMARY, {**facts, "precision": fit.precision, **images, **counts(layers, history, fit)})


def write_record(
    out: Path,
    history: pandas.DataFrame,
    rows: Rows,
    fit: Fit,
    facts: Mapping[str, Any],
    cost: Mapping[str, float],
) -> None:
    """Write what the training cost: ``cost`` holds its seconds, and how many of them the frozen layers took."""
    own = {name: facts[name] for name in ("model", "replicate", "seed")} | {"precision": fit.precision}
    fitted_seconds = cost["seconds"] - cost.get("frozen_seconds", 0)
    measured = record.of_training(fitted_seconds, len(history), len(rows.train), own)
    write_json(out / record.FILE, measured | {name: round(value, 2) for name, value in cost.items()})
