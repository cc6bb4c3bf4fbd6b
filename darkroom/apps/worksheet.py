"""Worksheet: what a teacher hands out of a study, each as a page for a browser and as a PDF.

python -m darkroom.apps.worksheet STUDY [--out FOLDER]

Writes worksheet.html and worksheet.pdf, with the answers of results/STUDY/worksheet.md and their pictures, and
exercises.html and exercises.pdf, which have the questions alone and room to write. Of a study that follows a course
document these are the document's questions, in the language of the study; of any other all that its worksheet answers.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.core.files import replace_file, write_text
from darkroom.core.progress import note
from darkroom.pages.handout import read_handout
from darkroom.pages.printing import print_handout
from darkroom.params.base import read_entry
from darkroom.params.model import Study
from darkroom.pipeline import command

HOME = Path("exports/worksheets")
"""The folder of handouts unless --out says otherwise."""


def main(argv: Sequence[str] | None = None) -> None:
    """Write the handouts of one study.

    Raises:
        UserError: there is no such study, or it has not been made.
    """
    parser = argparse.ArgumentParser(
        prog="python -m darkroom.apps.worksheet",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("study", help="a study of params.yaml that has been made")
    parser.add_argument("--out", type=Path, help=f"folder to write; default {HOME}/<study>")
    given = parser.parse_args(argv)
    study = read_entry(Study, "studies", given.study)
    file = Path("results") / given.study / "worksheet.md"
    if not file.is_file():
        raise UserError(f"{file}: not made yet; run make TARGET={given.study}")
    out = given.out or HOME / given.study
    out.mkdir(parents=True, exist_ok=True)
    for name, has_answers in (("worksheet", True), ("exercises", False)):
        handout = read_handout(file, study.language, has_answers)
        write_text(out / f"{name}.html", handout.compose_page())
        with replace_file(out / f"{name}.pdf") as temporary:
            temporary.write_bytes(print_handout(handout))
        note("worksheet", f"{out / name}.html and .pdf")


if __name__ == "__main__":
    command.run(main)
