"""Which files and folders of a source the names under ``splits`` mean, in each layout."""

from collections.abc import Callable, Sequence
from pathlib import Path

from stages import binary_batches, idx
from stages.archives import found, is_archive, matches

Finder = Callable[[str], list[Path]]
"""What gives the files and folders that a name means; none, where there is none."""


def finder(layout: str, entries: Sequence[Path]) -> Finder:
    """Return the finder of what is in the files and folders ``entries``.

    Raises:
        UserError: a file that may be meant cannot be read; so does the finder.
    """
    if layout == "cifar10-binary":
        held = {path: binary_batches.batches(path) for path in entries if binary_batches.is_tar(path)}
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
