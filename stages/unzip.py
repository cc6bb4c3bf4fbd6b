"""Images by split and class, and an index.

Reads the archives of a dataset (``data/raw/<dataset>``); writes ``<split>/<class>/<file>`` and ``index.csv`` (split,
class, file, bytes, sha256, archive, member; ``file`` relative to the folder). Only what is an image by its name is
unpacked, and nothing before every archive is known to be safe and every class to have images.
"""

import argparse
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pandas

from stages import command, progress
from stages.archives import found, is_archive, not_found
from stages.errors import UserError
from stages.files import write_table, written_folder
from stages.layout import Content, Image, check_classes, complete, content
from stages.members import Parts, inspected, unpack
from stages.parameters.base import FILE, entry
from stages.parameters.data import Dataset

INDEX = "index.csv"
COLUMNS = ["split", "class", "file", "bytes", "sha256", "archive", "member"]
SHOWN = 3
"""Names of skipped files that the log shows."""


def sources(where: str, names: Sequence[str], raw: Path) -> list[tuple[Path, Parts]]:
    """Return each archive that the names of a split mean, with the folder in it that holds the split, in their order.

    Raises:
        UserError: a name means nothing that is in ``raw``.
    """
    archives = sorted(path for path in raw.iterdir() if is_archive(path)) if raw.is_dir() else []
    chosen: dict[tuple[Path, Parts], None] = {}
    for name in names:
        if not (meant := found(archives, name)):
            raise not_found(where, name, raw, archives)
        chosen |= dict.fromkeys(meant)
    return list(chosen)


def planned(key: str, dataset: Dataset, raw: Path) -> list[Image]:
    """Return every image of a dataset with its place, before anything is unpacked.

    Raises:
        UserError: an archive is missing, unsafe or damaged, or the classes are not complete.
    """
    members: dict[Path, list[zipfile.ZipInfo]] = {}
    images: list[Image] = []
    used: list[tuple[Path, Parts]] = []
    for split, names in (("train", dataset.splits.train), ("test", dataset.splits.test)):
        where = f"datasets.{key}.splits.{split}"
        contents: list[Content] = []
        used_now: list[tuple[Path, Parts]] = []
        for archive, top in sources(where, names, raw):
            if any(overlap(top, other) for taken, other in used if taken == archive):
                raise UserError(
                    f"{FILE}: {where}: {archive.name} is in train already; an image must not train and test"
                )
            used_now.append((archive, top))
            if archive not in members:
                members[archive] = inspected(archive, dataset.max_expansion, f"datasets.{key}.max_expansion")
            contents.append(content(archive, members[archive], top))
        used += used_now
        note_others(key, split, [other for each in contents for other in each.others])
        images += complete(where, split, contents)
    if untested := check_classes(key, images):
        progress.note(f"unzip {key}", f"test has no image of {', '.join(untested)}")
    return images


def overlap(one: Parts, other: Parts) -> bool:
    """Whether two folders of an archive are the same, or one lies in the other."""
    depth = min(len(one), len(other))
    return one[:depth] == other[:depth]


def note_others(key: str, split: str, others: Sequence[str]) -> None:
    """Say how many files of a split are skipped, and name a few."""
    if others:
        more = ", …" if len(others) > SHOWN else ""
        text = f"{split}: {len(others):,} skipped, no images or in hidden folders: {', '.join(others[:SHOWN])}{more}"
        progress.note(f"unzip {key}", text)


def unpacked(key: str, images: Sequence[Image], out: Path) -> pandas.DataFrame:
    """Unpack ``images`` into the empty folder ``out`` and return the index: train, then test, by class and file.

    Raises:
        UserError: the disk has too little space, or an image's bytes are damaged in its archive.
    """
    needed, free = sum(image.member.file_size for image in images), shutil.disk_usage(out).free
    if needed > free:
        raise UserError(
            f"{out.parent}: the images of datasets.{key} need {needed:,} bytes, the disk has {free:,}; free some space"
        )
    for folder in {(image.split, image.label) for image in images}:
        out.joinpath(*folder).mkdir(parents=True)
    rows = list(progress.followed(_rows(images, out), len(images), f"unzip {key}", "images"))
    order = {"train": 0, "test": 1}
    return pandas.DataFrame(sorted(rows, key=lambda row: (order[row[0]], *row[1:])), columns=COLUMNS)


def _rows(images: Sequence[Image], out: Path) -> Iterator[tuple[str, str, str, int, str, str, str]]:
    stored = sorted(images, key=lambda image: (image.archive, image.member.header_offset))
    for archive, group in groupby(stored, key=lambda image: image.archive):
        with zipfile.ZipFile(archive) as opened:
            for image in group:
                member = image.member
                digest = unpack(opened, member, out / image.file)
                size = member.file_size
                yield image.split, image.label, image.file, size, digest, archive.name, member.filename


def main(argv: Sequence[str] | None = None) -> None:
    """Unpack the archives of the dataset named on the command line."""
    parser = argparse.ArgumentParser(description="Unpack the images of a dataset, by split and class.")
    parser.add_argument("key", help="a dataset of params.yaml")
    parser.add_argument("--raw", type=Path, help="the folder of its archives")
    parser.add_argument("--out", type=Path, help="the folder to write")
    given = command.parsed(parser, "unzip", argv)
    images = planned(given.key, entry(Dataset, "datasets", given.key), given.raw)
    with written_folder(given.out) as folder:
        write_table(folder / INDEX, unpacked(given.key, images, folder))


if __name__ == "__main__":
    command.run(main)
