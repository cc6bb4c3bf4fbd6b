"""The archives of a dataset as delivered, with the size and SHA-256 of each.

Reads the dataset's source: drawn scenes, Kaggle, an https address, or a folder of the user's, which is only ever read.
Writes the archives that the splits name, and ``manifest.csv`` (name, bytes, sha256). A folder of images becomes an
archive, packed as it is.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas

from stages import command, plan, progress
from stages.archives import ENDING, found, is_archive, matches, not_found
from stages.errors import UserError
from stages.files import sha256, write_table, written_folder
from stages.origins import ARCHIVES
from stages.packing import pack
from stages.parameters.base import FILE
from stages.parameters.data import Dataset, Splits


def entries_of(source: Path, key: str) -> list[Path]:
    """Return what a source folder holds (of a source file: itself), sorted, without hidden names.

    Raises:
        UserError: the source is missing, or is a file but no zip.
    """
    where = f"{FILE}: datasets.{key}.source: {str(source)!r}"
    if is_archive(source):
        return [source]
    if source.is_file():
        raise UserError(f"{where}: not a zip archive; give a folder of archives or of class folders, or a .zip file")
    if not source.is_dir():
        raise UserError(
            f"{where}: no such folder; give a folder of archives or of class folders, a .zip file, "
            "synthetic, kaggle:<owner>/<name> or https://…"
        )
    return sorted(path for path in source.iterdir() if not path.name.startswith("."))


def chosen(entries: Sequence[Path], splits: Splits, key: str, place: str) -> list[Path]:
    """Return the archives and folders that the splits name, each once; an archive goes before a folder of its name.

    Raises:
        UserError: a name means none of ``entries``; ``place`` is where they were looked for.
    """
    stems = {path.stem for path in entries if is_archive(path)}
    folders = [path for path in entries if path.is_dir() and path.name not in stems]
    paths: set[Path] = set()
    for split, names in (("train", splits.train), ("test", splits.test)):
        for name in names:
            direct = [path for path in entries if is_archive(path) and matches(path.stem, name)]
            direct += [path for path in folders if matches(path.name, name)]
            meant = direct or [archive for archive, _ in found(entries, name)]
            if not meant:
                raise not_found(f"datasets.{key}.splits.{split}", name, place, entries)
            paths.update(meant)
    return sorted(paths)


def unwrapped(source: Path, splits: Splits, key: str) -> list[Path]:
    """Return what a source holds, or what its only folder holds where no split names that folder."""
    entries = entries_of(source, key)
    while len(entries) == 1 and entries[0].is_dir():
        if any(matches(entries[0].name, name) for name in (*splits.train, *splits.test)):
            break
        entries = entries_of(entries[0], key)
    return entries


def deliver(source: Path, splits: Splits, key: str, out: Path, place: str) -> None:
    """Copy the archives that the splits name from ``source`` to the folder ``out``, and pack folders.

    Raises:
        UserError: ``source`` lacks what a split names, or holds what cannot be read.
    """
    try:
        paths = chosen(unwrapped(source, splits, key), splits, key, place)
        for path in progress.followed(paths, len(paths), f"fetch {key}", "archives"):
            if path.is_dir():
                pack(path, out / f"{path.name}{ENDING}")
            else:
                shutil.copyfile(path, out / path.name)
    except PermissionError as error:
        raise UserError(f"{error.filename}: no permission to read it; grant it and run again") from None


def bring(key: str, dataset: Dataset, out: Path) -> None:
    """Bring a dataset's archives from its source into the folder ``out``.

    Raises:
        UserError: the source cannot be had, or lacks what a split names.
    """
    source, splits = dataset.source, dataset.splits
    if dataset.source == "synthetic" and dataset.synthetic is not None:
        from stages.synthetic import draw

        draw(dataset.synthetic, splits, out)
        chosen(entries_of(out, key), splits, key, "the drawn archives")
    elif source.startswith("https://") and dataset.sha256 is not None:
        from stages.download import download_file

        chosen([download_file(source, dataset.sha256, out, key)], splits, key, source)
    elif source.startswith("kaggle:"):
        from stages.download import download_kaggle

        deliver(download_kaggle(source.removeprefix("kaggle:"), key), splits, key, out, source)
    else:
        deliver(Path(source).expanduser(), splits, key, out, source)


def manifest(folder: Path) -> pandas.DataFrame:
    """Return name, bytes and SHA-256 of each file in ``folder``, by name."""
    paths = sorted(folder.iterdir())
    rows = [(path.name, path.stat().st_size, sha256(path)) for path in paths]
    return pandas.DataFrame(rows, columns=["name", "bytes", "sha256"])


def main(argv: Sequence[str] | None = None) -> None:
    """Bring the archives of the dataset named on the command line."""
    parser = argparse.ArgumentParser(description="Bring the archives of a dataset from its source.")
    parser.add_argument("key", help="a dataset of params.yaml")
    parser.add_argument("--out", type=Path, help="the folder to write")
    given = command.parsed(parser, "fetch", argv)
    datasets = plan.checked().datasets
    if given.key not in datasets:
        raise UserError(f"datasets: no entry {given.key!r}; there is {', '.join(datasets) or 'nothing'}")
    source = Path(plan.origin(datasets[given.key].source)).resolve()
    out = given.out.resolve()
    if source.is_relative_to(out) or out.is_relative_to(source):
        raise UserError(f"{FILE}: datasets.{given.key}.source: lies where it would be copied to, {given.out}; move it")
    with written_folder(given.out) as folder:
        bring(given.key, datasets[given.key], folder)
        write_table(folder / ARCHIVES, manifest(folder))


if __name__ == "__main__":
    command.run(main)
