"""Write into params.yaml all that a study of one's own images needs: its dataset, a view, models and the study.

    python -m darkroom.apps.new ../photographs [--name holidays]

DATA is a folder, or a zip, with a folder of images for each class; or with such folders below train and test, and maybe
validation. Where nothing is for the test, a part of each class is drawn for it. What params.yaml holds stays as it is.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from darkroom.apps.own_images import Found, inspect_source
from darkroom.core import program
from darkroom.core.errors import UserError
from darkroom.core.files import write_text
from darkroom.params import references
from darkroom.params.adding import Entries, add_entries
from darkroom.params.document import complete
from darkroom.params.yaml_files import FILE, parse, read
from darkroom.pipeline import origins
from darkroom.reporting.quantities import counted

SIZE = 150
"""Pixels of the view's side."""
BASES = ("cnn", "efficientnetlite0")
"""Models of params.yaml that the new ones are based on, as far as they are there: one from scratch, one pretrained."""
SEED = 42


def name_after(source: Path) -> str:
    """Return the name of a source as an entry may have it; empty where no letter is left."""
    plain = source.resolve().name.removesuffix(source.suffix if source.is_file() else "").lower()
    return re.sub(r"[^a-z0-9_-]+", "-", plain).strip("-_")


def make_entries(name: str, source: Path, found: Found, models: Sequence[str]) -> Entries:
    """Return the entries of a study called ``name``, with a model for each of ``models``, its base."""
    title = name.replace("-", " ").replace("_", " ").capitalize()
    dataset: dict[str, Any] = {"title": title, "source": str(source), "splits": dict(found.splits)}
    if found.test_per_class is not None:
        dataset["draw"] = {"seed": SEED, "train": None, "validation": None, "test": found.test_per_class}
    view, own = f"{name}-{SIZE}", {"training": {"validation_split": None}} if found.splits["validation"] else {}
    based = {f"{name}-{base}": {"base": base, "view": view, **own} for base in models}
    return {
        "datasets": {name: dataset},
        "views": {view: {"dataset": name, "size": SIZE}},
        "models": based,
        "studies": {name: {"models": list(based)}},
    }


def add_study(source: Path, name: str | None) -> tuple[str, Found]:
    """Write the study of the images in ``source`` into params.yaml; return its name and what it found.

    Raises:
        UserError: one line on what is wrong with the images or the name; params.yaml is as it was.
    """
    called = name_after(source) if name is None else name
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", called):
        raise UserError(f"NAME: {called!r}: write lower-case letters, digits, - and _, such as holidays")
    found, document = inspect_source(source), read()
    text = FILE.read_text(encoding="utf-8")
    bases = [base for base in BASES if base in (document.get("models") or {})]
    if not bases:
        raise UserError(f"{FILE}: models: none is called {' or '.join(BASES)}, which the new ones would be based on")
    added = add_entries(text, make_entries(called, source, found, bases))
    parameters = complete(parse(added))
    references.check(parameters)
    origins.check_sources(parameters, [f"fetch@{key}" for key in parameters.datasets if key != called])
    write_text(FILE, added)
    return called, found


def main(argv: Sequence[str] | None = None) -> None:
    """Add the study that the command line asks for, and say what to do next."""
    parser = argparse.ArgumentParser(
        prog="python -m darkroom.apps.new", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", metavar="DATA", type=Path, help="a folder or zip of images")
    parser.add_argument("--name", help="of the dataset and the study; else the folder's")
    options = parser.parse_args(argv)
    if options.data == Path():  # make new, without DATA
        raise UserError("DATA: name the folder of your images: make new DATA=../photographs")
    name, found = add_study(options.data.expanduser(), options.name or None)
    if found.classes:
        images = counted(sum(found.classes.values()), "image")
        print(f"{FILE}: added {name}: {images} of {len(found.classes)} classes, {', '.join(found.classes)}")
    else:
        print(f"{FILE}: added {name}")
    if found.test_per_class is not None:
        where = f"datasets.{name}.draw"
        print(f"Nothing is for the test, so {found.test_per_class} of each class are drawn for it ({where}).")
    print(f"Look at it, change what you like, then: make TARGET={name}")


if __name__ == "__main__":
    program.run(main)
