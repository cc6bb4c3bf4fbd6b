"""The archives of a dataset as delivered, with the size and SHA-256 of each.

Reads the dataset's source: drawn images, Kaggle, an https address, or a folder of the user's, which is only ever read.
Writes the files that the splits name, and ``manifest.csv`` (name, bytes, sha256). A folder of images becomes an
archive, packed as it is.
"""

import argparse
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas

from darkroom.archives.archives import is_archive
from darkroom.archives.delivered import list_entries, select_files, unwrap
from darkroom.archives.members import list_members
from darkroom.archives.names import show
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.core.filenames import ARCHIVES
from darkroom.core.files import replace_folder, sha256, write_table
from darkroom.params.base import FILE, read_entry
from darkroom.params.data import Dataset
from darkroom.pipeline import command, template
from darkroom.pipeline.sources import find_origin
from darkroom.synthetic.packing import archive_name, pack


def deliver(source: Path, dataset: Dataset, key: str, out: Path, place: str) -> None:
    """Copy the archives that the splits name from ``source`` to the folder ``out``, and pack folders.

    Raises:
        UserError: ``source`` lacks what a split names, or holds what cannot be read.
    """
    try:
        paths = select_files(unwrap(source, dataset, key), dataset, key, place)
        for path in progress.show_progress(paths, len(paths), f"fetch {key}", "archives"):
            if path.is_dir():
                pack(path, out / archive_name(path))
                continue
            if is_archive(path):
                list_members(path)  # a user can mend the file here, not its copy
            shutil.copyfile(path, out / path.name)
    except PermissionError as error:
        raise UserError(f"{show(error.filename)}: no permission to read it; grant it and run again") from None


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


def list_files(folder: Path) -> pandas.DataFrame:
    """Return name, bytes and SHA-256 of each file in ``folder``, by name."""
    paths = sorted(folder.iterdir())
    rows = [(path.name, path.stat().st_size, sha256(path)) for path in paths]
    return pandas.DataFrame(rows, columns=["name", "bytes", "sha256"])


def check_hashes(key: str, dataset: Dataset, files: pandas.DataFrame) -> None:
    """Check the files that were fetched, by their list, against ``sha256`` of the dataset, if it gives any.

    Raises:
        UserError: a file is another one, or has no SHA-256 there; or what has one was not fetched.
    """
    where, expected = f"{FILE}: datasets.{key}.sha256", dataset.sha256
    if expected is None:
        return
    actual = dict(zip(files["name"], files["sha256"], strict=True))
    if isinstance(expected, str):
        if len(actual) > 1:
            raise UserError(
                f"{where}: one digest, but {', '.join(actual)} were fetched; give {{file name: its SHA-256}}"
            )
        expected = dict.fromkeys(actual, expected)
    if unknown := sorted(actual.keys() ^ expected.keys()):
        problem = "was fetched and has none" if unknown[0] in actual else "was not fetched"
        raise UserError(f"{where}: {unknown[0]} {problem}; give the SHA-256 of {', '.join(actual)}")
    for name, digest in actual.items():
        if digest != expected[name]:
            raise UserError(
                f"{where}: {expected[name]}: {name} of {dataset.source} has {digest}; "
                "if that is the file you want, write its SHA-256 there"
            )


def check_origin(key: str, dataset: Dataset, out: Path) -> None:
    """Check that a source and the folder ``out`` lie apart, and that it is the one that DVC knows.

    Raises:
        UserError: the source is no path, one lies in the other, or DVC would record that the stage depends on another
            source.
    """
    where = f"{FILE}: datasets.{key}.source"
    try:
        found = find_origin(dataset.source)
        source, target = Path(found).resolve(), out.resolve()
    except (RuntimeError, ValueError) as error:  # no such home, a link to itself, a zero byte
        raise UserError(f"{where}: {dataset.source!r}: no path ({error}); correct it") from None
    if "DVC_STAGE" in os.environ and found not in template.read_stages()[f"fetch@{key}"].deps:
        raise UserError(
            f"{where}: {dataset.source!r}: workflow/plan.yaml has another: "
            "run python -m darkroom.pipeline.plan, then dvc repro again"
        )
    if source.is_relative_to(target) or target.is_relative_to(source):
        raise UserError(f"{where}: lies where it would be copied to, {out}; move it")


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
        write_table(folder / ARCHIVES, files)


if __name__ == "__main__":
    command.run(main)
