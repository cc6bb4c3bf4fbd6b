"""Networks and trained models as the answers to a document's questions ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from darkroom.core.filenames import LAYERS, SUMMARY
from darkroom.evaluation import evaluations
from darkroom.evaluation.curves import Verdict
from darkroom.evaluation.evaluations import Evaluated
from darkroom.explanation.filenames import name_feature_maps
from darkroom.images.prepared.views import DESCRIPTION
from darkroom.worksheet.arithmetic import explain_parameters
from darkroom.worksheet.cited import AbsentError, Folder, Row, list_rows
from darkroom.worksheet.learning import judge_curves


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
        for file in self.path.glob(f"figures/{name_feature_maps('*', layer)}"):
            return file.relative_to(self.path).as_posix()
        raise AbsentError([layer], f"explanations.{self.path.name}.layers")
