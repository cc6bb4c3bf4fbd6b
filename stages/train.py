"""Fit a network to the training images of a view.

Reads a prepared view; writes model.keras, history.csv, layers.csv and summary.json into the model's folder, and beside
them record.json: what the training cost.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy
import pandas

from stages import command, network, progress, record, runtime
from stages.backend import keras
from stages.batches import Batches
from stages.errors import UserError
from stages.files import write_json, write_table
from stages.parameters.base import entry
from stages.parameters.model import Model, Runtime, Training
from stages.views import View, validation_split

LARGEST = 3
"""Layers named as those that hold most parameters."""


def compiled(model: keras.Model, training: Training) -> keras.Model:
    """Return ``model``, compiled with the optimizer and the accumulation that ``training`` asks for."""
    parts = training.accumulation_steps
    optimizer = keras.optimizers.get(training.optimizer).__class__(
        learning_rate=training.learning_rate, gradient_accumulation_steps=parts if parts > 1 else None
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


def fitted(model: keras.Model, train: Batches, validation: Batches, training: Training, task: str) -> pandas.DataFrame:
    """Fit ``model``, which then holds the weights of its best epoch, and return its history.

    One row per epoch: epoch (from 1), loss, accuracy, val_loss, val_accuracy. The loop is Keras' own, without its data
    adapters: their threads and queues cost memory, and at the end of a short training seconds.
    """
    stop = keras.callbacks.EarlyStopping("val_loss", patience=training.patience, restore_best_weights=True)
    callbacks = keras.callbacks.CallbackList([stop], model=model, epochs=training.epochs)
    watch, rows = record.Stopwatch(), []
    callbacks.on_train_begin()
    for epoch in range(training.epochs):
        callbacks.on_epoch_begin(epoch)
        learned = passed(model.train_on_batch, model, train)
        tested = {f"val_{name}": value for name, value in passed(model.test_on_batch, model, validation).items()}
        rows.append({"epoch": epoch + 1, **learned, **tested})
        figures = ", ".join(f"{name} {value:.3f}" for name, value in (learned | tested).items())
        progress.note(task, f"epoch {epoch + 1} of at most {training.epochs}: {figures} ({watch.seconds:.0f} s)")
        callbacks.on_epoch_end(epoch, learned | tested)
        if model.stop_training:
            break
        train.on_epoch_end()
    callbacks.on_train_end()
    return pandas.DataFrame(rows)


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


def summary(layers: pandas.DataFrame, history: pandas.DataFrame, epochs: int) -> dict[str, Any]:
    """Return what is known of a trained model: counts, epochs, the best epoch, the layers with most parameters."""
    largest = layers.sort_values("parameters", ascending=False, kind="stable").head(LARGEST)
    parameters = int(layers["parameters"].sum())
    return {
        "epochs": len(history),
        "best_epoch": int(history.loc[history["val_loss"].idxmin(), "epoch"]),
        "stopped_early": len(history) < epochs,
        "parameters": parameters,
        "trainable_parameters": int(layers["trainable_parameters"].sum()),
        "size_kib": round(parameters * 4 / 1024, 2),
        "largest_layers": largest[["layer", "parameters", "share"]].round(4).to_dict("records"),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Train the model that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("key", help="the training: a model's name, or <model>-replicate-<n>")
    parser.add_argument("--model", help="its name in params.yaml")
    parser.add_argument("--replicate", type=int, help="from 1")
    parser.add_argument("--view", type=Path, help="folder of the prepared view")
    parser.add_argument("--out", type=Path, help="folder of the trained model")
    options = command.parsed(parser, "train", argv)
    try:
        train(options)
    except UserError as error:
        raise UserError(f"models.{options.model}: {error}") from None


def train(options: argparse.Namespace) -> None:
    """Train and write the model that ``options`` describe."""
    settings, model = entry(Runtime, "runtime"), entry(Model, "models", options.model)
    training = model.training
    seed = runtime.start(settings, options.replicate)
    view = View.open(options.view)
    rows, validation_rows = validation_split(len(view.labels("train")), training.validation_split, seed)
    if len(rows) < training.accumulation_steps:
        raise UserError(
            f"training.accumulation_steps: {training.accumulation_steps}: more than {len(rows)} training images"
        )
    batches = Batches(view, "train", rows, training.batch_size, training.accumulation_steps, seed)
    validation = Batches(view, "train", validation_rows, batches.part, 1, None)
    fit = network.build(model.network, view.shape, len(view.classes))
    if model.network.normalization:
        network.set_normalization(fit, (batches[index][0] for index in range(len(batches))))
    runtime.fuse_batch_normalization(fit)
    watch = record.Stopwatch()
    history = fitted(compiled(fit, training), batches, validation, training, f"train {options.key}")
    seconds = watch.seconds
    if not numpy.isfinite(history["val_loss"]).any():
        raise UserError(f"training.learning_rate: {training.learning_rate}: the training diverged; lower it")

    final = network.build(model.network, view.shape, len(view.classes))
    final.set_weights(fit.get_weights())
    facts = {"model": options.model, "replicate": options.replicate, "seed": seed}
    facts |= {"precision": settings.precision, "threads": settings.threads}
    counts = {"train_images": len(rows), "validation_images": len(validation_rows)}
    write(options.out, final, history, {**facts, **counts}, training.epochs)
    cost = record.of_training(seconds, len(history), len(rows), facts | runtime.environment())
    write_json(options.out / record.FILE, cost)


def write(out: Path, model: keras.Model, history: pandas.DataFrame, facts: dict[str, Any], epochs: int) -> None:
    """Write the model, its history, its layer table and its summary, which holds ``facts``, into ``out``."""
    layers = network.layer_table(model)
    network.save(model, out / "model.keras")
    write_table(out / "history.csv", history)
    write_table(out / "layers.csv", layers)
    write_json(out / "summary.json", {**facts, **summary(layers, history, epochs)})


if __name__ == "__main__":
    command.run(main)
