"""Fit new layers on a frozen backbone to the training images of a view.

Reads a prepared view and a backbone with its weights; writes what stages/train.py writes. What the frozen layers give
is computed once for all epochs, and kept for the fine-tunes that params.yaml derives from this model.
"""

import argparse
from collections.abc import Sequence

from darkroom.core import runtime
from darkroom.core.provenance import NOTES, OF_IMAGES
from darkroom.images.prepared.holdout import Holdout
from darkroom.images.prepared.shards import open_view
from darkroom.params.base import read_entry, validate
from darkroom.params.model import Runtime
from darkroom.params.sweeps import find_model, find_place
from darkroom.params.transfer import TransferModel
from darkroom.pipeline import command
from darkroom.training import outcome
from darkroom.training.fitting import Rows
from darkroom.transfer_learning import architectures, backbone, frozen
from darkroom.transfer_learning.pretrained import load_backbone


def main(argv: Sequence[str] | None = None) -> None:
    """Train the model that the command line names."""
    folders = {
        "view": "folder of the prepared view",
        "backbone": "folder of the backbone with its weights",
        "out": "folder of the trained model",
    }
    command.run_training("transfer", find_place, __doc__, folders, transfer, argv)


def transfer(options: argparse.Namespace) -> None:
    """Train and write the model that ``options`` describe."""
    settings, model = read_entry(Runtime, "runtime"), validate(TransferModel, *find_model(options.model))
    training = model.training
    seed = runtime.start(settings, training.precision, options.replicate.number)
    view = open_view(options.view)
    network, about = load_backbone(options.backbone, view.shape)
    layers = architectures.make_preprocessing(about["architecture"])
    whole = backbone.build_on_backbone(model.network, network, layers, len(view.classes))
    holdout = Holdout.plan(training.model_dump()["validation_split"], options.replicate, settings.seed)
    rows = Rows(*holdout.list_rows(view))
    facts = {"model": options.model, "replicate": options.replicate.number, "seed": seed}
    facts |= {**holdout.describe(), "weights": about["origin"], "note": about["note"]}
    facts[OF_IMAGES] = NOTES[options.images_are]
    facts["hyperparameters"] = outcome.list_hyperparameters(model, seed, options.replicate.folds)
    frozen.train(whole, view, rows, training, settings, facts, options.out, f"transfer {options.key}")


if __name__ == "__main__":
    command.run(main)
