"""Explain: what a trained network sees in test images.

Reads a model's folder, the test split of a view, the model's predictions, and explanations.<key> and runtime of
params.yaml. Writes a folder with explanation.md, a page to read; activations.csv, how each filter of the chosen layers
responds to all test images; and figures/, with as many figures as were asked for. The dataset is called by its key, so
that a new title computes nothing again.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy
import pandas

from darkroom.core import runtime
from darkroom.core.errors import UserError
from darkroom.core.filenames import SUMMARY
from darkroom.core.files import read_json, replace_folder, write_table, write_text
from darkroom.core.progress import show_progress
from darkroom.core.provenance import NOTES
from darkroom.explanation import parts as explanation_parts
from darkroom.explanation import text as explanation_text
from darkroom.explanation.feature_maps import FeatureMaps
from darkroom.explanation.parts import Subject
from darkroom.images.prepared.views import TEST, View
from darkroom.networks.network_file import check_fit, load_network
from darkroom.params.base import read_entry
from darkroom.params.explanation import Explanation
from darkroom.params.model import Runtime
from darkroom.params.yaml_files import FILE
from darkroom.pipeline import command
from darkroom.reporting import figures, selection

BATCH = 16
"""Images given to the network at once; it bounds memory."""
FIGURES = "figures"
"""Folder of the figures, below that of the explanation."""


def main(argv: Sequence[str] | None = None) -> None:
    """Explain one training on the test images of its view.

    Raises:
        UserError: a file is missing, or params.yaml asks for what there is not.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a training that explanations of params.yaml names")
    parser.add_argument("--model", type=Path, help="the model's folder")
    parser.add_argument("--view", type=Path, help="the view's folder")
    parser.add_argument("--predictions", type=Path, help="predictions.csv of the model's evaluation")
    parser.add_argument("--dataset", help="key of the dataset that the view shows")
    parser.add_argument("--images-are", choices=NOTES, help="drawn by a program, or delivered by a source")
    parser.add_argument("--out", type=Path, help="folder to write")
    arguments = command.parse(parser, "explain", argv)
    wish = read_entry(Explanation, "explanations", arguments.key)
    runtime.start(read_entry(Runtime, "runtime"))
    view, network = View.open(arguments.view), load_network(arguments.model)
    check_fit(network, view, TEST, arguments.model)
    summary = read_json(arguments.model / SUMMARY)
    predictions, title = predicted(arguments.predictions, view), f"{arguments.key} on {arguments.dataset}"
    try:
        subject = opened(wish, view, FeatureMaps(network), predictions, summary, title)
        note = "; ".join(filter(None, [NOTES[arguments.images_are], summary["note"]]))
        with replace_folder(arguments.out) as folder:
            write(folder, subject, statistics(subject, f"explain {arguments.key}"), note)
    except UserError as error:
        raise UserError(f"{FILE}: explanations.{arguments.key}.{error}") from None


def opened(
    wish: Explanation,
    view: View,
    maps: FeatureMaps,
    predictions: pandas.DataFrame,
    summary: dict[str, object],
    title: str,
) -> Subject:
    """Return what is explained, with its images and layers chosen.

    Raises:
        UserError: a file, class or layer is unknown; it begins with the key below the explanation's.
    """
    rows = selection.drawn(predictions, wish.files, wish.images, wish.seed)
    for name in wish.classes:
        selection.of_class(predictions, name)
    layers = [maps.named(layer, "layers") for layer in wish.layers]
    return Subject(title, wish, view, maps, predictions, rows, list(dict.fromkeys(layers)), summary)


def predicted(file: Path, view: View) -> pandas.DataFrame:
    """Return the predictions of an evaluation.

    Raises:
        UserError: there are none, or of other images than the view's.
    """
    if not file.is_file():
        raise UserError(f"{file}: no such file; evaluate the model first")
    table = pandas.read_csv(file, dtype={"file": str, "class": str, "predicted": str}, keep_default_na=False)
    if table["class"].tolist() != [view.classes[label] for label in view.labels(TEST)]:
        raise UserError(f"{file}: predictions for other images than the test images of {view.folder}; evaluate again")
    return table


def statistics(subject: Subject, task: str) -> pandas.DataFrame:
    """Return how each filter of the chosen layers responds to all test images."""
    rows = numpy.arange(len(subject.predictions))
    pieces = numpy.split(rows, range(BATCH, len(rows), BATCH))
    batches: Iterator[numpy.ndarray] = (
        subject.view.read(TEST, piece) for piece in show_progress(pieces, len(pieces), task, "batches")
    )
    return subject.maps.statistics(subject.layers, batches)


def write(folder: Path, subject: Subject, responses: pandas.DataFrame, note: str) -> None:
    """Write the page, the table and the figures into ``folder``."""
    write_table(folder / "activations.csv", responses)
    (folder / FIGURES).mkdir()
    sections = []
    for part in explanation_parts.parts(subject, responses):
        if part.figure:
            figures.save(part.figure, folder / FIGURES / part.file, note)
        sections.append(part.section(FIGURES))
    write_text(folder / "explanation.md", explanation_text.page(subject.title, note, sections))


if __name__ == "__main__":
    command.run(main)
