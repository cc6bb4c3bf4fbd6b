"""Questions on the networks: their layers, parameters and hyperparameters, and what of them trains."""

import json
from pathlib import Path

import pandas

from stages.files import read_json
from stages.questions.material import Answer, Material, Question, rows
from stages.trained import LAYERS, SUMMARY

HEAVIEST = 3
"""Layers named as those with most parameters."""


def layers(material: Material) -> Answer:
    """How many layers and parameters each network has."""
    found = [
        {
            "model": model,
            "layers": len(layer_table(material, model)),
            "parameters": one.metrics["parameters"],
            "trainable": one.metrics["trainable_parameters"],
            "KiB at 4 bytes": one.metrics["parameters"] * 4 / 1024,
        }
        for model, one in material.evaluated.items()
    ]
    answer = rows(found, {"KiB at 4 bytes": ",.2f"})
    files = [material.every(name) for name in ("metrics.json", LAYERS, "diagram.png")]
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
        file = material.evaluated[model].folder / SUMMARY
        if not file.is_file():
            continue
        described = read_json(file)["backbone"]
        ends = {"first layer": described["first"], "last layer": described["last"]}
        shape = "×".join(map(str, described["output_shape"]))
        row = {"backbone": described["name"], "layers": described["layers"], **ends, "gives": shape}
        if row not in found.values():
            found[model] = row
            files.append(file)
    question = "How many layers has the backbone, which are the first and the last, and what does it give?"
    return Answer(question, rows(list(found.values())), files) if found else None


def hyperparameters(material: Material) -> Answer:
    """How many hyperparameters there are, and their values for the best model."""
    table = hyperparameter_table(material)
    varied = (
        table[table.drop(columns="name").nunique(axis=1, dropna=False) > 1] if len(material.evaluated) > 1 else table
    )
    used = table[["name", material.best]].dropna().rename(columns={material.best: "value"})
    answer = (
        f"{len(table)}, of which {len(varied)} differ between the {len(material.evaluated)} models; the values of "
        f"every model stand side by side in hyperparameters.csv beside this page. Those of {material.best}:\n\n"
        f"{rows(used.to_dict('records'))}"
    )
    return Answer(
        "Which hyperparameters are there, and which values were used?", answer, [material.every("hyperparameters.csv")]
    )


def hyperparameter_table(material: Material) -> pandas.DataFrame:
    """Return one row per hyperparameter, by name, and one column per model with the value used, as text."""
    used = {
        model: {name: as_written(value) for name, value in one.hyperparameters.items()}
        for model, one in material.evaluated.items()
    }
    names = dict.fromkeys(name for values in used.values() for name in values)
    return pandas.DataFrame([{"name": name, **{model: used[model].get(name) for model in used}} for name in names])


def as_written(value: object) -> str:
    """Return a hyperparameter's value as params.yaml may have it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False).replace('"', "")


def layer_table(material: Material, model: str) -> pandas.DataFrame:
    """Return a model's layers: layer, type, output_shape, parameters, trainable_parameters, share."""
    return pandas.read_csv(Path(material.evaluated[model].folder) / LAYERS)


def on_backbone(material: Material) -> list[str]:
    """Return the models on a backbone, fine-tunes among them."""
    return [
        model
        for model, one in material.evaluated.items()
        if one.base is not None or one.hyperparameters.get("network.backbone") is not None
    ]


def unfrozen(material: Material, model: str) -> str:
    """Return which layers of its backbone a model trains, in words."""
    chosen = material.evaluated[model].hyperparameters.get("unfreeze")
    if chosen is None:
        return "none"
    if chosen == "all":
        return "all"
    return f"the last {chosen}" if isinstance(chosen, int) else f"from {chosen} on"


QUESTIONS: tuple[Question, ...] = (layers, heaviest, frozen, backbones, hyperparameters)
