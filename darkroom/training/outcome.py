"""The files that every training run leaves in its model's folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas

from darkroom.core import facts
from darkroom.core.backend import keras
from darkroom.core.filenames import HISTORY, LAYERS, NETWORK, SUMMARY
from darkroom.core.files import write_json, write_table
from darkroom.images.prepared.views import DESCRIPTION, View
from darkroom.networks import layer_table, network_file
from darkroom.params.base import Section
from darkroom.params.training import Fit
from darkroom.training.fitting import Fitted, Rows


def list_hyperparameters(settings: Section, seed: int, folds: int | None = None) -> dict[str, Any]:
    """Return every value of ``settings`` under its dotted key (``training.batch_size``), the seed, and any ``folds``.

    What is listed by name, as callbacks are, stands under its name (``training.callbacks.EarlyStopping.patience``).
    """
    divided = {"folds": folds} if folds else {}
    return {**_flatten(settings.model_dump(exclude={"replicates"}), ""), **divided, "seed": seed}


def _flatten(value: Any, key: str) -> dict[str, Any]:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        value = {item["name"]: {name: each for name, each in item.items() if name != "name"} or True for item in value}
    if not isinstance(value, dict):
        return {key: value}
    found: dict[str, Any] = {}
    for name, inside in value.items():
        found |= _flatten(inside, f"{key}.{name}" if key else str(name))
    return found


def summarize(layers: pandas.DataFrame, result: Fitted, fit: Fit) -> dict[str, Any]:
    """Return what is counted of a trained model: epochs, the epoch kept, parameters, the layers with most of them."""
    return {
        "epochs": len(result.history),
        "best_epoch": result.kept,
        "stopped_early": len(result.history) < fit.epochs,
        **layer_table.count_parameters(layers),
    }


def write_model(
    out: Path, model: keras.Model, view: View, result: Fitted, fit: Fit, rows: Rows, about: Mapping[str, Any]
) -> None:
    """Write the model, its history, its layer table, its view's preparation and its summary, which begins ``about``."""
    layers = layer_table.tabulate_layers(model)
    images = {"train_images": len(rows.train), "validation_images": len(rows.validation)}
    (out / SUMMARY).unlink(missing_ok=True)  # written last: a folder without it is no whole model
    network_file.save(model, out / NETWORK)
    write_table(out / HISTORY, result.history)
    write_table(out / LAYERS, layers)
    write_json(out / DESCRIPTION, view.preparation)
    write_json(out / SUMMARY, {**about, "precision": fit.precision, **images, **summarize(layers, result, fit)})


def tell_cost(
    result: Fitted, rows: Rows, fit: Fit, settings: Mapping[str, Any], frozen_seconds: float | None = None
) -> None:
    """Tell what the training run cost, for its record; where it has frozen layers, with the seconds they took first.

    The record's seconds are then those of the fit, and of these layers, alone.
    """
    epochs, images = len(result.history), len(rows.train)
    speed = {"epochs": epochs, "images_per_second": round(images * epochs / result.seconds, 1)}
    own = {name: settings[name] for name in ("model", "replicate", "seed")} | {"precision": fit.precision}
    frozen = {} if frozen_seconds is None else {"frozen_seconds": round(frozen_seconds, 2)}
    seconds = {"seconds": round(result.seconds + (frozen_seconds or 0), 2)}
    facts.tell({**seconds, **speed, **own, **frozen})
