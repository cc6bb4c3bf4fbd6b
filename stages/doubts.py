"""Doubts about test images: labels that are probably wrong, and images that lie far from their class.

Reads a trained model, its view and its evaluation's predictions, and evaluation and runtime of params.yaml. Writes a
folder with label-errors.csv (file, class, probable, p_class, p_probable), far-from-class.csv (file, class, angle,
score), a gallery of each, label-errors.webp and far-from-class.webp, and doubts.md. Where the model has folds, the
labels of training images are judged, too, each by the replicate that held it out: training-label-errors.csv and its
gallery, which are empty where it has none.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.core.files import replace_folder, write_text
from darkroom.core.provenance import NOTES
from darkroom.evaluation import doubts
from darkroom.evaluation.cross_validation import judge_training_images
from darkroom.evaluation.doubts_page import compose_page, draw_figures
from darkroom.evaluation.evaluations import read_text_table
from darkroom.evaluation.features import compute_features
from darkroom.evaluation.prediction import open_trained
from darkroom.images.prepared.shards import open_view
from darkroom.images.prepared.views import TEST
from darkroom.networks.network_file import check_fit
from darkroom.params.base import NO_NAME, read_entry
from darkroom.params.model import Evaluation, Runtime
from darkroom.pipeline import command
from darkroom.reporting import figures
from darkroom.reporting.spreadsheets import write_sheet


def main(argv: Sequence[str] | None = None) -> None:
    """Find what is doubtful about the test images of a study.

    Raises:
        UserError: a file is missing, or the predictions are of other images than the view's.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a study of params.yaml that names a model for doubts")
    command.add_model_options(parser)
    parser.add_argument("--predictions", type=Path, help="predictions.csv of the model's evaluation")
    parser.add_argument("--folds", nargs="+", help=f"training runs of the model that are its folds, or {NO_NAME}")
    given = command.parse(parser, "doubts", argv)
    most, task = read_entry(Evaluation, "evaluation").worst, f"doubts {given.key}"
    view = open_view(given.view)
    trained = open_trained(given.model, read_entry(Runtime, "runtime"))
    check_fit(trained.network, view, given.model)
    labels, files = view.labels(TEST), view.list_files(TEST)
    predictions = read_text_table(given.predictions, dict.fromkeys(("file", "class", "predicted"), str))
    if predictions["file"].tolist() != files:
        raise UserError(f"{given.predictions}: of other images than the test images of {view.folder}; evaluate again")
    probabilities = predictions[[f"p_{name}" for name in view.classes]].to_numpy(float)
    errors = doubts.tabulate_label_errors(files, labels, probabilities, view.classes)
    far = doubts.tabulate_far(files, labels, compute_features(trained.network, view, task), view.classes)
    folds = [given.model.parent / key for key in given.folds if key != NO_NAME]
    held = judge_training_images(folds, view, task) if folds else None
    training = held.errors if held else errors.head(0)
    title = f"{given.key} on {given.dataset}"
    note = "; ".join(filter(None, [NOTES[given.images_are], trained.summary["note"]]))
    with replace_folder(given.out) as folder:
        write_sheet(folder / "label-errors.csv", errors)
        write_sheet(folder / "far-from-class.csv", far)
        write_sheet(folder / "training-label-errors.csv", training)
        page = compose_page(title, note, given.model.name, predictions, errors, far, held, most)
        write_text(folder / "doubts.md", page)
        for name, figure in draw_figures(view, errors, far, training, most, title):
            figures.save(figure, folder / name, note)
    said = f"{len(errors):,} probable label errors, {len(far):,} images far from their class"
    progress.note(task, said + (f", {len(training):,} probable label errors of training images" if held else ""))


if __name__ == "__main__":
    command.run(main)
