"""Fit a network, its weights drawn at random, to the training images of a view.

Reads a prepared view; writes model.keras, history.csv, layers.csv, view.json and summary.json into the model's folder,
and beside them record.json: what the training cost.
"""

import argparse
from collections.abc import Sequence
from functools import partial

from stages import command, fitting, network, record, runtime
from stages.parameters.base import entry
from stages.parameters.model import Model, Runtime
from stages.views import TRAIN, View, validation_split


def main(argv: Sequence[str] | None = None) -> None:
    """Train the model that the command line names."""
    folders = {"view": "folder of the prepared view", "out": "folder of the trained model"}
    command.train("train", "models", __doc__, folders, train, argv)


def train(options: argparse.Namespace) -> None:
    """Train and write the model that ``options`` describe."""
    settings, model = entry(Runtime, "runtime"), entry(Model, "models", options.model)
    training = model.training
    seed = runtime.start(settings, training.precision, options.replicate)
    view = View.open(options.view)
    labels = view.labels(TRAIN)
    rows = fitting.Rows(*validation_split(len(labels), training.validation_split, seed))
    batches, validation = rows.batches(partial(view.read, TRAIN), labels, training, seed)
    fit = network.build(model.network, view.shape, len(view.classes))
    if model.network.normalization:
        network.set_normalization(fit, (batches[index][0] for index in range(len(batches))))
    runtime.fuse_batch_normalization(fit)
    watch = record.Stopwatch()
    history = fitting.fitted(fit, batches, validation, training, f"train {options.key}")
    seconds = watch.seconds

    final = network.build(model.network, view.shape, len(view.classes))
    final.set_weights(fit.get_weights())
    facts = {"model": options.model, "replicate": options.replicate, "seed": seed}
    facts |= {"validation_split": training.validation_split, "split_seed": seed, "weights": "from scratch", "note": ""}
    fitting.write(options.out, final, view, history, training, rows, facts)
    fitting.write_record(options.out, history, rows, training, facts, {"seconds": seconds})


if __name__ == "__main__":
    command.run(main)
