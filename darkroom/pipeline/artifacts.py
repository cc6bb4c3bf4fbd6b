"""The trained models as DVC's artifacts: what each is, for model registries, ``dvc artifacts get`` and readers.

The text of models/dvc.yaml, which darkroom/pipeline/plan.py writes beside the plan. It says nothing that an experiment
on a parameter would change: ``dvc exp run -S`` must not find it behind.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from darkroom.core.filenames import NETWORK
from darkroom.core.provenance import note_on_images, note_on_weights
from darkroom.params.document import Parameters
from darkroom.params.replicates import Replicate
from darkroom.params.transfer import TransferModel
from darkroom.params.yaml_files import dump
from darkroom.pipeline import template

FILE = Path("models/dvc.yaml")
VERBS = {"trainings": "train", "transfers": "transfer", "finetunings": "finetune", "combinations": "combine"}
"""The stage behind each kind of training run in the plan."""
IMAGENET = ("imagenet", "package")
"""Sources of weights that were trained on ImageNet."""


def list_artifacts(parameters: Parameters, plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return path, type, desc and labels of each training run in ``plan``, by a name that DVC allows."""
    definitions = template.read_definitions()
    trainings = {key: (verb, entry) for kind, verb in VERBS.items() for key, entry in plan[kind].items()}
    names = make_valid_names(trainings)
    found = {}
    for key, (verb, entry) in trainings.items():
        view = entry["view"]
        labels = {"study": entry["study"], "dataset": parameters.dataset_of(view), "view": view, "stage": verb}
        replicate = Replicate.parse(str(entry.get("replicate", 1)))
        labels |= {"model": entry["model"], "replicate": str(replicate)}
        outs = template.list_outs(definitions[verb]["do"])
        path = next(path for path in outs if Path(path).name == NETWORK)
        found[names[key]] = {
            "path": os.path.relpath(template.fill(path, {"key": key, "item": entry}), FILE.parent),
            "type": "model",
            "desc": describe(parameters, entry["model"], replicate, view),
            "labels": [f"{name}:{value}" for name, value in labels.items()],
        }
    return found


def describe(parameters: Parameters, model: str, replicate: Replicate, view: str) -> str:
    """Return what a model is, what it was trained on and from what weights, and whether either is made up."""
    dataset = parameters.datasets[parameters.dataset_of(view)]
    note = note_on_images(dataset.source)
    images = f"{dataset.title}, view {view}" + (f" ({note})" if note else "")
    seed = f"; replicate {replicate.number}, with a seed of its own" if replicate.number > 1 else ""
    fold = f"; fold {replicate.number} of {replicate.folds} held out" if replicate.folds else ""
    return f"{describe_network(parameters, model)}, trained on {images}{seed}{fold}"


def describe_network(parameters: Parameters, model: str) -> str:
    """Return what network a model is, and where its weights began; of an ensemble, what it is made of."""
    if model in parameters.ensembles:
        ensemble = parameters.ensembles[model]
        mirrored = ", each on an image and its mirror image" if ensemble.flips else ""
        return f"Mean of the probabilities of {', '.join(ensemble.members)}{mirrored}"
    origin = parameters.trained[parameters.origin(model)]
    if not isinstance(origin, TransferModel):
        if model in parameters.finetunes:
            return f"Fine-tune of {parameters.finetunes[model].base}, a network from scratch"
        return "Convolutional network from scratch"
    backbone = parameters.backbones[origin.network.backbone]
    weights = "ImageNet weights" if backbone.weights in IMAGENET else f"weights of {Path(backbone.weights).name}"
    named = f"{origin.network.backbone} ({note_on_weights(backbone.weights) or weights})"
    if model in parameters.finetunes:
        return f"Fine-tune of {parameters.finetunes[model].base} with part of its backbone {named}"
    return f"New layers on the frozen backbone {named}"


def make_valid_names(keys: Iterable[str]) -> dict[str, str]:
    """Return a name for each key that DVC allows for artifacts: the key itself, unless it ends in a sign."""
    valid = {key: key.rstrip("-_") for key in keys}
    taken = {key for key, name in valid.items() if key == name}
    for key, name in valid.items():
        number = 1
        while key != name and valid[key] in taken:
            number += 1
            valid[key] = f"{name}-{number}"
        taken.add(valid[key])
    return valid


def compose(parameters: Parameters, plan: Mapping[str, Any]) -> str:
    """Return the content of models/dvc.yaml."""
    return dump({"artifacts": list_artifacts(parameters, plan)}, width=1000)
