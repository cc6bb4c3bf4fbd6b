"""Train a model on, with part of its backbone, on the same images.

Reads a prepared view and the folder of the base, a trained model or another fine-tune, which stays as it is; writes
what stages/train.py writes. The images that validated the base validate again. What the layers that stay frozen give
is computed once for all epochs.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from stages import backbone, command, frozen, runtime
from stages.errors import UserError
from stages.files import read_json
from stages.fitting import Rows
from stages.network import loaded
from stages.parameters.base import entry
from stages.parameters.model import FineTune, Runtime
from stages.views import View, validation_split


def main(argv: Sequence[str] | None = None) -> None:
    """Fine-tune as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("key", help="the training: a fine-tune's name, or <fine-tune>-replicate-<n>")
    parser.add_argument("--finetune", help="its name in params.yaml")
    parser.add_argument("--replicate", type=int, help="from 1")
    parser.add_argument("--view", type=Path, help="folder of the view that the base was trained on")
    parser.add_argument("--base", type=Path, help="folder of the model to start from")
    parser.add_argument("--out", type=Path, help="folder of the trained model")
    options = command.parsed(parser, "finetune", argv)
    try:
        finetune(options)
    except UserError as error:
        raise UserError(f"finetunes.{options.finetune}: {error}") from None


def finetune(options: argparse.Namespace) -> None:
    """Fine-tune and write the model that ``options`` describe."""
    settings, chosen = entry(Runtime, "runtime"), entry(FineTune, "finetunes", options.finetune)
    training = chosen.training
    seed = runtime.start(settings, training.precision, options.replicate)
    view = View.open(options.view)
    whole = backbone.with_precision(loaded(options.base), training.precision)
    base = read_json(options.base / "summary.json")
    backbone.unfreeze(backbone.of(whole), chosen.unfreeze)
    fraction = base["validation_split"]
    rows = Rows(*validation_split(len(view.labels("train")), fraction, base["seed"]))
    facts = {"model": options.finetune, "replicate": options.replicate, "seed": seed}
    facts |= {"base": base["model"], "validation_split": fraction, "weights": base["weights"], "note": base["note"]}
    frozen.train(whole, view, rows, training, settings, facts, options.out, f"finetune {options.key}")


if __name__ == "__main__":
    command.run(main)
