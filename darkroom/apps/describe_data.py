"""Describe a dataset: a Croissant description and a datasheet, from what the pipeline found out about its images.

python -m darkroom.apps.describe_data DATASET DIR [--licence …] [--creator …] [--url …]

DATASET is a key of datasets: in params.yaml, whose census has been taken. DIR gets croissant.json (Croissant 1.0),
images.csv (a row for each image: split, class, file, bytes, SHA-256, archive, member), which it describes, and
datasheet.md, the questions of "Datasheets for Datasets". What only people know may be given; else it is left open.
No image is copied: whoever publishes the archives lays them beside croissant.json.
"""

import argparse
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from darkroom.apps.destinations import check_folder
from darkroom.cards.census import Census, read_census
from darkroom.cards.croissant import IMAGES, describe
from darkroom.cards.datasheet import compose_datasheet
from darkroom.cards.origins import find_commit, list_archives
from darkroom.cards.places import DatasetPlace, find_dataset
from darkroom.core.errors import UserError
from darkroom.core.files import replace_folder, sha256, write_json
from darkroom.core.progress import note
from darkroom.pages.evaluations import read_rows
from darkroom.params.document import load
from darkroom.pipeline import command

DESCRIPTION, DATASHEET, INDEX = "croissant.json", "datasheet.md", "index.csv"
WRITTEN = (DESCRIPTION, IMAGES, DATASHEET)
FACTS = {
    "licence": "of the images, best as an address, such as https://creativecommons.org/licenses/by/4.0/",
    "creator": "who made the dataset",
    "url": "where it can be had",
}
"""What only people know."""


def main(argv: Sequence[str] | None = None) -> None:
    """Write the folder that the command line asks for.

    Raises:
        UserError: what was typed is wrong, or the dataset has not been unpacked and counted yet.
    """
    parser = argparse.ArgumentParser(
        prog="python -m darkroom.apps.describe_data",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dataset", help="a key of datasets: in params.yaml")
    parser.add_argument("dir", type=Path, help="folder to write; it is new, empty, or an earlier one of these")
    for name, meaning in FACTS.items():
        parser.add_argument(f"--{name}", help=meaning)
    given = parser.parse_args(argv)
    facts = {name: check_fact(name, getattr(given, name)) for name in FACTS}
    place = find_dataset(given.dataset)
    out = check_folder(given.dir, WRITTEN, DESCRIPTION)
    census = read_census(place.census)
    if not (place.images / INDEX).is_file():
        raise UserError(f"{place.images / INDEX}: no such file; run snakemake, which unpacks the images")
    write(place, census, facts, out)
    print(f"{out}: {', '.join(WRITTEN)}; fill in what {DATASHEET} leaves open")
    if place.note:
        note(f"describe {place.key}", f"note: {place.note}")


def check_fact(name: str, text: str | None) -> str | None:
    """Return ``text``.

    Raises:
        UserError: it is empty, holds controls, or is to be an address and is none.
    """
    if text is not None and not (text.strip() and text.isprintable()):
        raise UserError(f"--{name}: {text!r}: give a line of text")
    if text is not None and name == "url" and (not text.startswith("https://") or " " in text):
        raise UserError(f"--{name}: {text!r}: give an address that begins with https://")
    return text


def write(place: DatasetPlace, census: Census, facts: Mapping[str, str | None], out: Path) -> None:
    """Write the folder ``out``.

    Raises:
        UserError: params.yaml is not valid.
    """
    archives, rows = list_archives(place.archives), read_rows(place.images / INDEX)
    datasheet = compose_datasheet(place, census, archives, load().census.balance_tolerance, facts, find_commit()[0])
    with replace_folder(out) as folder:
        shutil.copyfile(place.images / INDEX, folder / IMAGES)
        write_json(folder / DESCRIPTION, describe(place, rows, archives, sha256(folder / IMAGES), facts))
        (folder / DATASHEET).write_text(datasheet, encoding="utf-8")


if __name__ == "__main__":
    command.run(main)
