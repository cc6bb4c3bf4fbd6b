"""Worksheet: the questions of a study's course that its figures can answer, each answered from this run.

Reads the evaluations of the trainings it is given, the study's comparison and sweeps, the census of its dataset, what
was made to show what some of the trainings see, and studies.<key>, datasets.<key> and census of params.yaml.
Writes worksheet.md, and hyperparameters.csv: name, and one column per model with the value used. It holds no time, and
links to the page that does.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from darkroom.core.files import read_json, write_table, write_text
from darkroom.core.progress import note as say
from darkroom.evaluation import evaluations
from darkroom.images.prepared.views import DESCRIPTION
from darkroom.params.base import NO_NAME, entry
from darkroom.params.data import Census, Dataset
from darkroom.params.model import Study
from darkroom.pipeline import command
from darkroom.reporting.tables import escaped
from darkroom.worksheet import comparing, hyperparameters, images, learning, networks, seeing, testing
from darkroom.worksheet.material import Answer, Explained, Material, Swept, read


def main(argv: Sequence[str] | None = None) -> None:
    """Write the worksheet of one study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a study of params.yaml")
    parser.add_argument("--models", nargs="+", help="its trainings, in the order to show them")
    parser.add_argument("--dataset", help="key of the dataset that all are tested on")
    parser.add_argument("--evaluations", type=Path, help="folder with an evaluation per training")
    parser.add_argument("--comparison", type=Path, help="folder of the study's comparison")
    parser.add_argument("--census", type=Path, help="folder of the dataset's census")
    parser.add_argument("--costs", type=Path, help="page with the times, which is linked to")
    parser.add_argument("--explanations", type=Path, help="folder with an explanation per training explained")
    parser.add_argument("--explained", nargs="+", help=f"the trainings explained, or {NO_NAME}")
    parser.add_argument("--sweeps", type=Path, help="folder with a folder per sweep that the study lists")
    parser.add_argument("--hyperparameters", type=Path, help="table to write")
    parser.add_argument("--out", type=Path, help="page to write")
    given = command.parsed(parser, "worksheet", argv)
    material = gathered(given)
    subjects = answered(material)
    write_table(given.hyperparameters, hyperparameters.table(material))
    write_text(given.out, page(given.key, material, subjects))
    say(f"worksheet {given.key}", f"{sum(map(len, subjects.values()))} questions answered")


def gathered(given: argparse.Namespace) -> Material:
    """Return what the questions are answered from.

    Raises:
        UserError: an evaluation is missing, or params.yaml is not valid.
    """
    study = entry(Study, "studies", given.key)
    evaluated = {key: evaluations.open_evaluation(given.evaluations, key) for key in given.models}
    firsts = evaluations.first_replicates(evaluated)
    explained = [key for key in given.explained if key != NO_NAME]
    return Material(
        study=study,
        dataset=entry(Dataset, "datasets", given.dataset),
        views={
            evaluations.view_of(model, firsts): read_json(one.folder / DESCRIPTION) for model, one in firsts.items()
        },
        sweeps=[swept(given.sweeps / key) for key in study.sweeps],
        balance_tolerance=entry(Census, "census").balance_tolerance,
        evaluated=firsts,
        census=given.census,
        comparison=given.comparison,
        costs=given.costs,
        explained={key: Explained(evaluated[key], given.explanations / key) for key in explained},
        page=given.out,
    )


def swept(folder: Path) -> Swept:
    """Return the sweep that is described in ``folder``."""
    file = folder / "sweep.csv"
    return Swept(**read_json(folder / "sweep.json"), table=read(file), file=file)


def answered(material: Material) -> dict[str, list[Answer]]:
    """Return the answers to all questions that the study can answer, by subject."""
    subjects = {
        "The images": images.QUESTIONS,
        "The networks": networks.QUESTIONS + hyperparameters.QUESTIONS,
        "Training": learning.QUESTIONS,
        "Test": testing.QUESTIONS,
        "What does a network see?": seeing.QUESTIONS,
        "Comparison": comparing.QUESTIONS,
    }
    asked = {subject: [question(material) for question in questions] for subject, questions in subjects.items()}
    found = {subject: [answer for answer in answers if answer] for subject, answers in asked.items()}
    return found | {"Sweeps": comparing.sweeps(material)}


def page(key: str, material: Material, subjects: Mapping[str, Sequence[Answer]]) -> str:
    """Return the page; what every result must say of its images and models stands in every heading."""
    note = evaluations.qualification(material.evaluated.values(), material.dataset)
    qualified = f" ({note})" if note else ""
    parts = [f"# Worksheet of {key}, on {escaped(material.dataset.title)}{qualified}\n"]
    for subject, answers in subjects.items():
        if answers:
            parts.append(f"## {subject}{qualified}\n")
            parts += [shown(answer) for answer in answers]
    return "\n".join(parts)


def shown(answer: Answer) -> str:
    """Return a question with its answer, and the files it came from."""
    files = ", ".join(f"`{file}`" for file in answer.files)
    return f"**{escaped(answer.question)}**\n\n{answer.answer}" + (f"\nFrom {files}.\n" if files else "")


if __name__ == "__main__":
    command.run(main)
