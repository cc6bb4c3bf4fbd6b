"""Forms that reviewers ask for, filled in as far as facts go; what only people know is left open, and marked so.

python -m darkroom.apps.forms codecheck STUDY [--out FILE]    codecheck.yml: the files to make again, and what they show
python -m darkroom.apps.forms checklist STUDY [--out FILE]    the ML reproducibility checklist v2.0, in Markdown
python -m darkroom.apps.forms sbom [--lock gpu] [--out FILE]  a CycloneDX 1.6 bill of the locked environment, in JSON

Run it in the folder of the project. Without --out a form goes to exports/; a file that is there already is not
overwritten. A CODECHECK wants codecheck.yml in the root of the repository.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from darkroom.apps.destinations import check_new_file
from darkroom.cards import checklist, codecheck, sbom
from darkroom.cards.census import read_census
from darkroom.cards.locks import DEVELOPMENT
from darkroom.cards.origins import find_commit, list_archives
from darkroom.cards.study import find_study, read_runs
from darkroom.core.files import write_text
from darkroom.pipeline import command

HOME = Path("exports")


def main(argv: Sequence[str] | None = None) -> None:
    """Write the form that the command line asks for.

    Raises:
        UserError: what was typed is wrong, or the study has not been made yet.
    """
    parser = argparse.ArgumentParser(
        prog="python -m darkroom.apps.forms", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    forms = parser.add_subparsers(dest="form", required=True)
    for name, meaning in {
        "codecheck": "what is to be made again",
        "checklist": "the reproducibility checklist",
    }.items():
        form = forms.add_parser(name, help=meaning)
        form.add_argument("study", help="a key of studies: in params.yaml")
        form.add_argument("--out", type=Path)
    form = forms.add_parser("sbom", help="the bill of the locked environment")
    form.add_argument("--lock", help=f"of requirements/, beside {DEVELOPMENT}; default: that of this environment")
    form.add_argument("--out", type=Path)
    given = parser.parse_args(argv)
    name, write = FORMS[given.form]
    named = HOME / (f"{given.study}-{name}" if given.form == "checklist" else name)
    out = check_new_file(given.out or named)
    write_text(out, write(given))
    print(f"{out}: fill in what it leaves open" if given.form != "sbom" else f"{out}: CycloneDX 1.6")


def write_codecheck(given: argparse.Namespace) -> str:
    """Return codecheck.yml."""
    return codecheck.compose(find_study(given.study))


def write_checklist(given: argparse.Namespace) -> str:
    """Return the checklist."""
    place = find_study(given.study)
    census, archives = read_census(place.dataset.census), list_archives(place.dataset.archives)
    return checklist.compose(place, read_runs(place), census, archives, find_commit()[0])


def write_sbom(given: argparse.Namespace) -> str:
    """Return the bill of materials."""
    return compose_bill(given.lock)


def compose_bill(lock: str | None) -> str:
    """Return the bill of a lock, or of the one that this environment was made from, and the development's."""
    bill = sbom.compose([lock or find_lock(), DEVELOPMENT])
    return json.dumps(bill, indent=2, ensure_ascii=False) + "\n"


def find_lock() -> str:
    """Return the lock that this environment was made from, as requirements/install notes it."""
    noted = Path(sys.prefix, ".lock")
    return noted.read_text(encoding="utf-8").strip() if noted.is_file() else "cpu"


FORMS: dict[str, tuple[str, Callable[[argparse.Namespace], str]]] = {
    "codecheck": ("codecheck.yml", write_codecheck),
    "checklist": ("checklist.md", write_checklist),
    "sbom": ("sbom.cdx.json", write_sbom),
}
"""By form the name of its file, and what it holds."""


if __name__ == "__main__":
    command.run(main)
