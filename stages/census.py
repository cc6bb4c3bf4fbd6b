"""Describe a dataset's images: counts, sizes, modes, balance, corrupt and suspicious files, and duplicates.

Reads  data/images/<dataset>: images by split and class, index.csv, and what unzip said, if it did
Writes results/census/<dataset>: classes.csv, sizes.csv, modes.csv, corrupt.csv, duplicates.csv, suspicions.csv,
       warnings.csv (see ``counts``); census.md, a page to read; classes.png, sizes.png, gallery.webp, images drawn at
       random by seed, duplicates.webp and suspicions.webp, of each kind some

The dataset is called by its key, so that a new title decodes nothing again.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.census import counts, delivery
from darkroom.census.figures import draw_figures
from darkroom.census.inspection import inspect_images
from darkroom.census.page import compose_page
from darkroom.census.tables import tabulate
from darkroom.core.files import write_table, write_text
from darkroom.core.provenance import NOTES
from darkroom.images.decoding.depth import find_ranges
from darkroom.images.decoding.duplicates import choose_distance
from darkroom.params.base import read_entry
from darkroom.params.census import Census
from darkroom.params.data import Dataset
from darkroom.params.view import Decoding
from darkroom.pipeline import command
from darkroom.reporting import figures
from darkroom.reporting.spreadsheets import write_sheet


def main(argv: Sequence[str] | None = None) -> None:
    """Write the census of the dataset ``key`` of params.yaml."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a dataset of params.yaml")
    parser.add_argument("--images", type=Path, help="folder of the dataset's images")
    command.add_images_option(parser)
    parser.add_argument("--out", type=Path, help="folder of the tables and figures")
    given = command.parse(parser, "census", argv)
    settings, note = read_entry(Census, "census"), NOTES[given.images_are]
    decoding = read_entry(Decoding, "decoding")
    images = inspect_images(f"census {given.key}", given.images, decoding)
    intact = counts.select_intact(images)
    near = read_entry(Dataset, "datasets", given.key).near_duplicates
    distance = choose_distance(near, intact[["width", "height"]].min(axis=1))
    tables = tabulate(images, settings.suspicious, distance, delivery.find_warnings(given.images))
    for name, table in tables.items():
        write = write_sheet if name == "suspicions" else write_table  # which no stage reads
        write(given.out / f"{name}.csv", table)
    ranges = find_ranges(images["depth"])
    page = compose_page(given.key, note, settings.balance_tolerance, tables, distance, ranges.describe())
    write_text(given.out / "census.md", page)
    for name, figure in draw_figures(given.key, settings, decoding, ranges, images, tables, given.images):
        figures.save(figure, given.out / name, note)


if __name__ == "__main__":
    command.run(main)
