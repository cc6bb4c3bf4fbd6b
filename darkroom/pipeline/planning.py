"""The plan of what there is to make: all that the studies of params.yaml ask for, from datasets to comparisons."""

from collections.abc import Mapping
from typing import Any

from darkroom.core.filenames import HISTORY, name_shards
from darkroom.core.provenance import kind_of_images
from darkroom.params.base import NO_NAME
from darkroom.params.document import Parameters
from darkroom.params.replicates import list_replicates
from darkroom.params.sweeps import list_variants
from darkroom.params.transfer import TransferModel
from darkroom.pipeline.descriptions import group_by_part, plan_descriptions
from darkroom.pipeline.origins import find_origin, find_weights_origin
from darkroom.pipeline.runs import COMBINED, list_runs, name_replicate, plan_combination, plan_doubts

Entries = dict[str, dict[str, Any]]
"""Values that dvc.yaml's templates ask for, by the key of each stage."""


def make_plan(parameters: Parameters) -> dict[str, Any]:
    """Return what the studies of ``parameters`` ask for: a mapping for each stage that dvc.yaml expands.

    A fetch and a pretraining have an origin, the path whose bytes decide whether it must run again: the user's files,
    or the module that draws or downloads them. ``at`` says where each value of an entry stands in params.yaml, with
    itself, its base or among the defaults: a stage depends on that key and on no other.
    """
    kinds: dict[str, Entries] = {"trainings": {}, "transfers": {}, "finetunings": {}, "combinations": {}}
    evaluations: Entries = {}
    comparisons: Entries = {}
    for study in parameters.studies:
        members: Entries = {}
        for model in parameters.members(study):
            planned = plan_combination if model in parameters.ensembles else plan_replicates
            kind, replicates = planned(parameters, study, model)
            kinds[kind] |= replicates
            members |= dict.fromkeys(replicates, plan_evaluation(parameters, study, model))
        evaluations |= members
        comparisons[study] = plan_comparison(parameters, study, members)
    views = {key: plan_view(parameters, key) for key in _list_values(evaluations, "view")}
    explained = {
        key: {**evaluations[key], "at": parameters.places("explanations", key)}
        for key in parameters.explanations
        if key in evaluations
    }
    doubted = {
        key: {**evaluations[study.doubts], **plan_doubts(parameters, key, study.doubts)}
        for key, study in parameters.studies.items()
        if study.doubts is not None
    }
    described = plan_descriptions(parameters)
    views |= {key: plan_view(parameters, key) for key in _list_values(described, "view")}
    ahead = {"evaluations": evaluations, "explained": explained, "doubted": doubted, "described": described}
    ahead["swept"] = plan_sweeps(parameters, comparisons)
    return {**plan_data(parameters, views, kinds["transfers"]), **kinds, **ahead, "comparisons": comparisons}


def plan_replicates(parameters: Parameters, study: str, model: str) -> tuple[str, Entries]:
    """Return the training runs of a model of a study, and the plan's name of their kind.

    The first replicate is named after the model, the others ``<model>-replicate-<n>``; a fine-tune has as many as the
    model that it goes back to.
    """
    origin = parameters.trained[parameters.origin(model)]
    kind, details = plan_training(parameters, model)
    found: Entries = {}
    view = parameters.view_of(model)
    images = kind_of_images(parameters.datasets[parameters.dataset_of(view)].source)
    for one in list_replicates(origin.replicates):
        named = str(one) if one.folds else one.number
        own = {"model": model, "replicate": named, "view": view, "images": images, "study": study, **details}
        if "base" in details:
            own["base"] = name_replicate(parameters.finetunes[model].base, one.number)
        found[name_replicate(model, one.number)] = own
    return kind, found


def plan_evaluation(parameters: Parameters, study: str, model: str) -> dict[str, Any]:
    """Return what the evaluation of each replicate of a model needs to know."""
    view = parameters.view_of(model)
    dataset = parameters.dataset_of(view)
    images = kind_of_images(parameters.datasets[dataset].source)
    known = {"view": view, "dataset": dataset, "images": images, "study": study}
    known["shifts"] = parameters.places("studies", study)["shifts"]
    return known | (COMBINED if model in parameters.ensembles else {"home": study, "curves": HISTORY})


def plan_view(parameters: Parameters, key: str) -> dict[str, Any]:
    """Return what the preparation of a view needs to know: also when images ``of`` its data set are duplicates."""
    of = parameters.dataset_of(key)
    near = {"near_duplicates": parameters.places("datasets", of)["near_duplicates"]}
    return {"dataset": parameters.views[key].dataset, "of": of, "at": {**parameters.places("views", key), **near}}


def plan_shards(parameters: Parameters, views: Entries) -> dict[str, Entries]:
    """Return the views that are prepared as a whole, those that are divided first, and the shards of these."""
    counts = {key: parameters.views[key].shards for key in views}
    return {
        "preparations": {key: entry for key, entry in views.items() if counts[key] == 1},
        "divisions": {key: entry for key, entry in views.items() if counts[key] > 1},
        "shards": {
            name: {"view": key, "dataset": entry["dataset"], "at": entry["at"]}
            for key, entry in views.items()
            if counts[key] > 1
            for name in name_shards(key, counts[key])
        },
    }


def plan_comparison(parameters: Parameters, study: str, members: Entries) -> dict[str, Any]:
    """Return what the comparison of a study and the pages on it need to know.

    What its models have ``seen``, and what is ``varied``, its worksheet reads in the folders of its explanations and
    its sweeps; where there are none, so no such folder, what the comparison wrote stands for it.
    """
    (*_, last) = members.values()
    explained = [key for key in parameters.explanations if key in members]
    combined = [f"{key}={','.join(list_runs(parameters, key))}" for key in members if key in parameters.ensembles]
    return {
        "models": " ".join(members),
        "trained": " ".join(key for key in members if key not in parameters.ensembles),
        "combined": " ".join(combined) or NO_NAME,
        "dataset": last["dataset"],
        "explained": " ".join(explained) or NO_NAME,
        "seen": "explanations" if explained else "comparison",
        "varied": "sweeps" if parameters.studies[study].sweeps else "comparison/replicates.csv",
        "described": " ".join(parameters.studies[study].summary_only) or NO_NAME,
        "built": "descriptions" if parameters.studies[study].summary_only else "comparison/classes.csv",
        "at": {**parameters.places("studies", study), **list_shown_places(parameters, last["dataset"])},
    }


def plan_data(parameters: Parameters, views: Entries, transfers: Entries) -> dict[str, Any]:
    """Return what must be fetched and prepared for ``views`` and ``transfers``."""
    shown = _list_values(views, "dataset")
    augmentations: Entries = {
        key: {"dataset": parameters.augmented[key].dataset, "at": parameters.places("augmented", key)}
        for key in shown
        if key in parameters.augmented
    }
    roots = dict.fromkeys(augmentations[key]["dataset"] if key in augmentations else key for key in shown)
    brought = {key: parameters.datasets[key] for key in roots}
    fetches = {
        key: {
            "origin": find_origin(one.source),
            "images": kind_of_images(one.source),
            "at": parameters.places("datasets", key),
        }
        for key, one in brought.items()
    }
    named = {key: parameters.backbones[key] for key in _list_values(transfers, "backbone")}
    backbones = {
        key: {"origin": find_weights_origin(one.weights), "at": parameters.places("backbones", key)}
        for key, one in named.items()
    }
    prepared = plan_shards(parameters, views)
    return {"fetches": fetches, "augmentations": augmentations, **prepared, "pretrainings": backbones}


def plan_sweeps(parameters: Parameters, comparisons: Entries) -> Entries:
    """Return study, dataset and training runs, the model that varies first, of every sweep that a study lists."""
    found = {}
    for study, content in parameters.studies.items():
        for key in content.sweeps:
            sweep = parameters.sweeps[key]
            models = [sweep.of, *(name for name, _, _ in list_variants({key: sweep}))]
            of_study = {"dataset": comparisons[study]["dataset"], "at": comparisons[study]["at"]}
            found[key] = {"study": study, "models": " ".join(models), **of_study}
    return found


def list_ends(study: str, planned: Mapping[str, Any]) -> list[str]:
    """Return the stages that a study ends in: comparison, costs, worksheet, page, census, and what it asks for."""
    alone = [f"compare@{study}", f"costs@{study}", f"worksheet@{study}", f"page@{study}"]
    own = [
        f"{verb}@{key}"
        for verb, kind in (
            ("sweep", "swept"),
            ("explain", "explained"),
            ("doubts", "doubted"),
            ("describe", "described"),
        )
        for key, entry in planned[kind].items()
        if entry["study"] == study
    ]
    return [*alone, f"census@{planned['comparisons'][study]['dataset']}", *own]


def plan_training(parameters: Parameters, model: str) -> tuple[str, dict[str, Any]]:
    """Return how a model is trained, by the plan's name of it, and what only that way needs to know."""
    if model in parameters.finetunes:
        places = parameters.places("finetunes", model)
        at = {"unfreeze": places["unfreeze"], **group_by_part({"training": places["training"]})}
        return "finetunings", {"base": parameters.finetunes[model].base, "at": at}
    places = parameters.places("models", model)
    at = group_by_part({"network": places["network"], "training": places["training"]})
    found = parameters.trained[model]
    if isinstance(found, TransferModel):
        return "transfers", {"backbone": found.network.backbone, "at": at}
    return "trainings", {"at": at}


def list_shown_places(parameters: Parameters, dataset: str) -> dict[str, str]:
    """Return where that stands which pages say of a dataset."""
    places = parameters.places("datasets", dataset)
    return {key: places[key] for key in ("title", "source")}


def _list_values(entries: Entries, field: str) -> list[str]:
    return list(dict.fromkeys(entry[field] for entry in entries.values()))
