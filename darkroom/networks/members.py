"""The members of an ensemble: what their trainings wrote of them, and the images that they learned from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy

from darkroom.core.errors import UserError
from darkroom.core.filenames import SUMMARY
from darkroom.core.files import read_json
from darkroom.core.provenance import OF_IMAGES
from darkroom.images.prepared.holdout import Holdout
from darkroom.images.prepared.validation import Rows
from darkroom.images.prepared.views import View
from darkroom.params.ensemble import Ensemble

KNOWN = {"hyperparameters", "validation_split", "split_seed", "train_images", "validation_images", "weights"}
KNOWN |= {"note", OF_IMAGES}
"""Keys of a member's summary that are needed here."""
Summaries = Mapping[str, Mapping[str, Any]]


def read_member(folder: Path) -> dict[str, Any]:
    """Return what the training run in ``folder`` wrote about it.

    Raises:
        UserError: it wrote nothing, or not what must be known.
    """
    file = folder / SUMMARY
    known = read_json(file) if file.is_file() else {}
    if not set(known) >= KNOWN:
        raise UserError(f"{file}: missing or of another version; train {folder.name} again")
    return known


def divide_images(summaries: Summaries, view: View, folder: Path) -> Rows:
    """Return the rows that some member was trained on, and those that none was, as a view counts what it may learn.

    Args:
        summaries: of the members, by training run.
        view: which all were trained on.
        folder: of the members' folders, for the message.

    Raises:
        UserError: one was trained on another number of images, so on others.
    """
    images = len(view.learning_labels())
    seen = numpy.zeros(images, dtype=bool)
    for key, summary in summaries.items():
        if (known := summary["train_images"] + summary["validation_images"]) != images:
            there = f"trained on {known} images, but {view.folder} has {images}"
            raise UserError(f"{folder / key}: {there}; train it again")
        seen[Holdout.read(summary).list_rows(view)[0]] = True
    return numpy.flatnonzero(seen), numpy.flatnonzero(~seen)


def summarize_members(key: str, wish: Ensemble, summaries: Summaries) -> dict[str, Any]:
    """Return what is said of an ensemble: its members, their weights and notes, and no epochs."""
    used = {"members": wish.members, "flips": wish.flips}
    first, *_ = summaries.values()
    views = {name: value for name, value in first["hyperparameters"].items() if name == "view"}
    return {
        "model": key,
        "replicate": 1,
        "members": list(summaries),
        "flips": wish.flips,
        "weights": _join(summaries, "weights"),
        "note": _join(summaries, "note"),
        OF_IMAGES: _join(summaries, OF_IMAGES),
        "hyperparameters": {**views, **used},
        "epochs": None,
        "best_epoch": None,
        "stopped_early": None,
    }


def _join(summaries: Summaries, name: str) -> str:
    return "; ".join(dict.fromkeys(one[name] for one in summaries.values() if one[name]))
