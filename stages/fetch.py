"""The archives of a dataset as delivered, with the size and SHA-256 of each.

Reads the dataset's source: drawn images, Kaggle, an https address, or a folder of the user's, which is only ever read.
Writes the files that the splits name, the tables of labels that the dataset names, and ``manifest.csv`` (name, bytes,
sha256, as delivered). A folder of images becomes a zip, packed as it is; so does an archive of another kind than unzip
reads.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.archives.conversion import convert
from darkroom.archives.delivered import deliver, list_entries, select_files
from darkroom.archives.manifest import check_hashes, list_files
from darkroom.core.filenames import ARCHIVES
from darkroom.core.files import replace_folder, write_table
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from darkroom.pipeline import command
from darkroom.pipeline.origins import check_origin


def bring(key: str, dataset: Dataset, out: Path) -> None:
    """Bring a dataset's archives from its source into the folder ``out``.

    Raises:
        UserError: the source cannot be had, or lacks what a split names.
    """
    source = dataset.source
    if source == "synthetic":
        from darkroom.synthetic.deliveries import draw_delivery

        draw_delivery(dataset, out)
        select_files(list_entries(out, dataset.layout, key), dataset, key, "the drawn archives")
    elif source.startswith("https://") and dataset.sha256 is not None:
        from darkroom.archives.download import download

        select_files(download(source, dataset.sha256, out, key), dataset, key, source)
    elif source.startswith("kaggle:"):
        from darkroom.archives.download import download_kaggle

        deliver(download_kaggle(source.removeprefix("kaggle:"), key), dataset, key, out, source)
    else:
        deliver(Path(source).expanduser(), dataset, key, out, source)


def main(argv: Sequence[str] | None = None) -> None:
    """Bring the archives of the dataset named on the command line."""
    parser = argparse.ArgumentParser(description="Bring the archives of a dataset from its source.")
    parser.add_argument("key", help="a dataset of params.yaml")
    parser.add_argument("--out", type=Path, help="the folder to write")
    given = command.parse(parser, "fetch", argv)
    dataset = read_entry(Dataset, "datasets", given.key)
    check_origin(given.key, dataset, given.out)
    with replace_folder(given.out) as folder:
        bring(given.key, dataset, folder)
        files = list_files(folder)
        check_hashes(given.key, dataset, files)
        convert(given.key, dataset, folder)
        write_table(folder / ARCHIVES, files)


if __name__ == "__main__":
    command.run(main)
