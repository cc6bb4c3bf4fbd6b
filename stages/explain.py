"""Explain what a trained network sees in test images.

Reads a model's folder, the test split of a view, the model's predictions, and explanations.<key> and runtime of
params.yaml. Writes a folder with explanation.md, a page to read; activations.csv, how each filter of the chosen layers
responds to all test images; figures/, with as many figures as were asked for; and galleries/, the images of the
classes, as a table and an image each. The dataset is called by its key, so that a new title computes nothing again.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas

from darkroom.core import runtime
from darkroom.core.errors import UserError
from darkroom.core.filenames import SUMMARY
from darkroom.core.files import read_json, replace_folder, write_text
from darkroom.core.provenance import NOTES
from darkroom.explanation.feature_maps import FeatureMaps
from darkroom.explanation.page import compose_page
from darkroom.explanation.parts import draw_parts
from darkroom.explanation.subject import Subject, measure_responses, open_subject
from darkroom.images.prepared.shards import open_view
from darkroom.images.prepared.views import TEST, View
from darkroom.networks.network_file import check_fit, load_network
from darkroom.params.base import read_entry
from darkroom.params.explanation import Explanation
from darkroom.params.model import Runtime
from darkroom.params.yaml_files import FILE
from darkroom.pipeline import command
from darkroom.reporting import figures
from darkroom.reporting.gallery_files import FOLDER, write_galleries
from darkroom.reporting.spreadsheets import write_sheet

FIGURES = "figures"
"""Folder of the figures, below that of the explanation."""


def main(argv: Sequence[str] | None = None) -> None:
    """Explain one training run on the test images of its view.

    Raises:
        UserError: a file is missing, or params.yaml asks for what there is not.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a training run that explanations of params.yaml names")
    command.add_model_options(parser)
    parser.add_argument("--predictions", type=Path, help="predictions.csv of the model's evaluation")
    arguments = command.parse(parser, "explain", argv)
    wish = read_entry(Explanation, "explanations", arguments.key)
    runtime.start(read_entry(Runtime, "runtime"))
    view, network = open_view(arguments.view), load_network(arguments.model)
    check_fit(network, view, arguments.model)
    summary = read_json(arguments.model / SUMMARY)
    predictions, title = read_predictions(arguments.predictions, view), f"{arguments.key} on {arguments.dataset}"
    try:
        subject = open_subject(wish, view, FeatureMaps(network), predictions, summary, title)
        note = "; ".join(filter(None, [NOTES[arguments.images_are], summary["note"]]))
        with replace_folder(arguments.out) as folder:
            write_explanation(folder, subject, measure_responses(subject, f"explain {arguments.key}"), note)
    except UserError as error:
        raise UserError(f"{FILE}: explanations.{arguments.key}.{error}") from None


def read_predictions(file: Path, view: View) -> pandas.DataFrame:
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


def write_explanation(folder: Path, subject: Subject, responses: pandas.DataFrame, note: str) -> None:
    """Write the page, the table and the figures into ``folder``."""
    write_sheet(folder / "activations.csv", responses)
    (folder / FIGURES).mkdir()
    parts = []
    for part in draw_parts(subject, responses):
        if part.figure:
            figures.save(part.figure, folder / FIGURES / part.file, note, part.exact)
        parts.append(replace(part, figure=None))
    shown = [gallery for part in parts for gallery in part.galleries]
    write_galleries(folder / FOLDER, shown, subject.predictions, partial(subject.view.read, TEST))
    write_text(folder / "explanation.md", compose_page(subject.title, note, FIGURES, parts))


if __name__ == "__main__":
    command.run(main)
