"""Questions on the networks: their layers and parameters, and what of them trains."""

from pathlib import Path
from typing import Any

import pandas

from darkroom.core.filenames import LAYERS, SUMMARY
from darkroom.core.files import read_json
from darkroom.worksheet.material import Answer, Material, Question, rows

HEAVIEST = 3
"""Layers named as those with most parameters."""


def layers(material: Material) -> Answer:
    """How many layers and parameters each network has."""
    found: list[dict[str, object]] = []
    inside = {model: backbone(material, model).get("layers") for model in material.evaluated}
    for model, one in material.evaluated.items():
        count: dict[str, int | None] = {"layers": len(layer_table(material, model))}
        if any(inside.values()):
            count["inside its backbone"] = inside[model]
        sizes = {"parameters": one.metrics["parameters"], "trainable": one.metrics["trainable_parameters"]}
        found.append({"model": model, **count, **sizes, "KiB at 4 bytes": one.metrics["parameters"] * 4 / 1024})
    below = "\nA backbone counts as one layer; how many it has inside stands beside.\n" if any(inside.values()) else ""
    answer = rows(found, {"inside its backbone": ",.0f", "KiB at 4 bytes": ",.2f"}) + below
    files = [material.every(name) for name in ("metrics.json", LAYERS, SUMMARY, "diagram.png")]
    return Answer("How many layers and parameters has each network?", answer, files)


def heaviest(material: Material) -> Answer:
    """Which layers of each network hold most parameters."""
    found = []
    for model in material.evaluated:
        table = layer_table(material, model).query("parameters > 0")
        most = table.sort_values("parameters", ascending=False, kind="stable").head(HEAVIEST)
        held = zip(most["layer"], most["parameters"], most["share"], strict=True)
        found.append(
            {"model": model, "layers": ", ".join(f"{name} {count:,} ({share:.1%})" for name, count, share in held)}
        )
    return Answer("Which layers hold most parameters?", rows(found), [material.every(LAYERS)])


def frozen(material: Material) -> Answer | None:
    """How much of each network on a backbone trains."""
    found = []
    for model in on_backbone(material):
        figures = material.evaluated[model].metrics
        share = figures["trainable_parameters"] / figures["parameters"]
        trains = {"parameters": figures["parameters"], "trainable": figures["trainable_parameters"], "share": share}
        start = {"weights": figures["weights"], "unfrozen": unfrozen(material, model)}
        found.append({"model": model, **trains, **start})
    question = "How much of a network on a backbone trains?"
    return Answer(question, rows(found, {"share": ".1%"}), [material.every("metrics.json")]) if found else None


def backbones(material: Material) -> Answer | None:
    """How many layers each backbone has, its first and last, and what it gives."""
    found: dict[str, dict[str, object]] = {}
    files = []
    for model in on_backbone(material):
        described = backbone(material, model)
        if not described:
            continue
        ends = {"first layer": described["first"], "last layer": described["last"]}
        shape = "×".join(map(str, described["output_shape"]))
        row = {"backbone": described["name"], "layers": described["layers"], **ends, "gives": shape}
        if row not in found.values():
            found[model] = row
            files.append(material.evaluated[model].folder / SUMMARY)
    question = "How many layers has the backbone, which are the first and the last, and what does it give?"
    return Answer(question, rows(list(found.values())), files) if found else None


def layer_table(material: Material, model: str) -> pandas.DataFrame:
    """Return a model's layers: layer, type, output_shape, parameters, trainable_parameters, share."""
    return pandas.read_csv(Path(material.evaluated[model].folder) / LAYERS)


def backbone(material: Material, model: str) -> dict[str, Any]:
    """Return what a model's summary says of its backbone: name, layers, first, last, output_shape; of none, nothing."""
    file = material.evaluated[model].folder / SUMMARY
    described: dict[str, Any] = read_json(file).get("backbone", {}) if file.is_file() else {}
    return described


def on_backbone(material: Material) -> list[str]:
    """Return the models on a backbone, fine-tunes among them."""
    return [
        model for model, one in material.evaluated.items() if one.hyperparameters.get("network.backbone") is not None
    ]


def unfrozen(material: Material, model: str) -> str:
    """Return which layers of its backbone a model trains, in words."""
    chosen = material.evaluated[model].hyperparameters.get("unfreeze")
    if chosen is None:
        return "none"
    if chosen == "all":
        return "all"
    return f"the last {chosen}" if isinstance(chosen, int) else f"from {chosen} on"


QUESTIONS: tuple[Question, ...] = (layers, heaviest, frozen, backbones)
