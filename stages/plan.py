"""What there is to make: all that the studies of params.yaml ask for, from datasets to comparisons.

dvc.yaml expands its stages over this file, because DVC's templates cannot ask which study a model belongs to or which
folder holds a dataset. It is written from params.yaml whenever Snakemake starts, and by hand, as is models/dvc.yaml
(stages/artifacts.py), with

    python -m stages.plan
"""

import argparse
import os
from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

import yaml

from stages import artifacts
from stages.errors import UserError
from stages.files import write_text
from stages.parameters.base import FILE as PARAMETERS
from stages.parameters.document import Parameters, load
from stages.parameters.transfer import TransferModel
from stages.template import all_outs, definitions

FILE = Path("workflow/plan.yaml")
HEAD = f"# Written from {PARAMETERS} by stages/plan.py; do not edit. Commit it"
DRAWING, DOWNLOADING = "stages/synthetic.py", "stages/download.py"
WEIGHTS = {"imagenet": "stages/imagenet.py", "package": "stages/torch_pickle.py", "none": "stages/random_weights.py"}
"""What brings or draws the weights of each kind but a file."""


def plan(parameters: Parameters) -> dict[str, Any]:
    """Return what the studies of ``parameters`` ask for: a mapping for each stage that dvc.yaml expands.

    A fetch and a pretraining have an origin, the path whose bytes decide whether it must run again: the user's files,
    or the module that makes or brings them. A model's first replicate is named after it, the others
    ``<model>-replicate-<n>``; a fine-tune has as many as the model that it goes back to.
    """
    kinds: dict[str, dict[str, dict[str, Any]]] = {"trainings": {}, "transfers": {}, "finetunings": {}}
    evaluations: dict[str, dict[str, Any]] = {}
    comparisons: dict[str, dict[str, Any]] = {}
    for study, content in parameters.studies.items():
        members = {}
        for model in content.models:
            view = parameters.models[parameters.origin(model)].view
            place = {"view": view, "dataset": parameters.views[view].dataset, "study": study}
            kind, details = training(parameters, model)
            for replicate in range(1, parameters.models[parameters.origin(model)].replicates + 1):
                key = named(model, replicate)
                if "base" in details:
                    details = {**details, "base": named(parameters.finetunes[model].base, replicate)}
                kinds[kind][key] = {"model": model, "replicate": replicate, "view": view, "study": study, **details}
                members[key] = place
        evaluations |= members
        comparisons[study] = {"models": " ".join(members), "dataset": place["dataset"]}
    views = {entry["view"]: {"dataset": entry["dataset"]} for entry in evaluations.values()}
    sources = {key: {"origin": origin(parameters.datasets[key].source)} for key in _values(views, "dataset")}
    backbones = {
        key: {"origin": weights_origin(parameters.backbones[key].weights)}
        for key in _values(kinds["transfers"], "backbone")
    }
    made = {"fetches": sources, "preparations": views, "pretrainings": backbones}
    return {**made, **kinds, "evaluations": evaluations, "comparisons": comparisons}


def ends(study: str, dataset: str) -> tuple[str, ...]:
    """Return the stages that a study ends in: its comparison, its costs, and the census of its dataset."""
    return (f"compare@{study}", f"costs@{study}", f"census@{dataset}")


def training(parameters: Parameters, model: str) -> tuple[str, dict[str, Any]]:
    """Return how a model is trained, by the plan's name of it, and what only that way needs to know."""
    if model in parameters.finetunes:
        return "finetunings", {"base": parameters.finetunes[model].base}
    chosen = parameters.models[model]
    if isinstance(chosen, TransferModel):
        return "transfers", {"backbone": chosen.network.backbone}
    return "trainings", {}


def named(model: str, replicate: int) -> str:
    """Return the key of a model's training."""
    return model if replicate == 1 else f"{model}-replicate-{replicate}"


def _values(entries: dict[str, dict[str, Any]], field: str) -> list[str]:
    return list(dict.fromkeys(entry[field] for entry in entries.values()))


def weights_origin(weights: str) -> str:
    """Return the path that holds a backbone's weights, or the code that makes or brings them."""
    return WEIGHTS.get(weights) or str(Path(weights).expanduser())


def origin(source: str) -> str:
    """Return the path that holds the bytes of a dataset's source, or the code that makes or brings them."""
    if source == "synthetic":
        return DRAWING
    if source.startswith(("kaggle:", "https://")):
        return DOWNLOADING
    return str(Path(source).expanduser())


def check_sources(parameters: Parameters, settled: Container[str]) -> None:
    """Check that files of weights and local sources are there, outside the folders that stages write.

    What the stages ``settled`` brought in is here, whether or not its source still is.

    Raises:
        UserError: a file or source is missing, or lies where its own copy would be written.
    """
    made = {Path(out).parts[0] for definition in definitions().values() for out in all_outs(definition["do"])}
    for key, backbone in parameters.backbones.items():
        if backbone.weights not in WEIGHTS and f"pretrained@{key}" not in settled:
            where = f"{PARAMETERS}: backbones.{key}.weights: {backbone.weights!r}"
            _check_outside(Path(weights_origin(backbone.weights)), made, where, "file", "../weights.h5")
    for key, dataset in parameters.datasets.items():
        where = f"{PARAMETERS}: datasets.{key}.source: {dataset.source!r}"
        if f"fetch@{key}" not in settled:
            _check_outside(Path(origin(dataset.source)), made, where, "file or folder", "../images")


def _check_outside(path: Path, made: set[str], where: str, kind: str, example: str) -> None:
    if not path.exists():
        raise UserError(f"{where}: no such {kind}; correct the path")
    resolved = path.resolve()
    inside = any(resolved.is_relative_to(Path(folder).resolve()) for folder in made)
    if inside or Path().resolve().is_relative_to(resolved):
        raise UserError(f"{where}: must lie outside {', '.join(sorted(made))}, which Darkroom writes; try {example}")


def behind(parameters: Parameters) -> dict[Path, str]:
    """Return the files that are written from ``parameters`` and say something else, each with what it must say."""
    planned = plan(parameters)
    dumped = yaml.safe_dump(planned, sort_keys=False, width=200, default_flow_style=None)
    texts = {
        FILE: f"{HEAD}: dvc.yaml expands over it.\n{dumped}",
        artifacts.FILE: f"{HEAD}.\n{artifacts.text(parameters, planned)}",
    }
    return {file: text for file, text in texts.items() if not file.exists() or file.read_text(encoding="utf-8") != text}


def update(parameters: Parameters) -> None:
    """Write the plan and the artifacts where they say something else than ``parameters``."""
    for file, text in behind(parameters).items():
        write_text(file, text)


def checked(file: Path = PARAMETERS) -> Parameters:
    """Return params.yaml, validated as a whole, unless DVC has expanded dvc.yaml over a plan that is behind it.

    Raises:
        UserError: params.yaml is not valid, or DVC asks and the plan or models/dvc.yaml is behind it.
    """
    parameters = load(file)
    if "DVC_STAGE" in os.environ:
        for old in behind(parameters):
            raise UserError(f"{old} is behind {PARAMETERS}: run python -m stages.plan, then dvc repro again")
    return parameters


def main(argv: Sequence[str] | None = None) -> None:
    """Write the files, as the command line asks."""
    parser = argparse.ArgumentParser(description=f"Write {FILE} and {artifacts.FILE} from {PARAMETERS}.")
    parser.parse_args(argv)
    update(load())


if __name__ == "__main__":
    from stages import command

    command.run(main)
