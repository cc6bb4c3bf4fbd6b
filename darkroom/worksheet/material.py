"""What the worksheet's questions are answered from, and what an answer is."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas

from darkroom.evaluation.evaluations import Evaluated
from darkroom.params.data import Dataset
from darkroom.params.model import Study
from darkroom.reporting.tables import escaped, markdown

TEXTS = ("class", "true", "predicted", "file", "first", "second", "worst", "second_worst", "best")
NAMES = ("model", "finetuned", "base")
"""Columns of tables that hold texts, even where a class is called NA, or, of NAMES, a model 007."""


@dataclass(frozen=True)
class Answer:
    """A question of a worksheet, its answer in Markdown, and the files that the answer was read from."""

    question: str
    answer: str
    files: Sequence[Path]


@dataclass(frozen=True)
class Explained:
    """A training of which it is shown what it sees: its evaluation, and the folder that explain wrote."""

    evaluated: Evaluated
    folder: Path


@dataclass(frozen=True)
class Swept:
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
    sweeps: Sequence[Swept]
    """The sweeps that it lists."""
    balance_tolerance: float
    """Of the census: a fraction of the mean of a split."""
    evaluated: Mapping[str, Evaluated]
    """By model, its first training."""
    census: Path
    comparison: Path
    costs: Path
    """The page that holds the times; the worksheet names it and does not read it."""
    explained: Mapping[str, Explained]
    """By training, those of which it is shown what they see."""
    page: Path
    """The worksheet."""

    @property
    def best(self) -> str:
        """The model with the most test images correct; of equal ones that with the lower loss."""
        return min(self.evaluated, key=lambda model: (-self._correct(model), self.evaluated[model].metrics["loss"]))

    def _correct(self, model: str) -> int:
        return int(self.evaluated[model].metrics["correct"])

    @property
    def fine_tuned(self) -> dict[str, str]:
        """The fine-tunes whose base is among the models, each with its base."""
        bases = ((model, one.base) for model, one in self.evaluated.items())
        return {model: base for model, base in bases if base is not None and base in self.evaluated}

    def every(self, name: str) -> Path:
        """Return the file ``name`` of every evaluation, as a path with a ``*`` in it."""
        return self.evaluated[self.best].folder.parent / "*" / name

    def linked(self, text: str, file: Path) -> str:
        """Return ``text`` as a link from the worksheet to a file."""
        return f"[{escaped(text)}]({Path(os.path.relpath(file, self.page.parent)).as_posix()})"


Question = Callable[[Material], Answer | None]
"""Answers a question, or says by None that the study has nothing that could."""


def read(file: Path) -> pandas.DataFrame:
    """Return a table that a stage wrote; texts stay as they stand, and an empty number is missing."""
    columns = pandas.read_csv(file, nrows=0).columns
    numbers = {name: [""] for name in columns if name not in TEXTS + NAMES}
    return pandas.read_csv(file, dtype=dict.fromkeys(TEXTS + NAMES, str), keep_default_na=False, na_values=numbers)


def rows(content: Sequence[Mapping[str, object]], formats: Mapping[str, str] | None = None) -> str:
    """Return rows as a table in Markdown."""
    return markdown(pandas.DataFrame(content), formats)
