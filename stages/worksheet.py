"""Worksheet: the questions of a study's course that its results can answer, each answered from this run.

Reads the evaluations of the training runs it is given, the study's comparison and sweeps, the census of its dataset,
what was made to show what some of the training runs see, and studies.<key>, datasets.<key> and census of params.yaml.
Writes worksheet.md, and hyperparameters.csv: name, and one column per model with the value used. It holds no time, and
links to the page that does.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.core.files import read_json, write_text
from darkroom.core.progress import note as say
from darkroom.evaluation import evaluations
from darkroom.images.prepared.views import DESCRIPTION
from darkroom.params.base import NO_NAME, read_entry
from darkroom.params.census import Census
from darkroom.params.data import Dataset
from darkroom.params.model import Study
from darkroom.pipeline import command
from darkroom.reporting.spreadsheets import write_sheet
from darkroom.worksheet.hyperparameters import collect_hyperparameters
from darkroom.worksheet.material import Explained, Material, SweepResult, read_table
from darkroom.worksheet.page import answer_document_of, answer_questions, compose_page, count_answers


def main(argv: Sequence[str] | None = None) -> None:
    """Write the worksheet of one study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a study of params.yaml")
    parser.add_argument("--models", nargs="+", help="its training runs, in the order to show them")
    parser.add_argument("--dataset", help="key of the dataset that all are tested on")
    parser.add_argument("--evaluations", type=Path, help="folder with an evaluation per training run")
    parser.add_argument("--comparison", type=Path, help="folder of the study's comparison")
    parser.add_argument("--census", type=Path, help="folder of the dataset's census")
    parser.add_argument("--costs", type=Path, help="page with the times, which is linked to")
    parser.add_argument("--explanations", type=Path, help="folder with an explanation per training run explained")
    parser.add_argument("--explained", nargs="+", help=f"the training runs explained, or {NO_NAME}")
    parser.add_argument("--sweeps", type=Path, help="folder with a folder per sweep that the study lists")
    parser.add_argument("--descriptions", type=Path, help="folder with a description per network not trained")
    parser.add_argument("--described", nargs="+", help=f"the networks described, or {NO_NAME}")
    parser.add_argument("--hyperparameters", type=Path, help="table to write")
    parser.add_argument("--out", type=Path, help="page to write")
    given = command.parse(parser, "worksheet", argv)
    material = read_material(given)
    answers, document = answer_questions(material), answer_document_of(material)
    write_sheet(given.hyperparameters, collect_hyperparameters(material))
    write_text(given.out, compose_page(given.key, material, answers, document))
    asked = sum(len(section.questions) for section in document)
    of_document = f"{asked} of its document, and " if asked else ""
    say(f"worksheet {given.key}", f"{of_document}{count_answers(answers)} questions answered")


def read_material(given: argparse.Namespace) -> Material:
    """Return what the questions are answered from.

    Raises:
        UserError: an evaluation is missing, or params.yaml is not valid.
    """
    study = read_entry(Study, "studies", given.key)
    evaluated = {key: evaluations.open_evaluation(given.evaluations, key) for key in given.models}
    firsts = evaluations.first_replicates(evaluated)
    explained = [key for key in given.explained if key != NO_NAME]
    return Material(
        study=study,
        dataset=read_entry(Dataset, "datasets", given.dataset),
        views={
            evaluations.view_of(model, firsts): read_json(one.folder / DESCRIPTION) for model, one in firsts.items()
        },
        sweeps=[read_sweep(given.sweeps / key) for key in study.sweeps],
        balance_tolerance=read_entry(Census, "census").balance_tolerance,
        evaluated=firsts,
        census=given.census,
        comparison=given.comparison,
        costs=given.costs,
        explained={key: Explained(evaluated[key], given.explanations / key) for key in explained},
        described={key: given.descriptions / key for key in given.described if key != NO_NAME},
        page=given.out,
    )


def read_sweep(folder: Path) -> SweepResult:
    """Return the sweep that is described in ``folder``."""
    file = folder / "sweep.csv"
    return SweepResult(**read_json(folder / "sweep.json"), table=read_table(file), file=file)


if __name__ == "__main__":
    command.run(main)
