"""Fit new layers on a frozen backbone to the training images of a view.

Reads a prepared view and a backbone with its weights; writes what stages/train.py writes. What the frozen layers give
is computed once for all epochs, and kept for the fine-tunes that params.yaml derives from this model.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from stages import architectures, backbone, command, frozen, runtime
from stages.errors import UserError
from stages.fitting import Rows
from stages.parameters.base import entry
from stages.parameters.model import Runtime
from stages.parameters.transfer import TransferModel
from stages.views import TRAIN, View, validation_split
from stages.weights import opened


def main(argv: Sequence[str] | None = None) -> None:
    """Train the model that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("key", help="the training: a model's name, or <model>-replicate-<n>")
    parser.add_argument("--model", help="its name in params.yaml")
    parser.add_argument("--replicate", type=int, help="from 1")
    parser.add_argument("--view", type=Path, help="folder of the prepared view")
    parser.add_argument("--backbone", type=Path, help="folder of the backbone with its weights")
    parser.add_argument("--out", type=Path, help="folder of the trained model")
    options = command.parsed(parser, "transfer", argv)
    try:
        transfer(options)
    except UserError as error:
        raise UserError(f"models.{options.model}: {error}") from None


def transfer(options: argparse.Namespace) -> None:
    """Train and write the model that ``options`` describe."""
    settings, model = entry(Runtime, "runtime"), entry(TransferModel, "models", options.model)
    training = model.training
    seed = runtime.start(settings, training.precision, options.replicate)
    view = View.open(options.view)
    network, about = opened(options.backbone, view.shape)
    layers = architectures.preprocessing(about["architecture"])
    whole = backbone.on_backbone(model.network, network, layers, len(view.classes))
    fraction = training.validation_split
    rows = Rows(*validation_split(len(view.labels(TRAIN)), fraction, seed))
    facts = {"model": options.model, "replicate": options.replicate, "seed": seed}
    facts |= {"validation_split": fraction, "split_seed": seed, "weights": about["origin"], "note": about["note"]}
    frozen.train(whole, view, rows, training, settings, facts, options.out, f"transfer {options.key}")


if __name__ == "__main__":
    command.run(main)
