"""Material that the worksheet's questions are answered from, and the form of an answer."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas

from darkroom.evaluation.evaluations import Evaluated
from darkroom.params.data import Dataset
from darkroom.params.model import Study

TEXTS = ("class", "true", "predicted", "file", "first", "second", "worst", "second_worst", "best")
NAMES = ("model", "finetuned", "base")
"""Columns of tables that hold texts, even where a class is called NA, or, of NAMES, a model 007."""
Answer = dict[str, Any]
"""The values that a question's template shows, among them ``files``, which they were read from."""


@dataclass(frozen=True)
class Explained:
    """A training run of which it is shown what it sees: its evaluation, and the folder that explain wrote."""

    evaluated: Evaluated
    folder: Path


@dataclass(frozen=True)
class SweepResult:
    """A sweep: its title, the model that it varies, and the table that sweep wrote, with where it lies."""

    title: str
    of: str
    table: pandas.DataFrame
    file: Path


@dataclass(frozen=True)
class Material:
    """A study: what params.yaml says of it, and what its stages have made."""

    study: Study
    dataset: Dataset
    views: Mapping[str, Mapping[str, Any]]
    """The views that its models use, each as view.json describes it."""
    sweeps: Sequence[SweepResult]
    """The sweeps that it lists."""
    balance_tolerance: float
    """Of the census: a fraction of the mean of a split."""
    evaluated: Mapping[str, Evaluated]
    """By model, its first training run."""
    census: Path
    comparison: Path
    costs: Path
    """The page that holds the times; the worksheet names it and does not read it."""
    explained: Mapping[str, Explained]
    """By training run, those of which it is shown what they see."""
    described: Mapping[str, Path]
    """By network that is built and not trained, the folder that describe wrote."""
    page: Path
    """The worksheet."""

    @property
    def best(self) -> str:
        """The model with the most test images correct; of equal ones that with the lower loss."""
        return min(self.evaluated, key=lambda model: (-self._correct(model), self.evaluated[model].metrics["loss"]))

    def _correct(self, model: str) -> int:
        return int(self.evaluated[model].metrics["correct"])

    @property
    def trained(self) -> dict[str, Evaluated]:
        """The models that were trained themselves, and not combined of others."""
        return {model: one for model, one in self.evaluated.items() if not one.is_ensemble}

    @property
    def fine_tunes(self) -> dict[str, str]:
        """The fine-tunes whose base is among the models, each with its base."""
        bases = ((model, one.base) for model, one in self.evaluated.items())
        return {model: base for model, base in bases if base is not None and base in self.evaluated}

    def every(self, name: str) -> Path:
        """Return the file ``name`` of every evaluation, as a path with a ``*`` in it."""
        return self.evaluated[self.best].folder.parent / "*" / name

    def locate(self, file: Path) -> str:
        """Return the path of a file as seen from the worksheet, for links."""
        return Path(os.path.relpath(file, self.page.parent)).as_posix()


Question = Callable[[Material], Answer | None]
"""Answers a question, or says by None that the study has nothing that could."""


def read_table(file: Path) -> pandas.DataFrame:
    """Return a table that a stage wrote; texts stay as they stand, and an empty number is missing."""
    columns = pandas.read_csv(file, nrows=0).columns
    numbers = {name: [""] for name in columns if name not in TEXTS + NAMES}
    return pandas.read_csv(file, dtype=dict.fromkeys(TEXTS + NAMES, str), keep_default_na=False, na_values=numbers)
