"""Questions on hyperparameters: which there are, and what each model uses."""

import json
from typing import Any

import pandas

from darkroom.evaluation.evaluations import view_of
from darkroom.images.prepared.views import PREPARATION
from darkroom.worksheet.material import Answer, Material, Question, tabulate


def list_hyperparameters(material: Material) -> Answer:
    """Which hyperparameters are there, and which values does the best model use?"""
    found = collect_hyperparameters(material)
    of_best = found[["name", material.best]].dropna().rename(columns={material.best: "value"})
    return {
        "number": len(found),
        "varied": int((found.drop(columns="name").nunique(axis=1, dropna=False) > 1).sum()),
        "models": len(material.evaluated),
        "best": material.best,
        "table": tabulate(of_best.to_dict("records")),
        "files": [material.every("hyperparameters.csv")],
    }


def collect_hyperparameters(material: Material) -> pandas.DataFrame:
    """Return one row per hyperparameter, by name, and one column per model with the value used, as text."""
    columns = {
        model: {name: write_value(value) for name, value in read_values(material, model).items()}
        for model in material.evaluated
    }
    names = dict.fromkeys(name for values in columns.values() for name in values)
    return pandas.DataFrame(
        [{"name": name, **{model: values.get(name) for model, values in columns.items()}} for name in names]
    )


def read_values(material: Material, model: str) -> dict[str, Any]:
    """Return the hyperparameters of a model, with those of its view."""
    view = view_of(model, material.evaluated)
    of_view = {f"view.{name}": material.views[view][name] for name in PREPARATION}
    return {"view": view, **of_view, **material.evaluated[model].hyperparameters}


def write_value(value: object) -> str:
    """Return a hyperparameter's value as params.yaml may have it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False).replace('"', "")


QUESTIONS: dict[str, Question] = {"hyperparameters": list_hyperparameters}
