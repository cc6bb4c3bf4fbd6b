"""The whole of params.yaml, and what its sections ask of each other.

python -m stages.parameters.document        prints the JSON schema (kept in workflow/params.schema.json)
"""

import json
import re
from pathlib import Path

from stages.errors import UserError
from stages.parameters.backbone import Backbone
from stages.parameters.base import FILE, Name, Section, read, validated
from stages.parameters.data import Census, Dataset, View
from stages.parameters.model import Evaluation, Runtime, Study
from stages.parameters.transfer import AnyModel, FineTune, TransferModel

RESERVED = {
    "all",
    "fetch",
    "unzip",
    "census",
    "prepare",
    "pretrained",
    "train",
    "transfer",
    "finetune",
    "evaluate",
    "compare",
    "costs",
    "records",
}
"""Names of rules, and of the folder beside the studies' results; no study may have one."""


class Parameters(Section):
    """Everything that params.yaml holds."""

    runtime: Runtime
    datasets: dict[Name, Dataset]
    census: Census
    views: dict[Name, View]
    backbones: dict[Name, Backbone]
    models: dict[Name, AnyModel]
    finetunes: dict[Name, FineTune]
    evaluation: Evaluation
    studies: dict[Name, Study]

    def origin(self, key: str) -> str:
        """Return the model that the fine-tune ``key`` goes back to; of a model, itself."""
        while key in self.finetunes:
            key = self.finetunes[key].base
        return key


def load(file: Path = FILE) -> Parameters:
    """Return params.yaml, validated as a whole.

    Raises:
        UserError: one line that names the key, its value and what is allowed.
    """
    parameters = validated(Parameters, read(file), "")
    for key, view in parameters.views.items():
        _check_named(f"views.{key}.dataset", view.dataset, parameters.datasets)
    for section, keys in (("models", parameters.models), ("finetunes", parameters.finetunes)):
        for key in keys:
            if re.search(r"-replicate-\d+$", key):
                raise UserError(
                    f"{file}: {section}.{key}: names that end in -replicate-<n> are those of replicates; choose another"
                )
    for key, model in parameters.models.items():
        _check_named(f"models.{key}.view", model.view, parameters.views)
        if isinstance(model, TransferModel):
            _check_named(f"models.{key}.network.backbone", model.network.backbone, parameters.backbones)
    _check_fine_tunes(parameters)
    _check_studies(parameters)
    return parameters


def _check_fine_tunes(parameters: Parameters) -> None:
    for key, fine_tune in parameters.finetunes.items():
        if key in parameters.models:
            raise UserError(f"{FILE}: finetunes.{key}: a model has this name; choose another")
        chain = [key]
        while chain[-1] in parameters.finetunes:
            base = parameters.finetunes[chain[-1]].base
            if base in chain:
                raise UserError(f"{FILE}: finetunes.{key}.base: goes back to itself: {' <- '.join([*chain, base])}")
            chain.append(base)
        if chain[-1] not in parameters.models or not isinstance(parameters.models[chain[-1]], TransferModel):
            bases = [name for name, model in parameters.models.items() if isinstance(model, TransferModel)]
            allowed = ", ".join([*bases, *(name for name in parameters.finetunes if name != key)]) or "none is defined"
            raise UserError(
                f"{FILE}: finetunes.{key}.base: {fine_tune.base!r}: no model with a backbone; allowed: {allowed}"
            )


def _check_named(where: str, name: str, known: dict[str, Section] | dict) -> None:
    if name not in known:
        raise UserError(f"{FILE}: {where}: {name!r}: no such entry; allowed: {', '.join(known) or 'none is defined'}")


def _check_studies(parameters: Parameters) -> None:
    home: dict[str, str] = {}
    for key, study in parameters.studies.items():
        if key in RESERVED:
            raise UserError(f"{FILE}: studies.{key}: this name is the workflow's own; choose another")
        for model in study.models:
            _check_named(f"studies.{key}.models", model, {**parameters.models, **parameters.finetunes})
            base = parameters.finetunes[model].base if model in parameters.finetunes else model
            if base not in study.models:
                raise UserError(
                    f"{FILE}: studies.{key}.models: {model!r}: fine-tunes {base!r}, which this study must list too"
                )
            if model in home:
                raise UserError(
                    f"{FILE}: studies.{key}.models: {model!r}: already in studies.{home[model]}; name it once"
                )
            home[model] = key
        used = {parameters.views[parameters.models[parameters.origin(model)].view].dataset for model in study.models}
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
