"""Folders of evaluations and records as the stages leave them, of made-up trainings."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import pandas

from darkroom.evaluation import metrics, shifts
from darkroom.images.prepared.views import PREPARATION

CLASSES = ["NA", "sea", "wald"]
EACH = 60
"""Test images of a class."""
EPOCHS = 8
USED: dict[str, Any] = {
    "view": "intel-150",
    "network.head.pooling": "flatten",
    "training.epochs": 10,
    "training.batch_size": 64,
    "training.accumulation_steps": 2,
    "seed": 13,
}
VIEWS = {
    "intel-150": {"dataset": "intel", "size": 150, "resize": "stretch", "filter": "bicubic", "mode": "RGB"},
    "intel-256": {"dataset": "intel", "size": 256, "resize": "pad", "filter": "lanczos", "mode": "RGB"},
}
BETTER = {True: 0.9, False: 0.55}
"""Probability of the predicted class, where it is right and where it is not."""


def write_evaluation(
    folder: Path,
    right: Sequence[int] = (50, 40, 30),
    used: Mapping[str, Any] | None = None,
    validated: bool = True,
    gap: float = 0.2,
    moved: Sequence[int] = (),
    **known: Any,
) -> None:
    """Write an evaluation that has the first ``right`` images of each class right and takes others for the next class.

    ``used`` are hyperparameters beside ``USED``; ``gap`` is that of training and validation accuracy at the last epoch,
    which is the one kept; ``moved`` are the correct
    images by the pixels that all were moved by; ``known`` stands in metrics.json.
    """
    folder.mkdir(parents=True)
    model, _, replicate = folder.name.partition("-replicate-")
    view = VIEWS[{**USED, **(used or {})}["view"]]
    labels = numpy.repeat(range(len(CLASSES)), EACH)
    hits = numpy.concatenate([numpy.arange(EACH) < count for count in right])
    chosen = numpy.where(hits, labels, (labels + 1) % len(CLASSES))
    chance = numpy.where(hits, BETTER[True], BETTER[False])
    found = numpy.tile(((1 - chance) / 2)[:, None], len(CLASSES))
    found[numpy.arange(len(labels)), chosen] = chance
    files = [f"test/{CLASSES[label]}/{number}.jpg" for number, label in enumerate(labels)]
    counts = metrics.count_confusions(labels, chosen, CLASSES)
    tables = {
        "predictions": metrics.tabulate_predictions(files, labels, found, CLASSES),
        "classes": metrics.score_classes(labels, chosen, CLASSES),
        "confused-pairs": metrics.find_confused_pairs(counts, CLASSES, 5),
        "calibration": metrics.measure_calibration(labels, found, 10),
        "ambiguous": metrics.find_ambiguous(files, labels, found, CLASSES, 4),
        "history": history(validated, gap),
        "shifts": shifts.tabulate(numpy.array(moved), len(labels))
        if moved
        else pandas.DataFrame(columns=shifts.COLUMNS),
        "layers": layers(),
        "hyperparameters": hyperparameters(
            {**USED, **(used or {}), **{f"view.{key}": view[key] for key in PREPARATION}}
        ),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    summary = {"model": model, "replicate": int(replicate or 1), **metrics.summarize(labels, found, CLASSES, 10)}
    summary |= {"parameters": 1000, "trainable_parameters": 900, "epochs": EPOCHS, "best_epoch": EPOCHS}
    summary |= {"train_images": 90, "validation_images": 10 * validated, "weights": "from scratch", "note": ""}
    last = tables["history"].iloc[-1]
    summary |= {f"train_{name}": last[name] for name in ("accuracy", "loss")}
    summary |= {f"val_{name}": last.get(f"val_{name}") for name in ("accuracy", "loss")}
    (folder / "metrics.json").write_text(json.dumps({**summary, **known}), encoding="utf-8")
    (folder / "view.json").write_text(json.dumps({**view, "classes": CLASSES}), encoding="utf-8")


def history(validated: bool, gap: float) -> pandas.DataFrame:
    """Curves whose accuracies are ``gap`` apart at the end."""
    epochs = numpy.arange(1, EPOCHS + 1)
    table = pandas.DataFrame({"epoch": epochs, "loss": 2 / epochs, "accuracy": 0.1 + epochs / 10})
    if validated:
        table = table.assign(
            val_loss=1.5 / epochs + 0.05 * epochs, val_accuracy=table["accuracy"] - gap * epochs / EPOCHS
        )
    return table


def layers() -> pandas.DataFrame:
    """The table of three layers."""
    named = {"layer": ["convolution_1", "flatten", "probabilities"], "type": ["Conv2D", "Flatten", "Dense"]}
    sizes = {"output_shape": ["8x8x4", "256", "3"], "receptive_field": [3, 8, 8]}
    sizes |= {"parameters": [200, 0, 800], "trainable_parameters": [100, 0, 800]}
    return pandas.DataFrame({**named, **sizes, "share": [0.2, 0.0, 0.8]})


def hyperparameters(used: Mapping[str, Any]) -> pandas.DataFrame:
    """The table of the values used, each as JSON."""
    return pandas.DataFrame([(name, json.dumps(value)) for name, value in used.items()], columns=["name", "value"])


def write_trained(folder: Path, used: Mapping[str, Any] | None = None, **record: Any) -> None:
    """Write the record and the summary of a training; ``used`` are hyperparameters beside ``USED``."""
    folder.mkdir(parents=True)
    model, _, replicate = folder.name.partition("-replicate-")
    machine = {"processor": "Abacus 9000", "cores": 2, "memory_gib": 8.0, "host": "node-7"}
    figures = {"seconds": 61.5, "frozen_seconds": 7.5, "epochs": EPOCHS, "images_per_second": 310.5}
    figures |= {"peak_memory_mib": 812, "machine": machine, "threads": 1, "precision": "float32"}
    (folder / "record.json").write_text(json.dumps({**figures, **record}), encoding="utf-8")
    summary = {"model": model, "replicate": int(replicate or 1), "train_images": 1000}
    summary["hyperparameters"] = {**USED, **(used or {})}
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
