"""Evaluate: what a model is worth on the test images.

Reads a model's folder, the test split of a view, and evaluation, runtime and datasets.<key> of params.yaml.
Writes a folder with predictions.csv, classes.csv, confusion.csv, confused-pairs.csv, calibration.csv, history.csv (as
training left it), metrics.json, evaluation.md, and the figures curves.png, confusion.png, calibration.png, worst.png.
"""

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pandas

from stages import command, evaluation_figures, evaluation_text, figures, metrics, runtime
from stages.errors import UserError
from stages.files import read_json, write_json, write_table, write_text, written_folder
from stages.network import check_fit, loaded
from stages.parameters.base import entry
from stages.parameters.data import Dataset
from stages.parameters.model import Evaluation, Runtime
from stages.progress import followed
from stages.progress import note as say
from stages.trained import HISTORY, NETWORK, SUMMARY
from stages.views import INDEX, TEST, View

BATCH = 32
"""Images given to the model at once; it bounds memory and changes no result."""
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
    parser.add_argument("--out", type=Path, help="folder to write")
    arguments = command.parsed(parser, "evaluate", argv)
    evaluation, dataset = entry(Evaluation, "evaluation"), entry(Dataset, "datasets", arguments.dataset)
    task = f"evaluate {arguments.key}"
    view = View.open(arguments.view)
    trained = opened(arguments.model, entry(Runtime, "runtime"))
    check_fit(trained.network, view, TEST, arguments.model)
    say(task, f"{len(view.labels('test')):,} test images, {len(view.classes)} classes")
    probabilities = predicted(trained.network, view, task)
    if not numpy.isfinite(probabilities).all():
        raise UserError(
            f"{arguments.model / NETWORK}: predicts values that are no numbers, so its training diverged; "
            f"lower the learning_rate of {trained.summary['model']}"
        )
    with written_folder(arguments.out) as folder:
        shutil.copyfile(arguments.model / HISTORY, folder / HISTORY)
        write_results(folder, trained, view, probabilities, evaluation, dataset, arguments.key)
    say(task, f"{(probabilities.argmax(axis=1) == view.labels('test')).mean():.1%} right")


def opened(folder: Path, parameters: Runtime) -> Trained:
    """Return the model that training left in ``folder``, after setting up the runtime it computes in.

    Raises:
        UserError: a file is missing.
    """
    for name in (NETWORK, HISTORY, SUMMARY):
        if not (folder / name).is_file():
            raise UserError(f"{folder / name}: no such file; train {folder.name} first")
    runtime.start(parameters)
    network = loaded(folder)
    return Trained(network, pandas.read_csv(folder / HISTORY), read_json(folder / SUMMARY))


def predicted(network: Any, view: View, task: str) -> numpy.ndarray:
    """Return the class probabilities of the view's test images, read batch by batch.

    Returns:
        float32 (images, classes).
    """
    rows = numpy.arange(len(view.labels("test")))
    pieces = numpy.split(rows, range(BATCH, len(rows), BATCH))
    batches = (view.read("test", piece) for piece in followed(pieces, len(pieces), task, "batches"))
    return numpy.concatenate([numpy.asarray(network.predict_on_batch(batch), dtype=numpy.float32) for batch in batches])


def write_results(
    folder: Path,
    trained: Trained,
    view: View,
    probabilities: numpy.ndarray,
    evaluation: Evaluation,
    dataset: Dataset,
    key: str,
) -> None:
    """Write every table and figure but history.csv into ``folder``."""
    classes, labels, chosen = view.classes, view.labels("test"), probabilities.argmax(axis=1)
    counts = metrics.confusion(labels, chosen, classes)
    bins = metrics.calibration(labels, probabilities, evaluation.calibration_bins)
    per_class = metrics.per_class(labels, chosen, classes)
    pairs = metrics.confused_pairs(counts, classes, evaluation.confused_pairs)
    figures_of = metrics.summary(labels, probabilities, classes, evaluation.calibration_bins)
    summary = trained.summary
    test = {name: summary[name] for name in ("model", "replicate")} | figures_of
    write_json(folder / "metrics.json", test | {name: summary[name] for name in FROM_TRAINING})
    write_table(folder / "predictions.csv", metrics.predictions(image_files(view), labels, probabilities, classes))
    write_table(folder / "classes.csv", per_class)
    write_table(folder / "confusion.csv", metrics.confusion_table(counts, classes))
    write_table(folder / "confused-pairs.csv", pairs)
    write_table(folder / "calibration.csv", bins)
    note = "; ".join(filter(None, [dataset.note, summary["note"]]))
    text = evaluation_text.page(key, dataset.title, note, test, summary, trained.history, per_class, pairs)
    write_text(folder / "evaluation.md", text)
    title = f"{key} on {dataset.title}"
    worst = evaluation_figures.worst(
        view.images("test"), labels, probabilities, classes, evaluation.worst, f"{title}: worst predictions"
    )
    drawn = {
        "curves": evaluation_figures.learning_curves(trained.history, summary["best_epoch"], title),
        "confusion": evaluation_figures.confusion(counts, classes, f"{title}, {len(labels):,} test images"),
        "calibration": evaluation_figures.reliability(bins, title),
        "worst": worst,
    }
    for name, figure in drawn.items():
        figures.save(figure, folder / f"{name}.png", note)


def image_files(view: View) -> list[str]:
    """Return the files of a view's test images, in the order of their rows."""
    index = pandas.read_csv(view.folder / INDEX, dtype={"file": str}, keep_default_na=False)
    return index[index["split"] == "test"].sort_values("row")["file"].tolist()


if __name__ == "__main__":
    command.run(main)
