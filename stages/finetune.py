"""Train a model on, with part of its backbone, on the same images.

Reads a prepared view and the folder of the base, a trained model or another fine-tune, which stays as it is; writes
what stages/train.py writes. The images that validated the base validate again. What the layers that stay frozen give
is computed once for all epochs.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from darkroom.core import runtime
from darkroom.core.errors import UserError
from darkroom.core.filenames import SUMMARY
from darkroom.core.files import read_json
from darkroom.images.prepared.views import TRAIN, View, split_learning_rows
from darkroom.networks.network_file import check_fit, load_network
from darkroom.params.base import read_entry
from darkroom.params.model import Runtime
from darkroom.params.transfer import FineTune
from darkroom.pipeline import command
from darkroom.training import outcome
from darkroom.training.fitting import Rows
from darkroom.transfer_learning import backbone, frozen

INHERITED = ("validation_split", "split_seed", "train_images", "validation_images", "weights", "note")
"""What the summary repeats of the base's."""
INHERITED_HYPERPARAMETERS = re.compile(r"view|network\..+|training\.validation_split")
"""Keys of the base's hyperparameters that hold for the fine-tune too."""


def main(argv: Sequence[str] | None = None) -> None:
    """Fine-tune as the command line says."""
    folders = {
        "view": "folder of the view that the base was trained on",
        "base": "folder of the model to start from",
        "out": "folder of the trained model",
    }
    command.run_training("finetune", "finetunes.{}".format, __doc__, folders, finetune, argv)


def finetune(options: argparse.Namespace) -> None:
    """Fine-tune and write the model that ``options`` describe."""
    settings, chosen = read_entry(Runtime, "runtime"), read_entry(FineTune, "finetunes", options.model)
    training = chosen.training
    seed = runtime.start(settings, training.precision, options.replicate)
    view, whole, base = View.open(options.view), load_network(options.base), read_summary(options.base)
    check_fit(whole, view, TRAIN, options.base)
    whole = backbone.set_precision(whole, training.precision)
    backbone.unfreeze(backbone.find_backbone(whole), chosen.unfreeze)
    rows = split_base_rows(base, view, options.base)
    facts = {"model": options.model, "replicate": options.replicate, "seed": seed, "base": base["model"]}
    facts |= {name: base[name] for name in INHERITED}
    facts["hyperparameters"] = select_inherited(base["hyperparameters"]) | outcome.list_hyperparameters(chosen, seed)
    frozen.train(whole, view, rows, training, settings, facts, options.out, f"finetune {options.key}")


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
    return Rows(*split_learning_rows(view, base["validation_split"], base["split_seed"]))


if __name__ == "__main__":
    command.run(main)
