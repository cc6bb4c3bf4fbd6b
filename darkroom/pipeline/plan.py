"""What there is to make: all that the studies of params.yaml ask for, from datasets to comparisons.

dvc.yaml expands its stages over this file, because DVC's templates cannot ask which study a model belongs to or which
folder holds a dataset. It is written from params.yaml whenever Snakemake starts, and by hand, as is models/dvc.yaml
(darkroom/pipeline/artifacts.py), with

    python -m darkroom.pipeline.plan
"""

import argparse
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

from darkroom.core.errors import UserError
from darkroom.core.files import write_text
from darkroom.core.provenance import kind_of_images
from darkroom.params.base import FILE as PARAMETERS
from darkroom.params.base import NO_NAME, dump
from darkroom.params.document import Parameters, load
from darkroom.params.sweeps import list_variants
from darkroom.params.transfer import TransferModel
from darkroom.pipeline import artifacts
from darkroom.pipeline.sources import find_origin
from darkroom.pipeline.template import list_outs, read_definitions

FILE = Path("workflow/plan.yaml")
HEAD = f"# Written from {PARAMETERS} by darkroom/pipeline/plan.py; do not edit. Commit it"
WEIGHTS = {
    "imagenet": "darkroom/weights/imagenet.py",
    "package": "darkroom/weights/torch_pickle.py",
    "none": "darkroom/weights/random_weights.py",
}
"""What brings or draws the weights of each kind but a file."""


def make(parameters: Parameters) -> dict[str, Any]:
    """Return what the studies of ``parameters`` ask for: a mapping for each stage that dvc.yaml expands.

    A fetch and a pretraining have an origin, the path whose bytes decide whether it must run again: the user's files,
    or the module that makes or brings them. A model's first replicate is named after it, the others
    ``<model>-replicate-<n>``; a fine-tune has as many as the model that it goes back to. What the models of a study
    have ``seen``, and what is ``varied``, its worksheet reads in the folders of its explanations and its sweeps; where
    there are none, so no such folder, what the comparison wrote stands for it. ``at`` says where each value of an entry
    stands in params.yaml, with itself, its base or among the defaults: a stage depends on that key and on no other.
    """
    kinds: dict[str, dict[str, dict[str, Any]]] = {"trainings": {}, "transfers": {}, "finetunings": {}}
    evaluations: dict[str, dict[str, Any]] = {}
    comparisons: dict[str, dict[str, Any]] = {}
    for study in parameters.studies:
        members = {}
        for model in parameters.members(study):
            origin_model = parameters.trained[parameters.origin(model)]
            view = origin_model.view
            dataset = parameters.dataset_of(view)
            place = {
                "view": view,
                "dataset": dataset,
                "images": kind_of_images(parameters.datasets[dataset].source),
                "study": study,
            }
            kind, details = plan_training(parameters, model)
            for replicate in range(1, origin_model.replicates + 1):
                key = name_replicate(model, replicate)
                if "base" in details:
                    details = {**details, "base": name_replicate(parameters.finetunes[model].base, replicate)}
                kinds[kind][key] = {"model": model, "replicate": replicate, "view": view, "study": study, **details}
                members[key] = place
        evaluations |= members
        explained = [key for key in parameters.explanations if key in members]
        comparisons[study] = {
            "models": " ".join(members),
            "dataset": dataset,
            "explained": " ".join(explained) or NO_NAME,
            "seen": "explanations" if explained else "comparison",
            "varied": "sweeps" if parameters.studies[study].sweeps else "comparison/replicates.csv",
            "at": {**parameters.places("studies", study), **list_shown_places(parameters, dataset)},
        }
    views = {
        key: {"dataset": parameters.views[key].dataset, "at": parameters.places("views", key)}
        for key in _list_values(evaluations, "view")
    }
    made = {**plan_data(parameters, views, kinds["transfers"]), **kinds}
    shown = {
        key: {**evaluations[key], "at": parameters.places("explanations", key)}
        for key in parameters.explanations
        if key in evaluations
    }
    ahead = {"evaluations": evaluations, "explained": shown, "swept": plan_sweeps(parameters, comparisons)}
    return {**made, **ahead, "comparisons": comparisons}


def plan_data(
    parameters: Parameters, views: dict[str, dict[str, Any]], transfers: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Return what must be brought and prepared for ``views`` and ``transfers``."""
    shown = _list_values(views, "dataset")
    augmentations: dict[str, dict[str, Any]] = {
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
    return {"fetches": fetches, "augmentations": augmentations, "preparations": views, "pretrainings": backbones}


def plan_sweeps(parameters: Parameters, comparisons: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return study, dataset and trainings, the model that varies first, of every sweep that a study lists."""
    found = {}
    for study, content in parameters.studies.items():
        for key in content.sweeps:
            sweep = parameters.sweeps[key]
            models = [sweep.of, *(name for name, _, _ in list_variants({key: sweep}))]
            of_study = {"dataset": comparisons[study]["dataset"], "at": comparisons[study]["at"]}
            found[key] = {"study": study, "models": " ".join(models), **of_study}
    return found


def list_ends(study: str, planned: Mapping[str, Any]) -> list[str]:
    """Return the stages that a study of a plan ends in: comparison, costs, census, worksheet, sweeps, explanations."""
    alone = [f"compare@{study}", f"costs@{study}", f"worksheet@{study}"]
    own = [
        f"{verb}@{key}"
        for verb, kind in (("sweep", "swept"), ("explain", "explained"))
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


def group_by_part(places: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the places of an entry's values by the part that they belong to, however deep that lies."""
    found: dict[str, dict[str, str]] = {}
    for part, inside in places.items():
        found[part] = {key: place for key, place in inside.items() if isinstance(place, str)}
        found |= group_by_part({key: place for key, place in inside.items() if isinstance(place, dict)})
    return found


def list_shown_places(parameters: Parameters, dataset: str) -> dict[str, str]:
    """Return where that stands which pages say of a dataset."""
    places = parameters.places("datasets", dataset)
    return {key: places[key] for key in ("title", "source")}


def name_replicate(model: str, replicate: int) -> str:
    """Return the key of a model's training."""
    return model if replicate == 1 else f"{model}-replicate-{replicate}"


def _list_values(entries: dict[str, dict[str, Any]], field: str) -> list[str]:
    return list(dict.fromkeys(entry[field] for entry in entries.values()))


def find_weights_origin(weights: str) -> str:
    """Return the path that holds a backbone's weights, or the code that makes or brings them."""
    return WEIGHTS.get(weights) or str(Path(weights).expanduser())


def check_sources(parameters: Parameters, settled: Container[str]) -> None:
    """Check that files of weights and local sources are there, outside the folders that stages write.

    What the stages ``settled`` brought in is here, whether or not its source still is.

    Raises:
        UserError: a file or source is missing, or lies where its own copy would be written.
    """
    made = {Path(out).parts[0] for definition in read_definitions().values() for out in list_outs(definition["do"])}
    for key, backbone in parameters.backbones.items():
        if backbone.weights not in WEIGHTS and f"pretrained@{key}" not in settled:
            where = f"{PARAMETERS}: backbones.{key}.weights: {backbone.weights!r}"
            _check_outside(Path(find_weights_origin(backbone.weights)), made, where, "file", "../weights.h5")
    for key, dataset in parameters.datasets.items():
        where = f"{PARAMETERS}: datasets.{key}.source: {dataset.source!r}"
        if f"fetch@{key}" not in settled:
            _check_outside(Path(find_origin(dataset.source)), made, where, "file or folder", "../images")


def _check_outside(path: Path, made: set[str], where: str, kind: str, example: str) -> None:
    if not (path.is_file() or path.is_dir()):
        raise UserError(f"{where}: no such {kind}; correct the path")
    resolved = path.resolve()
    inside = any(resolved.is_relative_to(Path(folder).resolve()) for folder in made)
    if inside or Path().resolve().is_relative_to(resolved):
        raise UserError(f"{where}: must lie outside {', '.join(sorted(made))}, which Darkroom writes; try {example}")


def find_outdated(parameters: Parameters) -> dict[Path, str]:
    """Return the files that are written from ``parameters`` and say something else, each with what it must say."""
    planned = make(parameters)
    written = dump(planned, width=118, default_flow_style=None)
    texts = {
        FILE: f"{HEAD}: dvc.yaml expands over it.\n{written}",
        artifacts.FILE: f"{HEAD}.\n{artifacts.compose(parameters, planned)}",
    }
    return {file: text for file, text in texts.items() if not file.exists() or file.read_text(encoding="utf-8") != text}


def update(parameters: Parameters) -> None:
    """Write the plan and the artifacts where they say something else than ``parameters``."""
    for file, text in find_outdated(parameters).items():
        write_text(file, text)


def check(parameters: Parameters) -> None:
    """Check that DVC would expand dvc.yaml over what ``parameters`` ask for.

    Raises:
        UserError: the plan or models/dvc.yaml is behind them.
    """
    for old in find_outdated(parameters):
        again = "then dvc repro, or dvc exp run without -S, again"
        raise UserError(f"{old} is behind {PARAMETERS}: run python -m darkroom.pipeline.plan, {again}")


def main(argv: Sequence[str] | None = None) -> None:
    """Write the files, as the command line asks."""
    parser = argparse.ArgumentParser(description=f"Write {FILE} and {artifacts.FILE} from {PARAMETERS}.")
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if they are behind")
    given = parser.parse_args(argv)
    (check if given.check else update)(load())


if __name__ == "__main__":
    from darkroom.pipeline import command

    command.run(main)
