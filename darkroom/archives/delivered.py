"""The files and folders of a source that the names under ``splits`` mean, in each layout.

A name must not mean one thing twice, such as an archive and the folder that was unpacked from it: what is added to the
one is not in the other.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from darkroom.archives.archives import matches, strip_ending
from darkroom.archives.binary_batches import is_tar
from darkroom.archives.encodings import describe_guess
from darkroom.archives.endings import UNREADABLE, find_ending, is_archive, is_zip
from darkroom.archives.label_tables import find_tables
from darkroom.archives.lacking import describe_unread, make_error
from darkroom.archives.meanings import Meaning, make_finder
from darkroom.archives.members import list_members
from darkroom.archives.named import list_names
from darkroom.archives.names import check_writable, show
from darkroom.archives.packing import name_archive, pack
from darkroom.archives.reading import find_reading
from darkroom.archives.shards import ENDINGS, is_shard
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.params.data import SOURCES, Dataset
from darkroom.params.yaml_files import FILE

WANTED = {
    "cifar10-binary": "no .tar.gz archive; give one, or the folder that holds it",
    "idx": "a single file; give the folder of images and labels",
    "parquet": "neither a .parquet file nor an archive of such; give one, or the folder that holds them",
    "webdataset": "neither a .tar file nor an archive of such; give one, or the folder that holds them",
}
"""Words for what a file that is given as a source is not."""
WHOLE = ("class-folders", "class-in-name", "csv")
"""Layouts in which a source folder may be a split itself."""


def is_delivered(layout: str, path: Path) -> bool:
    """Return whether a single file can be a whole source."""
    if layout in ENDINGS and is_shard(path, layout):
        return True
    return is_tar(path) if layout == "cifar10-binary" else layout != "idx" and is_archive(path)


def list_entries(source: Path, layout: str, key: str) -> list[Path]:
    """Return what a source folder holds (of a source file: itself), sorted, without hidden names.

    Raises:
        UserError: the source is missing, or is a file but none of the layout.
    """
    where = f"{FILE}: datasets.{key}.source: {str(source)!r}"
    if is_delivered(layout, source):
        return [source]
    if source.is_file():
        if layout not in WANTED and find_ending(source.name, UNREADABLE):
            raise UserError(f"{where}: {describe_unread(source)}")
        wanted = WANTED.get(layout, "not a zip archive; give a folder of archives or of class folders, or a .zip file")
        raise UserError(f"{where}: {wanted}")
    if not source.is_dir():
        what = "neither a file nor a folder" if source.exists() else "no such file or folder"
        what = "a link to nothing" if source.is_symlink() and not source.exists() else what
        raise UserError(f"{where}: {what}; allowed: {SOURCES}")
    return sorted(path for path in source.iterdir() if not path.name.startswith("."))


def select_files(entries: Sequence[Path], dataset: Dataset, key: str, place: str) -> list[Path]:
    """Return the files and folders that the splits name, and the tables of labels, each once.

    Raises:
        UserError: a name means none of ``entries``, one thing twice, or one that must be renamed; ``place`` is where
            they lie.
    """
    find = make_finder(entries, dataset, key)
    paths: set[Path] = set()
    for part, names in list_names(dataset).items():
        for name in names:
            where = f"datasets.{key}.{part}"
            if not (meanings := find(name)):
                raise make_error(where, name, place, entries, dataset.layout)
            check_once(where, name, meanings, place)
            paths.update(meaning.path for meaning in meanings)
    if dataset.table is not None:
        where, reading = f"datasets.{key}.table", find_reading(key, dataset)
        paths.update(find_tables(where, dataset.table.names, entries, sorted(paths), place, reading))
    for path in sorted(paths):
        check_writable(path)
    return sorted(paths)


def check_once(where: str, name: str, meanings: Sequence[Meaning], place: str) -> None:
    """Check that a name under the key ``where`` means nothing twice.

    Raises:
        UserError: it does.
    """
    first: dict[str, Meaning] = {}
    for meaning in meanings:
        other = first.setdefault(meaning.title, meaning)
        if other.path != meaning.path:
            archives = filter(is_archive, (other.path, meaning.path))
            names = [path.name for path in archives if matches(strip_ending(path), name)]
            choice = f", or write {show(names[0])} to mean that archive" if names else ""
            raise UserError(
                f"{FILE}: {where}: {name!r} means both {other.words} and {meaning.words} in {show(place)}; "
                f"rename or remove one of them{choice}"
            )


def unwrap(source: Path, dataset: Dataset, key: str) -> list[Path]:
    """Return what a source holds, or what its only folder holds where no split names that folder.

    Where a split names the source folder itself, and nothing in it, that folder is what is meant: it holds the classes.
    """
    names = [name for given in list_names(dataset).values() for name in given]

    def is_meant(path: Path) -> bool:
        return any(matches(strip_ending(path), name) for name in names)

    first = entries = list_entries(source, dataset.layout, key)
    while len(entries) == 1 and entries[0].is_dir() and not is_meant(entries[0]):
        entries = list_entries(entries[0], dataset.layout, key)
    is_whole = source.is_dir() and dataset.layout in WHOLE and is_meant(source)
    return [source] if is_whole and not any(map(is_meant, [*first, *entries])) else entries


def deliver(source: Path, dataset: Dataset, key: str, out: Path, place: str) -> None:
    """Copy the archives that the splits name from ``source`` to the folder ``out``, and pack folders.

    Raises:
        UserError: ``source`` lacks what a split names, or holds what cannot be read.
    """
    reading = find_reading(key, dataset)
    try:
        entries = unwrap(source, dataset, key)
        paths = select_files(entries, dataset, key, place)
        for path in progress.show_progress(paths, len(paths), f"fetch {key}", "archives"):
            if path.is_dir():
                pack(path, out / name_archive(path))
                continue
            if is_zip(path):
                guessed = list_members(path, reading).guessed  # a user can mend the file here, not its copy
                if guessed:
                    progress.note(f"fetch {key}", f"{show(path.name)}: {describe_guess(guessed, reading.encoding)}")
            target = out / path.relative_to(entries[0].parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    except PermissionError as error:
        raise UserError(f"{show(error.filename)}: no permission to read it; grant it and run again") from None
