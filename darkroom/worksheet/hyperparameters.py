"""Questions on hyperparameters: which there are, and what each model uses."""

import pandas

from darkroom.reporting.quantities import write_value
from darkroom.worksheet.material import Answer, Material, Question


def list_hyperparameters(material: Material) -> Answer:
    """Which hyperparameters are there, and which values does the best model use?"""
    found = collect_hyperparameters(material)
    of_best = found[["name", material.best]].dropna().rename(columns={material.best: "value"})
    return {
        "number": len(found),
        "varied": int((found.drop(columns="name").nunique(axis=1, dropna=False) > 1).sum()),
        "models": len(material.evaluated),
        "best": material.best,
        "rows": of_best,
        "files": [material.every("hyperparameters.csv")],
    }


def collect_hyperparameters(material: Material) -> pandas.DataFrame:
    """Return one row per hyperparameter, by name, and one column per model with the value used, as text."""
    columns = {
        model: {name: write_value(value) for name, value in one.hyperparameters.items()}
        for model, one in material.evaluated.items()
    }
    names = dict.fromkeys(name for values in columns.values() for name in values)
    return pandas.DataFrame(
        [{"name": name, **{model: values.get(name) for model, values in columns.items()}} for name in names]
    )


QUESTIONS: dict[str, Question] = {"hyperparameters": list_hyperparameters}
