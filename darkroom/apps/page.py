"""Page: open a study's page in a browser, or write all that it shows into one file.

python -m darkroom.apps.page STUDY [--single [--out FILE]]

With --single, results/STUDY/index.html is written with its pictures, times and memory in it, to send or to keep. What
the page only leads to, such as tables and single images, is named in it and stays where it is.
"""

import argparse
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.core.files import write_text
from darkroom.core.progress import note
from darkroom.pages.embedding import embed_all
from darkroom.params.base import read_entry
from darkroom.params.model import Study
from darkroom.pipeline import command
from darkroom.reporting.quantities import size

HOME = Path("exports/pages")
"""The folder of single files unless --out says otherwise."""


def main(argv: Sequence[str] | None = None) -> None:
    """Show the page of one study, or write it with all that it shows.

    Raises:
        UserError: there is no such study, or it has not been made.
    """
    parser = argparse.ArgumentParser(
        prog="python -m darkroom.apps.page", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("study", help="a study of params.yaml that has been made")
    parser.add_argument("--single", action="store_true", help="write one file instead of opening the page")
    parser.add_argument("--out", type=Path, help=f"file to write with --single; default {HOME}/<study>.html")
    given = parser.parse_args(argv)
    read_entry(Study, "studies", given.study)
    page = Path("results") / given.study / "index.html"
    if not page.is_file():
        raise UserError(f"{page}: not made yet; run make TARGET={given.study}")
    if given.single:
        write_single(page, given.out or HOME / f"{given.study}.html")
    else:
        opened = webbrowser.open(page.resolve().as_uri())
        note("page", str(page) if opened else f"no browser found here; open {page} in one")


def write_single(page: Path, out: Path) -> None:
    """Write a study's page with all that it shows.

    Raises:
        UserError: a picture that it shows is not there.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(out, embed_all(page))
    note("page", f"{out}, {size(out.stat().st_size)}")


if __name__ == "__main__":
    command.run(main)
