"""Evaluate: what a model is worth on the test images.

Reads a model's folder, a view, of its images those of the test, and evaluation and runtime of params.yaml. Writes a
folder with predictions.csv, classes.csv, confusion.csv, confused-pairs.csv, calibration.csv, ambiguous.csv,
hyperparameters.csv, history.csv, layers.csv and summary.json (as training left them), view.json (as the view has it),
metrics.json, evaluation.md, and the figures curves.png, confusion.png, calibration.png, worst.png, gallery.png,
ambiguous.png, diagram.png. The dataset is called by its key, so that a new title predicts nothing again.
"""

import argparse
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pandas
from matplotlib.figure import Figure

from darkroom.core import runtime
from darkroom.core.errors import UserError
from darkroom.core.filenames import HISTORY, LAYERS, NETWORK, SUMMARY
from darkroom.core.files import read_json, replace_folder, write_json, write_table, write_text
from darkroom.core.progress import note as say
from darkroom.core.progress import show_progress
from darkroom.core.provenance import NOTES
from darkroom.evaluation import diagram, metrics
from darkroom.evaluation import figures as evaluation_figures
from darkroom.evaluation import tables as evaluation_tables
from darkroom.evaluation import text as evaluation_text
from darkroom.evaluation.curves import at_epoch
from darkroom.images.prepared.views import DESCRIPTION, TEST, View
from darkroom.networks.network import to_probabilities
from darkroom.networks.network_file import check_fit, load_network
from darkroom.params.base import read_entry
from darkroom.params.model import Evaluation, Runtime
from darkroom.pipeline import command
from darkroom.reporting import figures

BATCH = 32
"""Images given to the model at once; it bounds memory and changes no result."""
COPIED = (HISTORY, LAYERS, SUMMARY)
"""Files of a model's folder that an evaluation's repeats."""
FROM_TRAINING = (
    "parameters",
    "trainable_parameters",
    "epochs",
    "best_epoch",
    "train_images",
    "validation_images",
    "weights",
    "note",
)
"""What metrics.json repeats of a model's summary."""


@dataclass(frozen=True)
class Trained:
    """A model's folder, read: the Keras model, its history (one row per epoch) and its summary."""

    network: Any
    history: pandas.DataFrame
    summary: dict[str, Any]


def main(argv: Sequence[str] | None = None) -> None:
    """Evaluate one training on the test images of its view."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a training: a model of params.yaml, or <model>-replicate-<number>")
    parser.add_argument("--model", type=Path, help="the model's folder")
    parser.add_argument("--view", type=Path, help="the view's folder")
    parser.add_argument("--dataset", help="key of the dataset that the view shows")
    parser.add_argument("--images-are", choices=NOTES, help="drawn by a program, or delivered by a source")
    parser.add_argument("--out", type=Path, help="folder to write")
    arguments = command.parse(parser, "evaluate", argv)
    evaluation, task = read_entry(Evaluation, "evaluation"), f"evaluate {arguments.key}"
    view = View.open(arguments.view)
    trained = opened(arguments.model, read_entry(Runtime, "runtime"))
    check_fit(trained.network, view, TEST, arguments.model)
    say(task, f"{len(view.labels('test')):,} test images, {len(view.classes)} classes")
    found = predicted(trained.network, view, task)
    if not numpy.isfinite(found).all():
        raise UserError(
            f"{arguments.model / NETWORK}: predicts values that are no numbers, so its training diverged; "
            f"lower the learning_rate of {trained.summary['model']}"
        )
    title = f"{arguments.key} on {arguments.dataset}"
    note = "; ".join(filter(None, [NOTES[arguments.images_are], trained.summary["note"]]))
    with replace_folder(arguments.out) as folder:
        for source in (*(arguments.model / name for name in COPIED), arguments.view / DESCRIPTION):
            shutil.copyfile(source, folder / source.name)
        write_results(folder, trained, view, found, evaluation, title, note)
    say(task, f"{(found.argmax(axis=1) == view.labels('test')).mean():.1%} correct")


def opened(folder: Path, parameters: Runtime) -> Trained:
    """Return the model that training left in ``folder``, after setting up the runtime it computes in.

    Raises:
        UserError: a file is missing.
    """
    for name in (NETWORK, *COPIED):
        if not (folder / name).is_file():
            raise UserError(f"{folder / name}: no such file; train {folder.name} first")
    runtime.start(parameters)
    network = load_network(folder)
    return Trained(network, pandas.read_csv(folder / HISTORY), read_json(folder / SUMMARY))


def predicted(network: Any, view: View, task: str) -> numpy.ndarray:
    """Return the class probabilities of the view's test images, read batch by batch.

    Returns:
        float32 (images, classes).
    """
    rows = numpy.arange(len(view.labels("test")))
    pieces = numpy.split(rows, range(BATCH, len(rows), BATCH))
    batches = (view.read("test", piece) for piece in show_progress(pieces, len(pieces), task, "batches"))
    return numpy.concatenate([to_probabilities(network.predict_on_batch(batch)) for batch in batches])


def write_results(
    folder: Path,
    trained: Trained,
    view: View,
    found: numpy.ndarray,
    evaluation: Evaluation,
    title: str,
    note: str,
) -> None:
    """Write into ``folder`` what follows from the class probabilities ``found`` of the test images.

    ``title`` is the training and its dataset, ``note`` what every result must say of them.
    """
    summary = trained.summary
    made = evaluation_tables.tables(view, found, evaluation)
    made["hyperparameters"] = evaluation_tables.hyperparameters(summary["hyperparameters"])
    test = {name: summary[name] for name in ("model", "replicate")}
    test |= metrics.summary(view.labels("test"), found, view.classes, evaluation.calibration_bins)
    repeated = {name: summary[name] for name in FROM_TRAINING}
    write_json(folder / "metrics.json", test | at_epoch(trained.history, summary["best_epoch"]) | repeated)
    for name, table in made.items():
        write_table(folder / f"{name}.csv", table)
    chosen = [made[name] for name in ("classes", "confused-pairs", "ambiguous")]
    text = evaluation_text.page(title, note, test, summary, trained.history, *chosen)
    write_text(folder / "evaluation.md", text)
    for name, figure in drawn(trained, view, found, made, evaluation, title):
        figures.save(figure, folder / f"{name}.png", note)


def drawn(
    trained: Trained,
    view: View,
    found: numpy.ndarray,
    made: Mapping[str, pandas.DataFrame],
    evaluation: Evaluation,
    title: str,
) -> Iterator[tuple[str, Figure]]:
    """Yield the figures, by the names of their files; of the images only those shown are read."""
    classes, labels, images = view.classes, view.labels("test"), view.images("test")
    shown = f"{title}, {len(labels):,} test images"
    random = numpy.random.default_rng(evaluation.seed).permutation(len(labels))[: evaluation.gallery]
    yield "curves", evaluation_figures.learning_curves(trained.history, trained.summary["best_epoch"], title)
    yield (
        "confusion",
        evaluation_figures.confusion(metrics.confusion(labels, found.argmax(axis=1), classes), classes, shown),
    )
    yield "calibration", evaluation_figures.reliability(made["calibration"], title)
    worst = f"{title}: worst predictions"
    yield "worst", evaluation_figures.worst(images, labels, found, classes, evaluation.worst, worst)
    yield (
        "gallery",
        evaluation_figures.gallery(images, labels, found, classes, random, f"{title}: test images at random"),
    )
    yield "ambiguous", evaluation_figures.ambiguous(images, made["ambiguous"], f"{title}: closest between two classes")
    yield "diagram", diagram.drawn(diagram.boxes(trained.network), title)


if __name__ == "__main__":
    command.run(main)
