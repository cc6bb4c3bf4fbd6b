"""The content of the zip archives that a data set names, read before anything is unpacked."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from darkroom.archives.archives import find_places, keep_outermost, respell
from darkroom.archives.encodings import describe_guess
from darkroom.archives.endings import is_zip
from darkroom.archives.lacking import make_error
from darkroom.archives.layout import Content, sort_members
from darkroom.archives.left_out import describe_left_out
from darkroom.archives.members import Parts, ZipListing, inspect_members
from darkroom.archives.named import list_names
from darkroom.archives.names import check_writable
from darkroom.archives.reading import Reading
from darkroom.archives.suspicions import Suspicion
from darkroom.core.errors import UserError
from darkroom.params.data import Dataset
from darkroom.params.yaml_files import FILE

Contents = dict[str, list[Content]]
"""What a data set names, by the last part of the key that names it: a split, or ``archives``."""


def read_contents(key: str, dataset: Dataset, raw: Path, reading: Reading) -> tuple[Contents, list[Suspicion]]:
    """Return the content of the archives that a data set names, what is odd about their names, and other files.

    Raises:
        UserError: an archive is missing, unsafe or corrupt, or named by two keys.
    """
    listings: dict[Path, ZipListing] = {}
    found: Contents = {}
    odd: list[Suspicion] = []
    used: list[tuple[str, Path, Parts]] = []
    for part, names in list_names(dataset).items():
        where, split = f"datasets.{key}.{part}", part.rpartition(".")[2]
        found[split] = []
        for archive, top in find_sources(where, names, raw, reading):
            check_apart(where, split, archive, top, used)
            used.append((split, archive, top))
            if archive not in listings:
                listings[archive] = inspect_members(archive, reading)
            found[split].append(sort_members(dataset, archive, listings[archive].members, top))
        odd += list_left_out(dataset, found[split])
    return found, odd + find_guesses(listings, reading)


def find_guesses(listings: Mapping[Path, ZipListing], reading: Reading) -> list[Suspicion]:
    """Return the archives in which the encoding of names was guessed."""
    return [
        Suspicion("names", archive.name, describe_guess(listing.guessed, reading.encoding))
        for archive, listing in listings.items()
        if listing.guessed
    ]


def find_sources(where: str, names: Sequence[str], raw: Path, reading: Reading) -> list[tuple[Path, Parts]]:
    """Return each archive that the names of a split mean, with the folder in it that holds the split, in their order.

    A folder within another that is meant, too, is not named again: its images are the other's.

    Raises:
        UserError: a name means nothing that is in ``raw``, or what must be renamed.
    """
    archives = sorted(path for path in raw.iterdir() if is_zip(path)) if raw.is_dir() else []
    chosen: dict[tuple[Path, Parts], None] = {}
    for name in names:
        meant = find_places(archives, name, reading)
        for spelled in [] if meant else respell(archives, name, reading):
            meant += find_places(archives, spelled, reading)
        if not meant:
            raise make_error(where, name, raw, archives)
        chosen |= dict.fromkeys(meant)
    for archive, _ in chosen:
        check_writable(archive)
    return keep_outermost(chosen)


def check_apart(where: str, split: str, archive: Path, top: Parts, used: Sequence[tuple[str, Path, Parts]]) -> None:
    """Check that what a split names is in no other split.

    Raises:
        UserError: it is.
    """
    for home, taken, other in used:
        if home != split and taken == archive and do_overlap(top, other):
            raise UserError(
                f"{FILE}: {where}: {archive.name} is in {home} already; an image must not stand in two splits"
            )


def do_overlap(one: Parts, other: Parts) -> bool:
    """Return whether two folders of an archive are the same, or one lies in the other."""
    depth = min(len(one), len(other))
    return one[:depth] == other[:depth]


def list_left_out(dataset: Dataset, contents: Sequence[Content]) -> list[Suspicion]:
    """Return the files of some contents that are no images; tables of labels are not among them."""
    tables = dataset.table.names if dataset.table else ()
    return [
        one
        for each in contents
        for one in describe_left_out(
            each.archive, (other for other in each.others if PurePosixPath(other).name not in tables)
        )
    ]
