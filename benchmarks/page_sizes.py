"""Sizes of what a finished study is read in, and the seconds that its page takes.

    python -m benchmarks.page_sizes --checkout FOLDER [--study intel] [--without-times]

``FOLDER`` is a checkout in which the study was made; it stays as it is. Writes benchmarks/page_sizes.csv: files and
kB (1,000 bytes). The page is made by the command of its stage alone, without Snakemake and DVC: the fastest of three.
Times are left out where other work runs beside.
"""

import argparse
import shlex
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pandas

from benchmarks.project import ROOT, run, timed
from darkroom.core import program
from darkroom.core.errors import UserError
from darkroom.core.files import write_table
from darkroom.pages.embedding import PICTURE
from darkroom.pages.galleries import FOLDER as GALLERIES
from darkroom.pipeline.template import read_stages
from darkroom.reporting.tables import markdown

TABLE = ROOT / "benchmarks/page_sizes.csv"
RUNS = 3
SECONDS = "seconds"


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, write the table and print it.

    Raises:
        UserError: the checkout has no such study, or its page is not what its stage writes.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", type=Path, required=True, help="where the study was made")
    parser.add_argument("--study", default="intel", help="a study of its params.yaml")
    parser.add_argument("--without-times", action="store_true", help="measure no time")
    parser.add_argument("--out", type=Path, default=TABLE, help="table to write")
    given = parser.parse_args(argv)
    page = given.checkout / "results" / given.study / "index.html"
    if not page.is_file():
        raise UserError(f"{page}: no such file; run make TARGET={given.study} there")
    table = pandas.DataFrame(list_sizes(given.checkout, given.study))
    if not given.without_times:
        table[SECONDS] = ""
        table.loc[0, SECONDS] = f"{time_page(given.checkout, given.study):.2f}"
    write_table(given.out, table)
    print(markdown(table))


def list_sizes(checkout: Path, study: str) -> Iterator[dict[str, object]]:
    """Yield a row for each thing that a study is read in: what it is, how many files that are, and their kB."""
    page = checkout / "results" / study / "index.html"
    shown = list_pictures(page)
    images = [file for file in shown if file.parent.name == GALLERIES]
    yield measure("index.html", [page])
    yield measure("images of its galleries, beside it", images)
    yield measure("plots and other pictures, beside it", sorted({*shown} - {*images}))
    with tempfile.TemporaryDirectory(prefix="darkroom-") as made:
        run(checkout, "darkroom.apps.page", study, "--single", "--out", f"{made}/page.html")
        run(checkout, "darkroom.apps.worksheet", study, "--out", f"{made}/worksheet")
        yield measure("all of it in one file (SINGLE=1)", [Path(made, "page.html")])
        yield measure("worksheet.md", [page.with_name("worksheet.md")])
        for name in ("worksheet", "exercises"):
            for ending in ("html", "pdf"):
                yield measure(f"{name}.{ending}", [Path(made, "worksheet", f"{name}.{ending}")])


def list_pictures(page: Path) -> list[Path]:
    """Return the files of all pictures that a page shows, each once, sorted."""
    addresses = (found["address"] for found in PICTURE.finditer(page.read_text(encoding="utf-8")))
    return sorted({(page.parent / unquote(unescape(address))).resolve() for address in addresses})


def measure(what: str, files: Iterable[Path]) -> dict[str, object]:
    """Return a row of the table."""
    sizes = [file.stat().st_size for file in files]
    return {"what": what, "files": len(sizes), "kB": round(sum(sizes) / 1000)}


def time_page(checkout: Path, study: str) -> float:
    """Return the seconds that the command of a study's page takes, the fastest of ``RUNS``.

    Raises:
        UserError: it wrote something else than was there.
    """
    page = checkout / "results" / study / "index.html"
    before = page.read_bytes()
    _, _, *arguments = shlex.split(read_stages(checkout)[f"page@{study}"].command)
    arguments = arguments[: arguments.index("--record")]  # the record of the run that made the page stays
    took = min(timed(checkout, *arguments) for _ in range(RUNS))
    if page.read_bytes() != before:
        page.write_bytes(before)
        raise UserError(f"{page}: not what its stage writes; run make TARGET={study} there")
    return took


if __name__ == "__main__":
    program.run(main)
