"""Questions on the networks: their layers and parameters, and what of them trains."""

import math
from pathlib import Path
from typing import Any

import pandas

from darkroom.core.filenames import LAYERS, SUMMARY
from darkroom.core.files import read_json
from darkroom.worksheet.material import Answer, Material, Question

HEAVIEST = 3
"""Layers named as those with most parameters."""


def count_layers(material: Material) -> Answer:
    """How many layers and parameters does each network have?"""
    found: list[dict[str, object]] = []
    inside = {model: read_backbone(material, model).get("layers") for model in material.evaluated}
    for model, one in material.evaluated.items():
        layers = read_layers(material, model)
        count: dict[str, float | None] = {"layers": len(layers)}
        if any(inside.values()):
            count["inside"] = inside[model]
        sizes = {"parameters": one.metrics["parameters"], "trainable": one.metrics["trainable_parameters"]}
        sizes |= {"field": find_last_field(layers)}
        found.append({"model": model, **count, **sizes, "kib": one.metrics["parameters"] * 4 / 1024})
    return {
        "rows": found,
        "any_backbone": any(inside.values()),
        "files": [material.every(name) for name in ("metrics.json", LAYERS, SUMMARY, "diagram.png")],
    }


def find_last_field(layers: pandas.DataFrame) -> float:
    """Return the receptive field of the last layer whose output has height, width and channels; NaN if not known."""
    maps = layers[layers["output_shape"].str.count("x") == 2]
    return float(maps["receptive_field"].iloc[-1]) if len(maps) else math.nan


def find_heaviest_layers(material: Material) -> Answer:
    """Which layers of each network hold the most parameters?"""
    found = {}
    for model in material.evaluated:
        table = read_layers(material, model).query("parameters > 0")
        most = table.sort_values("parameters", ascending=False, kind="stable").head(HEAVIEST)
        found[model] = most.to_dict("records")
    return {"models": found, "files": [material.every(LAYERS)]}


def measure_trainable(material: Material) -> Answer | None:
    """How much of each network on a backbone is trained?"""
    found = {}
    for model in list_on_backbone(material):
        one = material.evaluated[model]
        found[model] = {**one.metrics, "unfreeze": one.hyperparameters.get("unfreeze")}
    return {"models": found, "files": [material.every("metrics.json")]} if found else None


def describe_backbones(material: Material) -> Answer | None:
    """How many layers does each backbone have, which are its first and last, and what does it output?"""
    found: list[dict[str, object]] = []
    files = []
    for model in list_on_backbone(material):
        backbone = read_backbone(material, model)
        if not backbone:
            continue
        ends = {"first": backbone["first"], "last": backbone["last"]}
        shape = "×".join(map(str, backbone["output_shape"]))
        row = {"backbone": backbone["name"], "layers": backbone["layers"], **ends, "output": shape}
        if row not in found:
            found.append(row)
            files.append(material.evaluated[model].folder / SUMMARY)
    return {"rows": found, "files": files} if found else None


def summarize_untrained(material: Material) -> Answer | None:
    """How many layers and parameters do the networks have that are not trained here?"""
    found: list[dict[str, object]] = []
    for model, folder in material.described.items():
        summary, layers = read_json(folder / SUMMARY), pandas.read_csv(folder / LAYERS)
        inside = summary.get("backbone", {})
        counts = {"parameters": summary["parameters"], "trainable": summary["trainable_parameters"]}
        counts |= {"fixed": counts["parameters"] - counts["trainable"], "mib": summary["size_kib"] / 1024}
        output = "×".join(map(str, inside["output_shape"])) if inside else ""
        within = {"inside": inside.get("layers"), "output": output}
        found.append({"model": model, "layers": len(layers), **within, **counts})
    files = [folder / name for folder in material.described.values() for name in (SUMMARY, LAYERS)]
    return {"rows": found, "files": files} if found else None


def read_layers(material: Material, model: str) -> pandas.DataFrame:
    """Return a model's layers: layer, type, output_shape, receptive_field, parameters, trainable_parameters, share."""
    return pandas.read_csv(Path(material.evaluated[model].folder) / LAYERS)


def read_backbone(material: Material, model: str) -> dict[str, Any]:
    """Return what a model's summary says of its backbone: name, layers, first, last, output_shape; of none, nothing."""
    file = material.evaluated[model].folder / SUMMARY
    described: dict[str, Any] = read_json(file).get("backbone", {}) if file.is_file() else {}
    return described


def list_on_backbone(material: Material) -> list[str]:
    """Return the models on a backbone, fine-tunes among them."""
    return [
        model for model, one in material.evaluated.items() if one.hyperparameters.get("network.backbone") is not None
    ]


QUESTIONS: dict[str, Question] = {
    "layers": count_layers,
    "heaviest": find_heaviest_layers,
    "trainable": measure_trainable,
    "backbones": describe_backbones,
    "untrained": summarize_untrained,
}
