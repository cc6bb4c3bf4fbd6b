"""Images by split and class, and an index.

Reads what was delivered of a dataset (``data/raw/<dataset>``); writes ``<split>/<class>/<file>``, or, of what was
delivered as pixels, ``<split>/<class>.npy``, and ``index.csv`` (split, class, file, bytes, sha256, archive, member and,
where images have groups, group; ``file`` relative to the folder, of an array with the number of the image in it:
``train/7.npy/12``). Only what is an image by its name is unpacked, and nothing before every archive is known to be safe
and every class to have images. What is odd and yet not refused is written to ``suspicions.csv`` (kind, subject, what),
if there is anything.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.archives import left_out, suspicions
from darkroom.archives.unpacking import plan_images, unpack_images
from darkroom.core.filenames import LEFT_OUT, SUSPICIONS
from darkroom.core.files import replace_folder, write_table
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from darkroom.pipeline import command


def main(argv: Sequence[str] | None = None) -> None:
    """Unpack the archives of the dataset named on the command line."""
    parser = argparse.ArgumentParser(description="Unpack the images of a dataset, by split and class.")
    parser.add_argument("key", help="a dataset of params.yaml")
    parser.add_argument("--raw", type=Path, help="the folder of its archives")
    parser.add_argument("--out", type=Path, help="the folder to write")
    given = command.parse(parser, "unzip", argv)
    dataset = read_entry(Dataset, "datasets", given.key)
    images, odd = plan_images(given.key, dataset, given.raw)
    with replace_folder(given.out) as folder:
        unpack_images(given.key, dataset, images, folder)
        tables = {LEFT_OUT: left_out.tabulate(odd), SUSPICIONS: suspicions.tabulate(odd)}
        for name, table in tables.items():
            if len(table):
                write_table(folder / name, table)


if __name__ == "__main__":
    command.run(main)
