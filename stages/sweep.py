"""Sweep: a model and its variants on one plot, and what each of them changes.

Reads the evaluations of the training runs it is given, the model first, and sweeps.<key>, studies.<key> and
datasets.<key> of params.yaml. Writes a folder with sweep.csv, sweep.md, sweep.json (title, and the model that is
varied), curves.png and gap.png.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.comparison import sweep_figures, sweeps
from darkroom.core.files import replace_folder, write_json, write_table, write_text
from darkroom.core.progress import note as say
from darkroom.evaluation import evaluations
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from darkroom.params.model import Study, Sweep
from darkroom.pipeline import command
from darkroom.reporting import figures


def main(argv: Sequence[str] | None = None) -> None:
    """Show what the variants of one sweep change."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a sweep of params.yaml")
    parser.add_argument("--models", nargs="+", help="the model that is varied, then its variants")
    parser.add_argument("--study", help="key of the study that lists the sweep")
    parser.add_argument("--evaluations", type=Path, help="folder with an evaluation per training run")
    parser.add_argument("--dataset", help="key of the dataset that all are tested on")
    parser.add_argument("--out", type=Path, help="folder to write")
    arguments = command.parse(parser, "sweep", argv)
    sweep, study = read_entry(Sweep, "sweeps", arguments.key), read_entry(Study, "studies", arguments.study)
    dataset = read_entry(Dataset, "datasets", arguments.dataset)
    evaluated = {key: evaluations.open_evaluation(arguments.evaluations, key) for key in arguments.models}
    table = sweeps.measure_variants(evaluated, sweeps.list_changes(sweep, arguments.key), study)
    note = evaluations.qualification(evaluated.values(), dataset)
    title = f"{sweep.title}: {sweep.of} and its variants on {dataset.title}"
    with replace_folder(arguments.out) as folder:
        write_table(folder / "sweep.csv", table)
        write_json(folder / "sweep.json", {"title": sweep.title, "of": sweep.of})
        write_text(folder / "sweep.md", sweeps.compose_page(table, title, note, study))
        for name, figure in sweep_figures.draw_figures(evaluated, table, title).items():
            figures.save(figure, folder / f"{name}.png", note)
    say(f"sweep {arguments.key}", f"{len(table)} models")


if __name__ == "__main__":
    command.run(main)
