"""The card of a model, in Markdown: what it is for, how good it is, how it was made, and what is known against it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darkroom.cards.census import Census
from darkroom.cards.licences import find_licence_of_weights
from darkroom.cards.metadata import SYNTHETIC, compose_metadata
from darkroom.cards.origins import Origin
from darkroom.cards.places import DatasetPlace
from darkroom.cards.scores import Scores
from darkroom.core.one_line import LINES, escape_controls
from darkroom.core.provenance import NOTES
from darkroom.params.view import View
from darkroom.reporting.quantities import write_value
from darkroom.reporting.templates import render

COUNTS = ("train_images", "validation_images", "epochs", "best_epoch", "parameters", "trainable_parameters", "seed")
"""Whole numbers of a summary that a card names, where they are there."""
WORDS = ("weights", "base", "precision")
SAMPLED = "bilinear-sampled"
LONGEST = 1e9
"""Seconds that a training run may be said to have taken."""


@dataclass(frozen=True)
class Subject:
    """A trained model; ``summary`` and ``record`` are as its folder has them, which may be anybody's."""

    name: str
    classes: tuple[str, ...]
    view: View
    note: str
    summary: Mapping[str, Any]
    record: Mapping[str, Any]
    outputs: int
    """Probabilities that the network gives: one for each class, or only that of the second of two."""


@dataclass(frozen=True)
class Known:
    """What the project knows of a model beside its folder; ``None``: nothing."""

    origin: Origin
    dataset: DatasetPlace | None = None
    scores: Scores | None = None
    census: Census | None = None
    tested: Mapping[str, Any] | None = None
    """The description of the view that it was tested on: ``images`` by split, and which were ``left_out``."""
    missing: str = ""
    """Why there are no scores, in words."""


def compose_card(model: Subject, known: Known, licence: str | None) -> str:
    """Return the card, with its metadata; ``licence`` is the hub's identifier of the model's, ``None``: not chosen."""
    drawn = NOTES["drawn"] in model.note or bool(known.dataset and known.dataset.note)
    others = [part for part in model.note.split("; ") if part and part != NOTES["drawn"]]
    title = known.dataset.dataset.title if known.dataset else ""
    named = escape_controls(title) + (f" ({NOTES['drawn']})" if drawn else "")
    dataset = {"name": named, "type": known.dataset.key} if known.dataset else None
    tags = [SYNTHETIC] * drawn + ["darkroom"]
    block = compose_metadata(model.name, licence, tags, dataset, known.scores)
    summary = read_summary(model.summary)
    text = render(
        Path(__file__).parent,
        "model_card.md.j2",
        model=model,
        known=known,
        title=title,
        drawn=NOTES["drawn"] if drawn else "",
        notes=others,
        summary=summary,
        settings=list_settings(model.summary),
        record=read_record(model.record),
        licence=licence,
        weights_licence=find_licence_of_weights(summary["weights"] or ""),
        sampled=SAMPLED,
    )
    return f"{block}\n{escape_controls(text, LINES)}"


def read_summary(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a card names of a summary; ``None`` where something is missing, or of another kind."""
    return {name: _take(summary, name, int) for name in COUNTS} | {name: _take(summary, name, str) for name in WORDS}


def read_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a card names of a record: seconds, processor, GPU and versions, where they are there."""
    machine, versions = _take(record, "machine", dict) or {}, _take(record, "versions", dict) or {}
    seconds = _take(record, "seconds", float)
    return {
        "seconds": seconds if seconds is not None and 0 <= seconds < LONGEST else None,
        "processor": _take(machine, "processor", str),
        "cores": _take(machine, "cores", int),
        "gpu": _take(record, "gpu", str),
        "versions": {str(name): str(version) for name, version in versions.items()},
    }


def list_settings(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the hyperparameters of a training run by their names, as params.yaml may have them."""
    used = _take(summary, "hyperparameters", dict) or {}
    return [(str(name), write_value(value)) for name, value in used.items()]


def _take(content: Mapping[str, Any], name: str, kind: type) -> Any:
    value = content.get(name)
    return value if type(value) is kind else None
