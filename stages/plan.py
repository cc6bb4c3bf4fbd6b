"""What there is to make: the datasets, views, trainings and comparisons that the studies of params.yaml ask for.

dvc.yaml expands its stages over this file, because DVC's templates cannot ask which study a model belongs to or which
folder holds a dataset. It is written from params.yaml whenever Snakemake starts, and by hand with

    python -m stages.plan
"""

import argparse
import os
from pathlib import Path
from typing import Any

import yaml

from stages.errors import UserError
from stages.files import write_text
from stages.parameters.base import FILE as PARAMETERS
from stages.parameters.document import Parameters, load
from stages.template import all_outs, documents

FILE = Path("workflow/plan.yaml")
HEAD = f"# Written from {PARAMETERS} by stages/plan.py; do not edit. Commit it: dvc.yaml expands over it.\n"
DRAWING, DOWNLOADING = "stages/synthetic.py", "stages/download.py"


def plan(parameters: Parameters) -> dict[str, Any]:
    """Return the fetches, preparations, trainings and comparisons that the studies of ``parameters`` ask for.

    A fetch has an origin, the path whose bytes decide whether it must run again: the user's folder, or the module that
    draws or downloads. A model's first replicate is named after it, the others ``<model>-replicate-<n>``.
    """
    trainings: dict[str, dict[str, Any]] = {}
    comparisons: dict[str, dict[str, Any]] = {}
    for study, content in parameters.studies.items():
        members = {}
        for model in content.models:
            view = parameters.models[model].view
            place = {"view": view, "dataset": parameters.views[view].dataset, "study": study}
            for replicate in range(1, parameters.models[model].replicates + 1):
                key = model if replicate == 1 else f"{model}-replicate-{replicate}"
                members[key] = {"model": model, "replicate": replicate, **place}
        trainings |= members
        comparisons[study] = {"models": " ".join(members), "dataset": place["dataset"]}
    views = {training["view"]: {"dataset": training["dataset"]} for training in trainings.values()}
    fetches = {key: {"origin": origin(parameters.datasets[key].source)} for key in _named(views, "dataset")}
    return {"fetches": fetches, "preparations": views, "trainings": trainings, "comparisons": comparisons}


def _named(entries: dict[str, dict[str, Any]], field: str) -> list[str]:
    return list(dict.fromkeys(entry[field] for entry in entries.values()))


def origin(source: str) -> str:
    """Return the path that holds the bytes of a dataset's source, or the code that makes or brings them."""
    if source == "synthetic":
        return DRAWING
    if source.startswith(("kaggle:", "https://")):
        return DOWNLOADING
    return str(Path(source).expanduser())


def check_sources(parameters: Parameters) -> None:
    """Check that every local source is there, outside the folders that stages write, which are replaced and cleaned.

    Raises:
        UserError: a source is missing, or lies where its own copy would be written.
    """
    made = {Path(out).parts[0] for definition in documents()[0].values() for out in all_outs(definition["do"])}
    for key, dataset in parameters.datasets.items():
        path = Path(origin(dataset.source))
        where = f"{PARAMETERS}: datasets.{key}.source: {dataset.source!r}"
        if not path.exists():
            raise UserError(f"{where}: no such file or folder")
        resolved = path.resolve()
        inside = any(resolved.is_relative_to(Path(folder).resolve()) for folder in made)
        if inside or Path().resolve().is_relative_to(resolved):
            raise UserError(
                f"{where}: must lie outside {', '.join(sorted(made))}, which Darkroom writes; try ../images"
            )


def text(parameters: Parameters) -> str:
    """Return the plan as the file holds it."""
    return HEAD + yaml.safe_dump(plan(parameters), sort_keys=False, width=200, default_flow_style=None)


def update(parameters: Parameters) -> None:
    """Write the plan if it says something else than the file does."""
    if not FILE.exists() or FILE.read_text(encoding="utf-8") != text(parameters):
        write_text(FILE, text(parameters))


def checked(file: Path = PARAMETERS) -> Parameters:
    """Return params.yaml, validated as a whole, unless DVC has expanded dvc.yaml over a plan that is behind it.

    Raises:
        UserError: params.yaml is not valid, or DVC asks and the plan says something else than params.yaml does.
    """
    parameters = load(file)
    if "DVC_STAGE" in os.environ and (not FILE.exists() or FILE.read_text(encoding="utf-8") != text(parameters)):
        raise UserError(f"{FILE} is behind {PARAMETERS}: run python -m stages.plan, then dvc repro again")
    return parameters


if __name__ == "__main__":
    from stages import command

    argparse.ArgumentParser(description="Write the plan from params.yaml.").parse_args()
    command.run(lambda: update(load()))
