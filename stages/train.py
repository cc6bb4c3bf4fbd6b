"""Fit a network to the training images of a view.

Reads a prepared view; writes model.keras, history.csv, layers.csv and summary.json into the model's folder, and beside
them record.json: what the training cost.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas

from stages import command, network, progress, record, runtime
from stages.backend import keras
from stages.batches import Batches
from stages.files import write_json, write_table
from stages.parameters.base import entry
from stages.parameters.model import Network, Runtime, Training
from stages.views import View, validation_split

LARGEST = 3
"""Layers named as those that hold most parameters."""


class EpochNotes(keras.callbacks.Callback):
    """Says a line after each epoch."""

    def __init__(self, task: str, epochs: int) -> None:
        super().__init__()
        self.task, self.epochs = task, epochs
        self.watch = record.Stopwatch()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Say the epoch's losses, accuracies and the time since the start."""
        figures = ", ".join(f"{name} {value:.3f}" for name, value in (logs or {}).items())
        progress.note(self.task, f"epoch {epoch + 1} of at most {self.epochs}: {figures} ({self.watch.seconds:.0f} s)")


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

    One row per epoch: epoch (from 1), loss, accuracy, val_loss, val_accuracy.
    """
    stop = keras.callbacks.EarlyStopping("val_loss", patience=training.patience, restore_best_weights=True)
    notes = EpochNotes(task, training.epochs)
    history = model.fit(
        train, validation_data=validation, epochs=training.epochs, shuffle=False, callbacks=[stop, notes], verbose=0
    )
    table = pandas.DataFrame(history.history)[["loss", "accuracy", "val_loss", "val_accuracy"]]
    table.insert(0, "epoch", range(1, len(table) + 1))
    return table


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
    settings = entry(Runtime, "runtime")
    training = entry(Training, "models", options.model, "training")
    description = entry(Network, "models", options.model, "network")
    seed = runtime.start(settings, options.replicate)

    view = View.open(options.view)
    rows, validation_rows = validation_split(len(view.labels("train")), training.validation_split, seed)
    train = Batches(view, "train", rows, training.batch_size, training.accumulation_steps, seed)
    validation = Batches(view, "train", validation_rows, train.part, 1, None)
    model = network.build(description, view.shape, len(view.classes))
    if description.normalization:
        network.set_normalization(model, (images for images, _ in train))
    runtime.fuse_batch_normalization(model)
    watch = record.Stopwatch()
    history = fitted(compiled(model, training), train, validation, training, f"train {options.key}")
    seconds = watch.seconds

    final = network.build(description, view.shape, len(view.classes))
    final.set_weights(model.get_weights())
    layers = network.layer_table(final)
    facts = {"model": options.model, "replicate": options.replicate, "seed": seed}
    setting = {"precision": settings.precision, "threads": settings.threads}
    counts = {"train_images": len(rows), "validation_images": len(validation_rows)}
    network.save(final, options.out / "model.keras")
    write_table(options.out / "history.csv", history)
    write_table(options.out / "layers.csv", layers)
    outcome = summary(layers, history, training.epochs)
    write_json(options.out / "summary.json", {**facts, **setting, **counts, **outcome})
    facts |= setting | runtime.environment()
    write_json(options.out / record.FILE, record.of_training(seconds, len(history), len(rows), facts))


if __name__ == "__main__":
    command.run(main)
