"""Which files and folders of a source the names under ``splits`` mean, in each layout."""

from collections.abc import Callable, Sequence
from pathlib import Path

from stages import binary_batches, idx
from stages.archives import found, is_archive, matches, not_found
from stages.errors import UserError
from stages.expansion import Expansion, allowed
from stages.members import CONTROL
from stages.parameters.base import FILE
from stages.parameters.data import SOURCES, SPLITS, Dataset

WANTED = {
    "cifar10-binary": "no .tar.gz archive; give one, or the folder that holds it",
    "idx": "a single file; give the folder of images and labels",
}
"""What a file is not that is given as a source."""

Finder = Callable[[str], list[Path]]
"""What gives the files and folders that a name means; none, where there is none."""


def finder(layout: str, entries: Sequence[Path], limit: Expansion) -> Finder:
    """Return the finder of what is in the files and folders ``entries``.

    Raises:
        UserError: a file that may be meant cannot be read, or unpacks to more than the ``limit``; so does the finder.
    """
    if layout == "cifar10-binary":
        held = {path: binary_batches.batches(path, limit) for path in entries if binary_batches.is_tar(path)}
        return lambda name: [
            path for path, stems in held.items() if any(matches(stem, name, binary_batches.BATCH) for stem in stems)
        ]
    if layout == "idx":
        return lambda name: [file for pair in idx.pairs(entries, name) for file in pair]
    return lambda name: _archives(entries, name)


def _archives(entries: Sequence[Path], name: str) -> list[Path]:
    """Return archives and folders of that name, or else archives that hold one; an archive goes before its folder."""
    stems = {path.stem for path in entries if is_archive(path)}
    folders = [path for path in entries if path.is_dir() and path.name not in stems]
    direct = [path for path in entries if is_archive(path) and matches(path.stem, name)]
    direct += [path for path in folders if matches(path.name, name)]
    return direct or [archive for archive, _ in found(entries, name)]


def is_delivered(layout: str, path: Path) -> bool:
    """Whether a single file can be a whole source."""
    return binary_batches.is_tar(path) if layout == "cifar10-binary" else layout != "idx" and is_archive(path)


def entries_of(source: Path, layout: str, key: str) -> list[Path]:
    """Return what a source folder holds (of a source file: itself), sorted, without hidden names.

    Raises:
        UserError: the source is missing, or is a file but none of the layout.
    """
    where = f"{FILE}: datasets.{key}.source: {str(source)!r}"
    if is_delivered(layout, source):
        return [source]
    if source.is_file():
        wanted = WANTED.get(layout, "not a zip archive; give a folder of archives or of class folders, or a .zip file")
        raise UserError(f"{where}: {wanted}")
    if not source.is_dir():
        raise UserError(f"{where}: no such file or folder; allowed: {SOURCES}")
    return sorted(path for path in source.iterdir() if not path.name.startswith("."))


def chosen(entries: Sequence[Path], dataset: Dataset, key: str, place: str) -> list[Path]:
    """Return the files and folders that the splits name, each once.

    Raises:
        UserError: a name means none of ``entries``, or one that must be renamed; ``place`` is where they lie.
    """
    find = finder(dataset.layout, entries, allowed(key, dataset))
    paths: set[Path] = set()
    for split in SPLITS:
        for name in getattr(dataset.splits, split):
            if not (meant := find(name)):
                raise not_found(f"datasets.{key}.splits.{split}", name, place, entries, dataset.layout)
            paths.update(meant)
    if wrong := [path for path in paths if CONTROL.search(path.name)]:
        raise UserError(f"{str(wrong[0])!r}: has a control character in its name; rename it")
    return sorted(paths)


def unwrapped(source: Path, dataset: Dataset, key: str) -> list[Path]:
    """Return what a source holds, or what its only folder holds where no split names that folder."""
    names = [name for split in SPLITS for name in getattr(dataset.splits, split)]
    entries = entries_of(source, dataset.layout, key)
    while len(entries) == 1 and entries[0].is_dir():
        if any(matches(entries[0].name, name) for name in names):
            break
        entries = entries_of(entries[0], dataset.layout, key)
    return entries
