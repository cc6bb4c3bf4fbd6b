"""Facts of a study that the answers to a document's questions are written from; each reading is noted with its file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from darkroom.census import counts
from darkroom.comparison.sweeps import has_learned
from darkroom.params.sweeps import name_variant
from darkroom.reporting import tables
from darkroom.worksheet.cited import AbsentError, Cited, Folder, Row
from darkroom.worksheet.languages import is_number, write_cell
from darkroom.worksheet.material import Material, read_table
from darkroom.worksheet.models import Model, Network, Seen
from darkroom.worksheet.tabulation import join_rows
from darkroom.worksheet.words import WORDS

MOST = 10
"""Rows of a table on the page; the others stand in the file that it came from."""
SIZES = re.compile(r"(?<=\d)x(?=\d)")
"""Stands between the sizes of a layer's output, 28x28x32."""


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
        numeric = [any(is_number(row[name]) for row in rows) for name in columns]
        cells = ([self._show(row[name], specified.get(name, "")) for name in columns] for row in rows[:MOST])
        table = join_rows(list(columns.values()), numeric, cells)
        if (left := len(rows) - MOST) <= 0:
            return table
        return f"{table}\n\n{WORDS[self.language].more[left > 1].format(number=left)}"

    def _show(self, value: Any, specification: str) -> str:
        return SIZES.sub("×", write_cell(value, specification, self.language))
