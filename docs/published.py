"""Copy what is published of runs on real images into docs/subsets/, figures with fewer colours.

    python -m docs.published --from <checkout> [--from <another>]

Below docs/subsets/ the files lie as they do below results/. Of the evaluations those of a study's own models are taken,
not of the variants of its sweeps; galleries of the best model alone.
"""

import argparse
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas
from PIL import Image

from stages.files import written
from stages.template import documents

OUT = Path(__file__).parent / "subsets"
OF_STUDY = ("worksheet.md", "hyperparameters.csv", "comparison/*", "costs/*", "sweeps/*/*", "explanations/**/*")
OF_MODEL, OF_BEST = ("diagram.png", "confusion.png"), ("gallery.png", "doubtful.png", "worst.png")
COLOURS = 128


def main(argv: Sequence[str] | None = None) -> None:
    """Copy what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="checkouts", type=Path, action="append", required=True, help="where studies ran")
    parser.add_argument("--out", type=Path, default=OUT, help="folder to write to")
    given = parser.parse_args(argv)
    for checkout in given.checkouts:
        for file in sorted(published(checkout)):
            copy(checkout / "results" / file, given.out / file)


def published(checkout: Path) -> Iterator[Path]:
    """Yield the files of a checkout that are published, relative to its results."""
    results, values = checkout / "results", documents(checkout)[1]
    for study, planned in values["comparisons"].items():
        table = results / study / "comparison/models.csv"
        if not table.is_file():
            continue
        models = pandas.read_csv(table, dtype={"model": str})
        best = models["model"][models["accuracy"].idxmax()]
        names = [*OF_STUDY, *(f"evaluations/{best}/{name}" for name in OF_BEST)]
        names += [f"evaluations/{model}/{name}" for model in values["studies"][study]["models"] for name in OF_MODEL]
        found = (file for name in names for file in (results / study).glob(name))
        yield from (file.relative_to(results) for file in found if file.is_file())
        yield Path("census", planned["dataset"], "census.md")


def copy(source: Path, target: Path) -> None:
    """Copy a file, a figure with at most ``COLOURS`` colours; it is there whole, or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with written(target) as temporary:
        if source.suffix != ".png":
            shutil.copyfile(source, temporary)
            return
        with Image.open(source) as image:
            image.convert("RGB").quantize(COLOURS).save(temporary, format="PNG", optimize=True)


if __name__ == "__main__":
    main()
