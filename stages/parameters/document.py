"""The whole of params.yaml, and what its sections ask of each other.

python -m stages.parameters.document        prints the JSON schema (kept in workflow/params.schema.json)
"""

import json
import re
from pathlib import Path

from stages.errors import UserError
from stages.parameters.base import FILE, Name, Section, read, validated
from stages.parameters.data import Census, Dataset, View
from stages.parameters.model import Evaluation, Model, Runtime, Study

RESERVED = {"all", "fetch", "unzip", "census", "prepare", "train", "evaluate", "compare"}


class Parameters(Section):
    """Everything that params.yaml holds."""

    runtime: Runtime
    datasets: dict[Name, Dataset]
    census: Census
    views: dict[Name, View]
    models: dict[Name, Model]
    evaluation: Evaluation
    studies: dict[Name, Study]


def load(file: Path = FILE) -> Parameters:
    """Return params.yaml, validated as a whole.

    Raises:
        UserError: one line that names the key, its value and what is allowed.
    """
    parameters = validated(Parameters, read(file), "")
    for key, view in parameters.views.items():
        _check_named(f"views.{key}.dataset", view.dataset, parameters.datasets)
    for key, model in parameters.models.items():
        if re.search(r"-replicate-\d+$", key):
            raise UserError(
                f"{file}: models.{key}: names that end in -replicate-<n> are those of replicates; choose another"
            )
        _check_named(f"models.{key}.view", model.view, parameters.views)
    _check_studies(parameters)
    return parameters


def _check_named(where: str, name: str, known: dict[str, Section] | dict) -> None:
    if name not in known:
        raise UserError(f"{FILE}: {where}: {name!r}: no such entry; allowed: {', '.join(known) or 'none is defined'}")


def _check_studies(parameters: Parameters) -> None:
    home: dict[str, str] = {}
    for key, study in parameters.studies.items():
        if key in RESERVED:
            raise UserError(f"{FILE}: studies.{key}: this name is a step's; choose another")
        for model in study.models:
            _check_named(f"studies.{key}.models", model, parameters.models)
            if model in home:
                raise UserError(
                    f"{FILE}: studies.{key}.models: {model!r}: already in studies.{home[model]}; name it once"
                )
            home[model] = key
        used = {parameters.views[parameters.models[model].view].dataset for model in study.models}
        if len(used) > 1:
            raise UserError(
                f"{FILE}: studies.{key}.models: {study.models}: models of one study are tested on the same images, "
                f"but these use the datasets {', '.join(sorted(used))}"
            )


def schema() -> str:
    """Return the JSON schema of params.yaml, as text."""
    return json.dumps(Parameters.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(schema(), end="")
