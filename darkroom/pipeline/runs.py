"""The training runs that an ensemble is combined of, and those that judge what a model was trained on."""

from typing import Any

from darkroom.params.base import NO_NAME
from darkroom.params.document import Parameters
from darkroom.params.replicates import Folds, list_replicates

COMBINED = {"home": "ensembles", "curves": "view.json"}
"""Of an ensemble: its folder below models, apart from those that it is made of; and what stands for its curves."""


def plan_combination(parameters: Parameters, study: str, key: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """Return what an ensemble of a study is combined of, every replicate of its members, and the plan's name of it."""
    view = parameters.view_of(key)
    runs = list_runs(parameters, key)
    at = parameters.places("ensembles", key)
    return "combinations", {key: {"model": key, "members": " ".join(runs), "view": view, "study": study, "at": at}}


def list_runs(parameters: Parameters, key: str) -> list[str]:
    """Return the training runs of an ensemble's members."""
    return [
        name_replicate(member, one.number)
        for member in parameters.ensembles[key].members
        for one in list_replicates(parameters.trained[parameters.origin(member)].replicates)
    ]


def plan_doubts(parameters: Parameters, study: str, model: str) -> dict[str, str]:
    """Return the model that judges the images of a study, and what judges those that it was trained on: its folds.

    They lie in the folder of the study's models, which is ``judges`` then; without folds a file of the model stands for
    it.
    """
    replicates = parameters.trained[parameters.origin(model)].replicates
    if not isinstance(replicates, Folds):
        return {"model": model, "folds": NO_NAME, "judges": f"models/{study}/{model}/view.json"}
    runs = [name_replicate(model, one.number) for one in list_replicates(replicates)]
    return {"model": model, "folds": " ".join(runs), "judges": f"models/{study}"}


def name_replicate(model: str, replicate: int) -> str:
    """Return the key of a model's training."""
    return model if replicate == 1 else f"{model}-replicate-{replicate}"
