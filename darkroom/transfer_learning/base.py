"""The model that a fine-tune starts from: its summary, and the images that trained and validated it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from darkroom.core.errors import UserError
from darkroom.core.filenames import SUMMARY
from darkroom.core.files import read_json
from darkroom.images.prepared.holdout import Holdout
from darkroom.images.prepared.views import View
from darkroom.training.fitting import Rows

INHERITED = ("validation_split", "split_seed", "train_images", "validation_images", "weights", "note")
"""Keys of the base's summary that that of the fine-tune repeats."""
INHERITED_FOLD = ("fold", "folds")
"""Keys of it that only a model with folds has."""
INHERITED_HYPERPARAMETERS = re.compile(r"view|network\..+|training\.validation_split(\..+)?|folds")
"""Keys of the base's hyperparameters that hold for the fine-tune too."""


def select_inherited(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return those hyperparameters of the base that hold for its fine-tune: of its network and of its images."""
    return {name: value for name, value in hyperparameters.items() if INHERITED_HYPERPARAMETERS.fullmatch(name)}


def read_summary(folder: Path) -> dict[str, Any]:
    """Return what the base's training wrote about it.

    Raises:
        UserError: it wrote none, or not what a fine-tune must know.
    """
    file = folder / SUMMARY
    known = read_json(file) if file.is_file() else {}
    if not {"model", "hyperparameters", *INHERITED} <= set(known):
        raise UserError(f"{file}: missing or of another version; train {folder.name} again")
    return known


def split_base_rows(base: dict[str, Any], view: View, folder: Path) -> Rows:
    """Return the rows that trained and validated the base.

    Raises:
        UserError: the base was trained on another number of images, so on others.
    """
    trained_on = base["train_images"] + base["validation_images"]
    images = len(view.learning_labels())
    if trained_on != images:
        raise UserError(f"{folder}: trained on {trained_on} images, but the view has {images}; train it again")
    return Rows(*Holdout.read(base).list_rows(view))
