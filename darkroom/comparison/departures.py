"""Departures: in what the models of a study differ from what the course documents say of them.

What they say stands in documents.yaml beside this module.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas
import yaml

from darkroom.evaluation.evaluations import Evaluated
from darkroom.reporting.quantities import write_value

DOCUMENTS = Path(__file__).with_name("documents.yaml")
COLUMNS = ["model", "setting", "document", "here", "why"]
LIKE, WHY = "like", "why"


def list_departures(firsts: Mapping[str, Evaluated]) -> pandas.DataFrame:
    """Return a row for each setting in which a model differs from its document's, with the reason, if it is known.

    ``firsts`` are the models' first training runs. A model that no document trains has no row.
    """
    said = read_documents()
    rows = []
    for model, one in firsts.items():
        settings, reasons = collect_settings(said, model)
        used = read_settings(one)
        rows += [
            (model, name, write_value(value), write_value(used.get(name)), reasons.get(name, ""))
            for name, value in settings.items()
            if used.get(name) != value
        ]
    return pandas.DataFrame(rows, columns=COLUMNS)


@cache
def read_documents() -> dict[str, Any]:
    """Return what the documents say, by model."""
    said: dict[str, Any] = yaml.safe_load(DOCUMENTS.read_text(encoding="utf-8"))
    return said


def collect_settings(said: Mapping[str, Any], model: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a document says of ``model``, by dotted key, and by the same keys the reasons of departures."""
    own = said.get(model, {})
    settings, reasons = collect_settings(said, own[LIKE]) if LIKE in own else ({}, {})
    parts = {name: value for name, value in own.items() if name not in (LIKE, WHY)}
    given = dict(flatten(parts))
    # batch_normalization: null of the one, batch_normalization.momentum of the other
    above = {name.rpartition(".")[0] for name in given}
    return {name: value for name, value in settings.items() if name not in above} | given, reasons | own.get(WHY, {})


def flatten(settings: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value of nested ``settings`` with its dotted key."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", value


def read_settings(one: Evaluated) -> dict[str, Any]:
    """Return the settings of a training run, and how many images learned and test."""
    counted = one.metrics
    learn = counted["train_images"] + counted["validation_images"]
    return {**one.hyperparameters, "images.learn": learn, "images.test": counted["images"]}


def group_models(departures: pandas.DataFrame) -> pandas.DataFrame:
    """Return the departures with those of several models in one row, in which these are named."""
    same = ["setting", "document", "here", "why"]
    return departures.groupby(same, sort=False, as_index=False).agg(models=("model", ", ".join))
