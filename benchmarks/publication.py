"""Copy the results of runs on real images that are published into docs/subsets/, and make their figures smaller.

    python -m benchmarks.publication --from <checkout> [--from <another>] [--without-times]

Times are left out where other work ran beside: of the costs, memory and what it depends on are kept.

The files lie below docs/subsets/ as they do below results/. Evaluations are those of a study's own models, not of the
variants in its sweeps; galleries are those of the best model alone, and what a page shows or leads to. What the study
came from (workflow.audit.publish) stands beside them, in the folder lineage.
"""

import argparse
import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas
from PIL import Image

from darkroom.core.files import replace_file, write_table, write_text
from darkroom.pipeline.template import read_documents
from darkroom.reporting.tables import markdown
from workflow.audit import publish

OUT = Path(__file__).parents[1] / "docs/subsets"
OF_STUDY = (
    "worksheet.md",
    "hyperparameters.csv",
    "comparison/*",
    "costs/*",
    "sweeps/*/*",
    "explanations/*/*",
    "explanations/*/figures/*",
)
OF_CENSUS = ("census.md", "*.png", "*.webp")
OF_MODEL, OF_BEST = ("diagram.png", "confusion.png"), ("gallery.webp", "ambiguous.webp", "worst.webp")
LINK = re.compile(r"\]\(([^)#\s]+)")
WIDTH = 1000
QUALITY: dict[str, dict[str, Any]] = {".png": {"optimize": True}, ".webp": {"quality": 80, "method": 6}}
"""How figures are written, by their ending: plots in true colours, photographs lossily."""
EXACT: dict[str, Any] = {"lossless": True, "method": 6}
"""How WebP is written whose colours are exact where it comes from."""
LOSSLESS = b"VP8L"
"""What stands at byte 12 of such a file."""


def main(argv: Sequence[str] | None = None) -> None:
    """Copy what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="checkouts", type=Path, action="append", required=True, help="where studies ran")
    parser.add_argument("--out", type=Path, default=OUT, help="folder to write to")
    parser.add_argument("--without-times", action="store_true", help="publish no time")
    given = parser.parse_args(argv)
    for checkout in given.checkouts:
        files = sorted(list_published(checkout))
        studies = {file.parts[0] for file in files} - {"census"}
        for folder in {Path(*file.parts[: 2 if file.parts[0] == "census" else 1]) for file in files}:
            shutil.rmtree(given.out / folder, ignore_errors=True)  # sweeps and models may have gone
        for file in files:
            if not given.without_times or file.parent.name != "costs":
                copy(checkout / "results" / file, given.out / file)
            elif file.name == "costs.csv":
                copy_memory(checkout / "results" / file, given.out / file)
        for study in sorted(studies):
            lineage = (given.out / study / "lineage").absolute()
            with contextlib.chdir(checkout):
                publish.write(study, lineage)


def list_published(checkout: Path) -> Iterator[Path]:
    """Yield the files of a checkout that are published, relative to its results."""
    results, values = checkout / "results", read_documents(checkout)[1]
    for study, planned in values["comparisons"].items():
        table = results / study / "comparison/models.csv"
        if not table.is_file():
            continue
        models = pandas.read_csv(table, dtype={"model": str})
        best = models.sort_values(["correct", "loss"], ascending=[False, True], kind="stable")["model"].iloc[0]
        names = [*OF_STUDY, *(f"evaluations/{best}/{name}" for name in OF_BEST)]
        names += [f"evaluations/{model}/{name}" for model in values["studies"][study]["models"] for name in OF_MODEL]
        places = [*((study, name) for name in names), *((f"census/{planned['dataset']}", name) for name in OF_CENSUS)]
        found = {file for folder, name in places for file in (results / folder).glob(name) if file.is_file()}
        pages = [file for file in found if file.suffix == ".md"]
        found |= {file for page in pages for file in list_led_to(page) if file.is_relative_to(results)}
        yield from (file.relative_to(results) for file in found)


def list_led_to(page: Path) -> Iterator[Path]:
    """Yield the files beside a page in Markdown that it shows or leads to."""
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        file = Path(os.path.normpath(page.parent / link))
        if file.is_file() and file.suffix != ".html":
            yield file


def copy(source: Path, target: Path) -> None:
    """Copy a file, a figure at most ``WIDTH`` pixels wide, in all its colours; it is whole, or not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(target) as temporary:
        if source.suffix not in QUALITY:
            shutil.copyfile(source, temporary)
            return
        with Image.open(source) as image:
            small = image.convert("RGB")
            small.thumbnail((WIDTH, small.height))
            exact = source.read_bytes()[12:16] == LOSSLESS
            small.save(temporary, **(EXACT if exact else QUALITY[source.suffix]))


def copy_memory(source: Path, target: Path) -> None:
    """Copy a cost table without its times, and write a page of it, which worksheets lead to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    table = pandas.read_csv(source)
    table = table[[name for name in table if "second" not in name]]
    write_table(target, table)
    shown = table.rename(columns=lambda name: name.replace("_mib", " (MiB)").replace("_", " "))
    said = "Other work ran beside these trainings, so no times are published."
    write_text(target.with_suffix(".md"), f"# What training took\n\n{said}\n\n{markdown(shown)}")


if __name__ == "__main__":
    main()
