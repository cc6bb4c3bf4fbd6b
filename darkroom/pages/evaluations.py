"""Evaluations as pages read them: text by text, without pandas, whose import takes longer than a whole page."""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from darkroom.core.errors import UserError
from darkroom.core.filenames import HISTORY
from darkroom.core.files import read_json
from darkroom.core.provenance import note_on_images

METRICS, PREDICTIONS, VIEW = "metrics.json", "predictions.csv", "view.json"


@dataclass(frozen=True)
class Evaluated:
    """The evaluation of one training run, in ``folder``."""

    folder: Path

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Its metrics.json."""
        return self._read(METRICS)

    @cached_property
    def view(self) -> dict[str, Any]:
        """Its view.json, among it ``classes`` in the order of the labels, and ``dataset``."""
        return self._read(VIEW)

    @property
    def history(self) -> list[dict[str, str]]:
        """One row per epoch: epoch (from 1), loss, accuracy, and val_loss and val_accuracy; of an ensemble none."""
        return read_rows(self.folder / HISTORY)

    @property
    def predictions(self) -> list[dict[str, str]]:
        """One row per test image, among it file, class, predicted, and probability of the predicted class."""
        return read_rows(self.folder / PREDICTIONS)

    def _read(self, name: str) -> dict[str, Any]:
        if not (self.folder / name).is_file():
            raise UserError(f"{self.folder / name}: no such file; run python -m stages.evaluate {self.folder.name}")
        found: dict[str, Any] = read_json(self.folder / name)
        return found


def read_rows(file: Path) -> list[dict[str, str]]:
    """Return the rows of a table that a stage wrote, each by column, all as text.

    Raises:
        UserError: there is no such file.
    """
    if not file.is_file():
        raise UserError(f"{file}: no such file; run snakemake, which makes it")
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def read_number(text: str | None) -> float | None:
    """Return the number in a cell; nothing of one that is empty, not a number, or infinite."""
    number = float(text) if text else math.nan
    return number if math.isfinite(number) else None


def describe_notes(source: str, evaluated: Iterable[Evaluated]) -> list[str]:
    """Return what every result must say of images from ``source``, and of the models evaluated; of real ones nothing.

    One line for the images, and one for each note on models.
    """
    models: dict[str, list[str]] = {}
    for one in evaluated:
        models.setdefault(one.metrics["note"], []).append(one.metrics["model"])
    said = (f"{', '.join(names)}: {note}" for note, names in models.items() if note)
    return list(filter(None, [note_on_images(source), *said]))
