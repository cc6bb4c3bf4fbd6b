"""Evaluate a trained model on the test images.

Reads a model's folder, a view, of its images those of the test, and of params.yaml evaluation, runtime and the study's
shifts. Writes a folder with predictions.csv, classes.csv, confusion.csv, confused-pairs.csv, calibration.csv,
ambiguous.csv, shifts.csv (without rows, where shifts are 0), hyperparameters.csv, history.csv, layers.csv and
summary.json (as training left them), view.json (as the view has it), metrics.json, evaluation.md, and the figures
curves.png, confusion.png, calibration.png, worst.webp, gallery.webp, ambiguous.webp, diagram.png; and galleries/, what
these three show as a table and an image each. The dataset is called by its key, so that a new title predicts nothing
again.
"""

import argparse
import shutil
from collections.abc import Sequence
from functools import partial

from darkroom.core import progress
from darkroom.core.filenames import HISTORY
from darkroom.core.files import replace_folder, write_json, write_table, write_text
from darkroom.core.provenance import NOTES
from darkroom.evaluation import results
from darkroom.evaluation.figures import draw_figures
from darkroom.evaluation.galleries import list_galleries
from darkroom.evaluation.page import compose_page
from darkroom.evaluation.prediction import COPIED, open_trained, predict
from darkroom.evaluation.shifts import measure_shifts
from darkroom.images.prepared.shards import open_view
from darkroom.images.prepared.views import DESCRIPTION, TEST
from darkroom.networks.network_file import check_fit
from darkroom.params.base import read_entry
from darkroom.params.model import Evaluation, Runtime, Study
from darkroom.pipeline import command
from darkroom.reporting import figures
from darkroom.reporting.gallery_files import FOLDER, write_galleries


def main(argv: Sequence[str] | None = None) -> None:
    """Evaluate one training run on the test images of its view."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a training run: a model of params.yaml, or <model>-replicate-<number>")
    command.add_model_options(parser)
    parser.add_argument("--study", help="the study that asks for it")
    arguments = command.parse(parser, "evaluate", argv)
    evaluation, study = read_entry(Evaluation, "evaluation"), read_entry(Study, "studies", arguments.study)
    task = f"evaluate {arguments.key}"
    view = open_view(arguments.view)
    trained = open_trained(arguments.model, read_entry(Runtime, "runtime"))
    check_fit(trained.network, view, arguments.model)
    progress.note(task, f"{len(view.labels(TEST)):,} test images, {len(view.classes)} classes")
    found = predict(trained, arguments.model, view, task)
    test = results.measure(trained, view, found, evaluation)
    moved = measure_shifts(trained.network, view, found.argmax(axis=1), study.shifts, task)
    tables = {**results.tabulate(trained, view, found, evaluation), "shifts": moved}
    shown = list_galleries(view.labels(TEST), found, tables["ambiguous"], evaluation)
    title = f"{arguments.key} on {arguments.dataset}"
    note = "; ".join(filter(None, [NOTES[arguments.images_are], trained.summary["note"]]))
    with replace_folder(arguments.out) as folder:
        write_table(folder / HISTORY, trained.history)
        for name in filter(lambda name: (arguments.model / name).is_file(), COPIED):
            shutil.copyfile(arguments.model / name, folder / name)
        write_json(folder / DESCRIPTION, view.description)
        write_json(folder / "metrics.json", test)
        for name, table in tables.items():
            write_table(folder / f"{name}.csv", table)
        write_text(folder / "evaluation.md", compose_page(title, note, trained, test, tables))
        for name, figure in draw_figures(trained, view, found, tables, shown, title):
            figures.save(figure, folder / name, note)
        write_galleries(folder / FOLDER, shown, tables["predictions"], partial(view.read, TEST))
    progress.note(task, f"{test['accuracy']:.1%} correct")


if __name__ == "__main__":
    command.run(main)
