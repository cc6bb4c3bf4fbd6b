"""What a study has made, and what that took, as forms tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from darkroom.cards.places import DatasetPlace, find_dataset, read_options
from darkroom.core.errors import UserError
from darkroom.pages.evaluations import read_number, read_rows
from darkroom.params.document import Parameters, load
from darkroom.params.model import Study
from darkroom.pipeline import template
from darkroom.pipeline.template import Stage

STUDY_STAGES = {"compare", "worksheet", "page", "doubts"}
"""Verbs whose key is the study."""


@dataclass(frozen=True)
class StudyPlace:
    """A study of this project, its dataset and the stages that make what it shows."""

    key: str
    study: Study
    dataset: DatasetPlace
    comparison: Path
    costs: Path
    stages: tuple[Stage, ...]
    descriptions: Mapping[str, str]
    """What each verb makes, as dvc.yaml says."""
    sweeps: Mapping[str, int]
    """Variants of each of its sweeps."""


@dataclass(frozen=True)
class Runs:
    """Training runs of a study; seconds and memory are ``None`` where no record of them is there."""

    models: tuple[Mapping[str, str], ...]
    """Rows of models.csv."""
    trainings: int
    seconds: float | None
    """Of all of them that have a record."""
    timed: int
    """Models that have one."""
    peak_memory_mib: float | None
    processors: tuple[str, ...]
    replicated: tuple[Mapping[str, str], ...]
    """Those of the models that were trained with several seeds."""


def find_study(key: str) -> StudyPlace:
    """Return the study ``key`` of params.yaml.

    Raises:
        UserError: there is none here, it has not been made yet, or params.yaml or dvc.yaml is not valid.
    """
    if not template.FILE.is_file():
        raise UserError(f"{template.FILE}: no such file; run this in the folder of the project")
    parameters = load()
    if key not in parameters.studies:
        raise UserError(f"params.yaml has no study {key}; there is {', '.join(parameters.studies) or 'none'}")
    stages = template.read_stages()
    if f"compare@{key}" not in stages:
        raise UserError(f"workflow/plan.yaml has no study {key}; run python -m darkroom.pipeline.plan")
    options, costs = read_options(stages[f"compare@{key}"]), read_options(stages[f"costs@{key}"])
    if not (Path(options["--out"]) / "models.csv").is_file():
        raise UserError(f"{options['--out']}/models.csv: no such file; run snakemake {key}, which makes the study")
    dataset = find_dataset(options["--dataset"], stages)
    chosen = tuple(stage for stage in stages.values() if _is_of(stage, key, dataset.key))
    descriptions = {verb: str(one["do"].get("desc", "")) for verb, one in template.read_definitions().items()}
    content = parameters.studies[key]
    return StudyPlace(
        key,
        content,
        dataset,
        Path(options["--out"]),
        Path(costs["--out"]),
        chosen,
        descriptions,
        _count_variants(parameters, content),
    )


def _count_variants(parameters: Parameters, study: Study) -> dict[str, int]:
    return {sweep: len(parameters.sweeps[sweep].variants) for sweep in study.sweeps}


def _is_of(stage: Stage, study: str, dataset: str) -> bool:
    if stage.verb in STUDY_STAGES:
        return stage.key == study
    if stage.verb == "census":
        return stage.key == dataset
    return any(out.startswith(f"results/{study}/") for out in stage.outs)


def read_runs(place: StudyPlace) -> Runs:
    """Return what the study's comparison and costs say of its training runs.

    Raises:
        UserError: the comparison is missing.
    """
    models = tuple(read_rows(place.comparison / "models.csv"))
    trainings = len(read_rows(place.comparison / "replicates.csv"))
    costs = place.costs / "costs.csv"
    spent = read_rows(costs) if costs.is_file() else []
    seconds = [found for row in spent if (found := read_number(row.get("seconds"))) is not None]
    memory = [found for row in spent if (found := read_number(row.get("peak_memory_mib"))) is not None]
    return Runs(
        models=models,
        trainings=trainings,
        seconds=sum(seconds) if seconds else None,
        timed=len(seconds),
        peak_memory_mib=max(memory, default=None),
        processors=tuple(sorted({row["processor"] for row in spent if row.get("processor")})),
        replicated=tuple(row for row in models if row.get("mean_accuracy")),
    )
