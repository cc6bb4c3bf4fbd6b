"""Facts of a study that the answers to a document's questions are written from; each reading is noted with its file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkroom.census import counts
from darkroom.comparison.sweeps import has_learned
from darkroom.core.filenames import LAYERS, SUMMARY
from darkroom.core.files import read_json
from darkroom.evaluation import evaluations
from darkroom.evaluation.curves import Verdict
from darkroom.evaluation.evaluations import Evaluated
from darkroom.images.prepared.views import DESCRIPTION
from darkroom.params.sweeps import name_variant
from darkroom.reporting import tables
from darkroom.worksheet.arithmetic import explain_parameters
from darkroom.worksheet.languages import WORDS, localize
from darkroom.worksheet.learning import judge_curves
from darkroom.worksheet.material import Material, read_table

if TYPE_CHECKING:
    import pandas

MOST = 10
"""Rows of a table on the page; the others stand in the file that it came from."""
SIZES = re.compile(r"(?<=\d)x(?=\d)")
"""Stands between the sizes of a layer's output, 28x28x32."""
Row = dict[str, Any]


class AbsentError(Exception):
    """The study has nothing that could answer: no such model, sweep or explanation."""

    def __init__(self, names: Sequence[str], place: str) -> None:
        super().__init__(", ".join(names))
        self.names = names
        self.place = place


@dataclass
class Cited:
    """The files that an answer was read from, in the order of their reading."""

    files: dict[Path, None] = field(default_factory=dict)

    def note(self, file: Path) -> Path:
        """Note a file, and return it."""
        self.files[file] = None
        return file


@dataclass(frozen=True)
class Folder:
    """A folder of tables, pictures and JSON documents that a stage wrote."""

    path: Path
    cited: Cited

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a CSV file, each by its columns; a number that is missing is None."""
        return list_rows(read_table(self.cited.note(self.path / name)))

    def read(self, name: str) -> dict[str, Any]:
        """Return a JSON document."""
        document: dict[str, Any] = read_json(self.cited.note(self.path / name))
        return document

    def cite(self, name: str) -> str:
        """Note a file that is shown or linked to, and return nothing."""
        self.cited.note(self.path / name)
        return ""

    def has(self, name: str) -> bool:
        """Return True if there is such a file."""
        return (self.path / name).is_file()


class Network(Folder):
    """A network, layer by layer, be it trained or only summarised."""

    @property
    def name(self) -> str:
        """The model's key in params.yaml."""
        return self.path.name

    @property
    def layers(self) -> list[Row]:
        """Its layers, as layers.csv has them, and ``arithmetic``: how the number of parameters is found."""
        return explain_parameters(self.rows(LAYERS))

    def layer(self, kind: str, number: int = 1) -> Row:
        """Return the ``number``-th layer of a type such as Conv2D, from 1; -1 is the last.

        Raises:
            AbsentError: it has no such layer.
        """
        found = [row for row in self.layers if row["type"] == kind]
        if not 0 < abs(number) <= len(found):
            raise AbsentError([f"{kind} {number}"], f"models.{self.name}")
        return found[number - 1 if number > 0 else number]

    @property
    def heaviest(self) -> list[Row]:
        """Its layers with parameters, those with most first."""
        return sorted((row for row in self.layers if row["parameters"]), key=lambda row: -row["parameters"])

    @property
    def summary(self) -> dict[str, Any]:
        """What summary.json says: parameters, trainable_parameters, size_kib and, where there is one, backbone."""
        return self.read(SUMMARY)

    @property
    def backbone(self) -> dict[str, Any]:
        """Its backbone: name, layers, first, last, output_shape.

        Raises:
            AbsentError: it has none.
        """
        if found := self.summary.get("backbone"):
            return dict(found)
        raise AbsentError(["backbone"], f"models.{self.name}.network.backbone")


@dataclass(frozen=True)
class Model(Network):
    """A trained model: its first training run, as it was evaluated."""

    evaluated: Evaluated

    @property
    def metrics(self) -> dict[str, Any]:
        """All of metrics.json."""
        self.cited.note(self.path / evaluations.METRICS)
        return self.evaluated.metrics

    @property
    def classes(self) -> list[Row]:
        """One row for each class: class, precision, recall, f1, support, predicted."""
        self.cited.note(self.path / evaluations.CLASSES)
        return list_rows(self.evaluated.classes)

    @property
    def confused(self) -> list[Row]:
        """Pairs of classes, those confused most often first: true, predicted, images and more."""
        return self.rows("confused-pairs.csv")

    @property
    def history(self) -> list[Row]:
        """One row for each epoch: epoch, loss, accuracy, val_loss, val_accuracy."""
        return self.rows(evaluations.HISTORY)

    @property
    def view(self) -> dict[str, Any]:
        """What it sees, as view.json describes it."""
        return self.read(DESCRIPTION)

    @property
    def verdict(self) -> Verdict:
        """The verdict on its learning curves.

        Raises:
            AbsentError: nothing validated.
        """
        self.cited.note(self.path / evaluations.HISTORY)
        if found := judge_curves(self.evaluated):
            return found
        raise AbsentError(["validation"], f"models.{self.name}.training.validation_split")

    def used(self, name: str, default: object = None) -> Any:
        """Return the value used of a hyperparameter, by its dotted name, as hyperparameters.csv has it."""
        self.cited.note(self.path / evaluations.HYPERPARAMETERS)
        return self.evaluated.hyperparameters.get(name, default)

    def below(self, name: str) -> dict[str, Any]:
        """Return the hyperparameters below a dotted name, by what follows it."""
        self.cited.note(self.path / evaluations.HYPERPARAMETERS)
        return self.evaluated.below(name)

    @property
    def callbacks(self) -> dict[str, dict[str, Any]]:
        """The callbacks that it was trained with, by name and in their order, each with its settings."""
        found: dict[str, dict[str, Any]] = {}
        for dotted, value in self.below("training.callbacks").items():
            name, _, setting = dotted.partition(".")
            found.setdefault(name, {}).update({setting: value} if setting else {})
        return found

    @cached_property
    def by_certainty(self) -> list[Row]:
        """One row for each test image: file, class, predicted, probability, and chance, that of the true class.

        Those with the lowest chance come first.
        """
        self.cited.note(self.path / evaluations.PREDICTIONS)
        rows = list_rows(self.evaluated.predictions)
        for row in rows:
            row["chance"] = row[f"p_{row['class']}"]
        return sorted(rows, key=lambda row: (row["chance"], row["file"]))


class Seen(Folder):
    """What was made to show what a model sees."""

    def responses(self, layer: str) -> list[Row]:
        """Return one row for each filter of a layer: filter (from 0), mean, deviation, maximum, zeros.

        Raises:
            AbsentError: the layer is not among those shown.
        """
        if found := [row for row in self.rows("activations.csv") if row["layer"] == layer]:
            return found
        raise AbsentError([layer], f"explanations.{self.path.name}.layers")

    def maps(self, layer: str) -> str:
        """Return the name of the picture of what a layer's filters make of each image.

        Raises:
            AbsentError: the layer is not among those shown.
        """
        name = re.sub(r"[^A-Za-z0-9_]+", "-", layer)
        for file in self.path.glob(f"figures/activations-*-{name}.png"):
            return file.relative_to(self.path).as_posix()
        raise AbsentError([layer], f"explanations.{self.path.name}.layers")


@dataclass(frozen=True)
class Facts:
    """What the template of a document may ask for."""

    material: Material
    language: str
    cited: Cited

    def model(self, *names: str) -> Model:
        """Return the first of these models that the study has trained.

        Raises:
            AbsentError: it has none of them.
        """
        for name in names:
            if one := self.material.evaluated.get(name):
                return Model(one.folder, self.cited, one)
        raise AbsentError(names, "studies.<study>.models")

    def network(self, *names: str) -> Network:
        """Return the first of these networks that the study has trained or summarised.

        Raises:
            AbsentError: it has none of them.
        """
        for name in names:
            if folder := self.material.described.get(name):
                return Network(folder, self.cited)
            if name in self.material.evaluated:
                return self.model(name)
        raise AbsentError(names, "studies.<study>.summary_only")

    def has(self, *names: str) -> bool:
        """Return True if the study has trained each of these models."""
        return all(name in self.material.evaluated for name in names)

    @property
    def models(self) -> list[Model]:
        """The models that were trained, in the study's order."""
        return [self.model(name) for name in self.material.trained]

    @property
    def best(self) -> Model:
        """The model with most test images correct."""
        return self.model(self.material.best)

    @property
    def census(self) -> Folder:
        """The census of the dataset: classes.csv, sizes.csv, modes.csv, corrupt.csv, duplicates.csv and pictures."""
        return Folder(self.material.census, self.cited)

    @property
    def splits(self) -> list[str]:
        """The splits of the census' classes.csv."""
        return counts.splits_of(read_table(self.material.census / "classes.csv"))

    @property
    def comparison(self) -> Folder:
        """The comparison: models.csv, pairs.csv, classes.csv, means.csv, finetuning.csv, replicates.csv."""
        return Folder(self.material.comparison, self.cited)

    def sweep(self, key: str) -> Folder:
        """Return a sweep's folder, with sweep.csv and its pictures.

        Raises:
            AbsentError: the study does not list it.
        """
        if key not in self.material.study.sweeps:
            raise AbsentError([key], "studies.<study>.sweeps")
        found = next(one for one in self.material.sweeps if one.file.parent.name == key)
        return Folder(found.file.parent, self.cited)

    def variants(self, key: str, *names: str) -> list[Row]:
        """Return rows of a sweep's sweep.csv: that of its base, then those of the variants ``names``, or of all.

        Each has the columns of the file, and ``learned``, which is False of a model that is no better than guessing.

        Raises:
            AbsentError: the study does not list the sweep, or the sweep has no such variant.
        """
        base, *others = ({**row, "learned": has_learned(row)} for row in self.sweep(key).rows("sweep.csv"))
        found = {row["model"]: row for row in others}
        wanted = [name_variant(key, name) for name in names] or list(found)
        if missing := [name for name in wanted if name not in found]:
            raise AbsentError(missing, f"sweeps.{key}.variants")
        return [base, *(found[name] for name in wanted)]

    def explanation(self, *names: str) -> Seen:
        """Return the folder of what the first of these models sees: activations.csv and figures.

        Raises:
            AbsentError: none of them is explained.
        """
        for name in names:
            if one := self.material.explained.get(name):
                return Seen(one.folder, self.cited)
        raise AbsentError(names, "explanations")

    def pair(self, first: Model, second: Model) -> Row:
        """Return the paired test of two models, as pairs.csv has it, be they named in this order or the other.

        Raises:
            AbsentError: they were not compared.
        """
        both = {first.name, second.name}
        for row in self.comparison.rows("pairs.csv"):
            if {row["first"], row["second"]} == both:
                return row
        raise AbsentError(sorted(both), "studies.<study>.models")

    @property
    def costs(self) -> str:
        """The address of the page with times and memory, as seen from the worksheet."""
        return self.material.locate(self.material.costs)

    def picture(self, folder: Folder, name: str, words: str) -> str:
        """Return a picture in Markdown, with words for those who do not see it; its file is noted."""
        file = folder.cited.note(folder.path / name)
        return f"![{tables.escaped(words)}]({self.material.locate(file)})"

    def table(self, rows: Sequence[Row], columns: Mapping[str, str], formats: Mapping[str, str] | None = None) -> str:
        """Return at most ten rows in Markdown.

        Args:
            rows: each by its columns.
            columns: those to show, each with its heading.
            formats: format specifications, by column: ``{"accuracy": ".1%"}``.
        """
        specified = formats or {}
        number = {name: any(_is_number(row[name]) for row in rows) for name in columns}
        lines = [list(columns.values()), ["--:" if number[name] else "---" for name in columns]]
        lines += [[self._show(row[name], specified.get(name, "")) for name in columns] for row in rows[:MOST]]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        if (left := len(rows) - MOST) <= 0:
            return table
        return f"{table}\n\n{WORDS[self.language].more[left > 1].format(number=left)}"

    def _show(self, value: Any, specification: str) -> str:
        shown = SIZES.sub("×", tables.cell(value, specification))
        return localize(shown, self.language) if _is_number(value) else shown


def list_rows(table: pandas.DataFrame) -> list[Row]:
    """Return the rows of a table, each by its columns; a number that is missing is None."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """Return a value of a table as Python has it; NaN is None."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and value != value else value
