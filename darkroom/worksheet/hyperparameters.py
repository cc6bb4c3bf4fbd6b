"""Questions on hyperparameters: which there are, and what each model uses."""

import json
from typing import Any

import pandas

from darkroom.evaluation.evaluations import view_of
from darkroom.images.prepared.views import PREPARATION
from darkroom.worksheet.material import Answer, Material, Question, rows


def hyperparameters(material: Material) -> Answer:
    """How many hyperparameters there are, and their values for the best model."""
    found = table(material)
    varied = found[found.drop(columns="name").nunique(axis=1, dropna=False) > 1]
    of_best = found[["name", material.best]].dropna().rename(columns={material.best: "value"})
    differ = f", of which {len(varied)} differ between the {len(material.evaluated)} models"
    answer = (
        f"{len(found)}{differ if len(material.evaluated) > 1 else ''}; the values of every model stand side by side in "
        f"hyperparameters.csv beside this page. Those of {material.best}:\n\n{rows(of_best.to_dict('records'))}"
    )
    question = "Which hyperparameters are there, and which values were used?"
    return Answer(question, answer, [material.every("hyperparameters.csv")])


def table(material: Material) -> pandas.DataFrame:
    """Return one row per hyperparameter, by name, and one column per model with the value used, as text."""
    columns = {
        model: {name: as_written(value) for name, value in used(material, model).items()}
        for model in material.evaluated
    }
    names = dict.fromkeys(name for values in columns.values() for name in values)
    return pandas.DataFrame(
        [{"name": name, **{model: values.get(name) for model, values in columns.items()}} for name in names]
    )


def used(material: Material, model: str) -> dict[str, Any]:
    """Return the hyperparameters of a model, with those of its view."""
    view = view_of(model, material.evaluated)
    of_view = {f"view.{name}": material.views[view][name] for name in PREPARATION}
    return {"view": view, **of_view, **material.evaluated[model].hyperparameters}


def as_written(value: object) -> str:
    """Return a hyperparameter's value as params.yaml may have it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False).replace('"', "")


QUESTIONS: tuple[Question, ...] = (hyperparameters,)
