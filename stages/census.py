"""Say what a dataset's images are: counts, sizes, modes, balance, corrupt files and duplicates.

Reads  data/images/<dataset>: images by split and class, and index.csv
Writes results/census/<dataset>: classes.csv, sizes.csv, modes.csv, corrupt.csv, duplicates.csv (see ``counts``);
       census.md, a page to read; classes.png, sizes.png, and gallery.png, images drawn at random by seed

The dataset is called by its key, so that a new title decodes nothing again.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy
import pandas
from matplotlib.figure import Figure

from darkroom.census import counts
from darkroom.census import figures as census_figures
from darkroom.census.page import page
from darkroom.core.files import write_table, write_text
from darkroom.core.provenance import NOTES
from darkroom.images.decoding.formats import CorruptImageError, decode
from darkroom.images.decoding.images import read_images, read_index
from darkroom.images.decoding.pixels import turn_upright
from darkroom.params.base import read_entry
from darkroom.params.data import Census
from darkroom.pipeline import command
from darkroom.reporting import figures

CHUNK = 16
"""Images that a process reads at a time."""
THUMBNAIL = 180
"""Longest side of an image in the gallery, in pixels."""


@dataclass(frozen=True)
class Inspection:
    """What one image is; a corrupt one has a problem and nothing else."""

    width: int | None = None
    height: int | None = None
    mode: str = ""
    format: str = ""
    problem: str = ""


def main(argv: Sequence[str] | None = None) -> None:
    """Write the census of the dataset ``key`` of params.yaml."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a dataset of params.yaml")
    parser.add_argument("--images", type=Path, help="folder of the dataset's images")
    parser.add_argument("--images-are", choices=NOTES, help="drawn by a program, or delivered by a source")
    parser.add_argument("--out", type=Path, help="folder of the tables and figures")
    given = command.parse(parser, "census", argv)
    settings, note = read_entry(Census, "census"), NOTES[given.images_are]
    images = inspected(f"census {given.key}", given.images)
    write_tables(images, given.out)
    write_text(given.out / "census.md", page(given.key, note, settings.balance_tolerance, images))
    for name, figure in drawn(given.key, settings, images, given.images):
        figures.save(figure, given.out / f"{name}.png", note)


def inspect(path: Path) -> Inspection:
    """Return what the image in a file is; it is decoded to its end to know whether it is corrupt."""
    try:
        with decode(path) as image:
            return Inspection(image.width, image.height, image.mode, image.format or "")
    except CorruptImageError as error:
        return Inspection(problem=str(error))


def inspected(task: str, folder: Path) -> pandas.DataFrame:
    """Return the index of the images in ``folder`` with what each image is (see ``counts``)."""
    index = read_index(folder)
    with closing(read_images(task, folder, list(index["file"]), inspect, CHUNK)) as results:
        found = pandas.DataFrame([asdict(result) for result in results])
    return pandas.concat([index, found], axis=1)


def write_tables(images: pandas.DataFrame, out: Path) -> None:
    """Write the five tables of the census to ``out``."""
    write_table(out / "classes.csv", counts.by_class(images))
    write_table(out / "sizes.csv", counts.by_size(images))
    write_table(out / "modes.csv", counts.by_mode(images))
    write_table(out / "corrupt.csv", counts.corrupt(images))
    write_table(out / "duplicates.csv", counts.duplicates(images))


def drawn(key: str, settings: Census, images: pandas.DataFrame, folder: Path) -> Iterator[tuple[str, Figure]]:
    """Yield the figures of the census, by the names of their files; ``folder`` holds the images."""
    yield "classes", census_figures.class_figure(counts.by_class(images), key)
    yield "sizes", census_figures.size_figure(counts.by_size(images), key)
    chosen = sampled(counts.intact(images), settings.gallery, settings.seed)
    thumbnails = [thumbnail(folder / file) for file in chosen["file"]]
    captions = list(chosen["class"])
    yield "gallery", figures.gallery(thumbnails, captions, f"{key}: {len(chosen)} images at random")


def sampled(images: pandas.DataFrame, number: int, seed: int) -> pandas.DataFrame:
    """Return ``number`` rows (or all, if there are fewer) drawn without replacement, in the order of the draw."""
    rows = numpy.random.default_rng(seed).choice(len(images), min(number, len(images)), replace=False)
    return images.iloc[rows]


def thumbnail(path: Path) -> numpy.ndarray:
    """Return a small image, upright: uint8, (height, width, 3)."""
    with decode(path) as image:
        small = turn_upright(image, "RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return numpy.asarray(small)


if __name__ == "__main__":
    command.run(main)
