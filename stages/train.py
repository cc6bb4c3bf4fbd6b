"""Fit a network, its weights drawn at random, to the training images of a view.

Reads a prepared view; writes model.keras, history.csv, layers.csv, view.json and summary.json into the model's folder.
A training run that was killed goes on where its backup says, if it has the callback BackupAndRestore.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack

from darkroom.core import kernels, runtime
from darkroom.core.provenance import NOTES, OF_IMAGES
from darkroom.images.prepared.holdout import Holdout
from darkroom.images.prepared.shards import open_view
from darkroom.networks import network
from darkroom.networks.copies import copy_uncompiled
from darkroom.networks.recomputation import recompute_large_maps
from darkroom.params.base import read_entry, validate
from darkroom.params.model import Model, Runtime
from darkroom.params.sweeps import find_model, find_place
from darkroom.pipeline import command
from darkroom.training import callbacks, fitting, outcome
from darkroom.training.identity import Origin


def main(argv: Sequence[str] | None = None) -> None:
    """Train the model that the command line names."""
    folders = {"view": "folder of the prepared view", "out": "folder of the trained model"}
    command.run_training("train", find_place, __doc__, folders, train, argv)


def train(options: argparse.Namespace) -> None:
    """Train and write the model that ``options`` describe."""
    settings, model = read_entry(Runtime, "runtime"), validate(Model, *find_model(options.model))
    training = model.training
    seed = runtime.start(settings, training.precision, options.replicate.number)
    view = open_view(options.view)
    holdout = Holdout.plan(training.model_dump()["validation_split"], options.replicate, settings.seed)
    rows = fitting.Rows(*holdout.list_rows(view))
    batches, validation = rows.make_batches(view.read_learning, view, training, seed)
    fit = network.build(model.network, view.shape, len(view.classes))
    network.set_normalization(fit, (view.read_learning(piece) for piece in batches.pieces))
    kernels.fuse_batch_normalization(fit)
    kernels.avoid_faulty_gradients(fit)
    kernels.draw_cheaper_masks(fit)
    recompute_large_maps(fit)
    facts = {"model": options.model, "replicate": options.replicate.number, "seed": seed}
    facts |= {**holdout.describe(), "weights": "from scratch", "note": "", OF_IMAGES: NOTES[options.images_are]}
    facts["hyperparameters"] = outcome.list_hyperparameters(model, seed, options.replicate.folds)
    logs, origin = callbacks.find_log_folder(options.out), Origin(fit, view, settings, facts)
    with ExitStack() as until:
        result = fitting.fit_model(fit, batches, validation, training, f"train {options.key}", logs, origin, until)
        outcome.write_model(options.out, copy_uncompiled(fit), view, result, training, rows, facts)
    outcome.tell_cost(result, rows, training, facts)


if __name__ == "__main__":
    command.run(main)
