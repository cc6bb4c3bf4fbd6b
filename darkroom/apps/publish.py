"""Publish: a folder that is ready to be pushed to a hub, with the model and its card; nothing is uploaded.

python -m darkroom.apps.publish MODEL DIR [--licence apache-2.0]

MODEL is the folder that training left, the model.keras in it, or a name found below models/. DIR gets model.keras,
view.json (its classes, and how images are prepared), summary.json, and README.md, a model card as Hugging Face's hub
reads it. What is known of the model's images, its evaluation and its origin is taken from the project in the working
folder, if the model is one of its own; of any other, the card says that it is not known.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from darkroom.apps.destinations import check_folder
from darkroom.apps.model_folder import ModelFolder
from darkroom.cards.census import TABLES, read_census
from darkroom.cards.model_card import Known, Subject, compose_card
from darkroom.cards.origins import trace_model
from darkroom.cards.places import Evaluation, find_evaluation, name_in_project
from darkroom.cards.scores import read_scores
from darkroom.core.errors import UserError
from darkroom.core.filenames import NETWORK, SUMMARY
from darkroom.core.files import read_json, replace_folder, write_json
from darkroom.core.progress import note
from darkroom.images.prepared.views import DESCRIPTION
from darkroom.pipeline import command, recorded

CARD = "README.md"
WRITTEN = {NETWORK, DESCRIPTION, SUMMARY, CARD}
LONGEST = 64
"""Characters of a licence's identifier."""


def main(argv: Sequence[str] | None = None) -> None:
    """Write the folder that the command line asks for.

    Raises:
        UserError: what was typed is wrong, or the model is corrupt.
    """
    parser = argparse.ArgumentParser(
        prog="python -m darkroom.apps.publish",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", help="a model's folder, its model.keras, or a name found below models/")
    parser.add_argument("dir", type=Path, help="folder to write; it is new, empty, or an earlier one of these")
    parser.add_argument("--licence", "--license", help="of the model, as the hub calls it, such as apache-2.0")
    given = parser.parse_args(argv)
    licence = check_licence(given.licence)
    model = ModelFolder.open(given.model)
    out = check_destination(given.dir, model)
    known = gather(model)
    publish(model, known, licence, out)
    print(f"{out}: {', '.join(sorted(WRITTEN))}; read {CARD}, and fill in what it leaves open")
    if known.missing:
        note(f"publish {model.name}", f"no test results on the card: {known.missing}")
    if model.note:
        note(f"publish {model.name}", f"note: {model.note}")


def check_licence(licence: str | None) -> str | None:
    """Return ``licence``.

    Raises:
        UserError: it is no identifier.
    """
    plain = licence is None or (licence.replace("-", "").replace(".", "").isalnum() and licence.isascii())
    if not plain or len(licence or "") > LONGEST:
        raise UserError(f"--licence: {licence!r}: give the hub's identifier, such as apache-2.0, cc-by-4.0 or other")
    return licence


def check_destination(out: Path, model: ModelFolder) -> Path:
    """Return ``out``.

    Raises:
        UserError: it is a file, in the model's folder or around it, or holds something else.
    """
    place, folder = out.resolve(), model.folder.resolve()
    if place.is_relative_to(folder) or folder.is_relative_to(place):
        raise UserError(f"{out}: the model's folder lies there, which would be lost or changed; choose another place")
    return check_folder(out, WRITTEN, CARD)


def gather(model: ModelFolder) -> Known:
    """Return what the project in the working folder knows of ``model``; of one from elsewhere only its hash.

    Raises:
        UserError: params.yaml, dvc.yaml or dvc.lock is not valid, or an evaluation is not whole.
    """
    place = find_evaluation(model.file)
    if place is None:
        return Known(trace_model(model.file), missing="the model lies in no project that has evaluated it")
    name = name_in_project(model.file)
    origin = trace_model(model.file, name, place.dataset.archives)
    census = place.dataset.census
    found = read_census(census) if all((census / f"{name}.csv").is_file() for name in TABLES) else None
    if missing := find_mismatch(model, place, origin.md5):
        return Known(origin, place.dataset, census=found, missing=missing)
    tested = read_json(place.folder / DESCRIPTION)
    return Known(origin, place.dataset, read_scores(place.folder), found, tested)


def find_mismatch(model: ModelFolder, place: Evaluation, md5: str) -> str:
    """Return why what lies in an evaluation's folder is not of this ``model``; nothing where it is."""
    if not (place.folder / SUMMARY).is_file():
        return "it has not been evaluated yet (run snakemake)"
    if read_json(place.folder / SUMMARY) != model.summary:
        return "the evaluation that is here is of another training run (run snakemake)"
    if recorded.read_hashes("deps", place.stage).get(name_in_project(model.file) or "", md5) != md5:
        return "the evaluation that dvc.lock records is of another model.keras (run snakemake)"
    return ""


def publish(model: ModelFolder, known: Known, licence: str | None, out: Path) -> None:
    """Write the folder ``out``.

    Raises:
        UserError: the model is corrupt.
    """
    outputs = int(model.network().output_shape[-1])
    subject = Subject(model.name, model.classes, model.view, model.note, model.summary, model.record, outputs)
    card = compose_card(subject, known, licence)
    with replace_folder(out) as folder:
        shutil.copyfile(model.file, folder / NETWORK)
        write_json(folder / DESCRIPTION, model.describe_inputs())
        write_json(folder / SUMMARY, model.summary)
        (folder / CARD).write_text(card, encoding="utf-8")


if __name__ == "__main__":
    command.run(main)
