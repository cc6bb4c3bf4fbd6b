"""Where a project keeps what is known of a model, a dataset or a study: the paths that dvc.yaml gives its stages."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.core.provenance import note_on_images
from darkroom.params.data import Dataset
from darkroom.params.document import load
from darkroom.pipeline import template
from darkroom.pipeline.template import Stage


@dataclass(frozen=True)
class DatasetPlace:
    """A dataset of this project, and the folders that its stages write."""

    key: str
    dataset: Dataset
    archives: Path
    images: Path
    census: Path

    @property
    def note(self) -> str:
        """What everything made from its images must say; nothing of real ones."""
        return note_on_images(self.dataset.source)

    @property
    def origin(self) -> str | None:
        """Where the images can be had, as an address; ``None`` where that is nowhere, or a path of the owner's."""
        kaggle = self.dataset.source.removeprefix("kaggle:")
        if kaggle != self.dataset.source:
            kind, _, name = kaggle.partition("/")
            return f"https://www.kaggle.com/{f'c/{name}' if kind == 'competitions' else f'datasets/{kaggle}'}"
        return self.dataset.source if self.dataset.source.startswith("https://") else None


@dataclass(frozen=True)
class Evaluation:
    """Where the evaluation of a model is written, and by which stage."""

    stage: str
    folder: Path
    dataset: DatasetPlace


def find_evaluation(file: Path) -> Evaluation | None:
    """Return where the network in ``file`` is evaluated; nothing where it lies in no project, or in another one.

    Raises:
        UserError: params.yaml or dvc.yaml is not valid.
    """
    path = name_in_project(file)
    if path is None or not template.FILE.is_file():
        return None
    stages = template.read_stages()
    for stage in stages.values():
        if stage.verb == "evaluate" and path in stage.deps:
            options = read_options(stage)
            return Evaluation(stage.name, Path(options["--out"]), find_dataset(options["--dataset"], stages))
    return None


def name_in_project(file: Path) -> str | None:
    """Return the path of ``file`` in the working folder, as dvc.yaml has it; nothing where it lies elsewhere.

    The file itself may be a link into DVC's cache.
    """
    folder = file.parent.resolve()
    return (folder / file.name).relative_to(Path.cwd()).as_posix() if folder.is_relative_to(Path.cwd()) else None


def find_dataset(key: str, known: Mapping[str, Stage] | None = None) -> DatasetPlace:
    """Return the dataset ``key`` of params.yaml and where its stages write.

    Raises:
        UserError: there is no such dataset here, or params.yaml or dvc.yaml is not valid.
    """
    if not template.FILE.is_file():
        raise UserError(f"{template.FILE}: no such file; run this in the folder of the project")
    datasets = load().datasets
    if key not in datasets:
        raise UserError(f"params.yaml has no dataset {key}; there is {', '.join(datasets) or 'none'}")
    stages = known or template.read_stages()
    if f"census@{key}" not in stages:
        raise UserError(f"datasets.{key}: no study uses it, so nothing is known of it; let a study show a view of it")
    fetch, unzip, census = (read_options(stages[f"{verb}@{key}"]) for verb in ("fetch", "unzip", "census"))
    return DatasetPlace(key, datasets[key], *(Path(options["--out"]) for options in (fetch, unzip, census)))


def read_options(stage: Stage) -> dict[str, str]:
    """Return the options of a stage's command that have one value, by their names."""
    words = shlex.split(stage.command)
    return {name: value for name, value in pairwise(words) if name.startswith("--")}
