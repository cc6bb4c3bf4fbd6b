"""Rows of a table of labels, and the images that they name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from darkroom.archives.label_rows import Row
from darkroom.archives.left_out import SHOWN
from darkroom.archives.members import Parts
from darkroom.archives.names import fold_name
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.params.table import Table
from darkroom.params.yaml_files import FILE

Named = dict[tuple[Path, str], list[Row]]
"""The row of each image that has one, by its archive and its name in it; more than one where each has another box."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that a row may name."""

    archive: Path
    name: str
    """Its name in the archive."""
    parts: Parts
    """Its folders there, and the last part of its name."""

    @property
    def key(self) -> tuple[Path, str]:
        """What sets it apart from all others."""
        return self.archive, self.name

    @property
    def words(self) -> str:
        """The image in a message."""
        return f"{self.name} in {self.archive.name}"


def match_rows(key: str, table: Table, rows: Iterable[Row], images: Sequence[Candidate]) -> Named:
    """Return the rows of each image that has any; say how many rows have no image, if the table leaves these out.

    Raises:
        UserError: a row has no image, or may mean two, or two rows name one image, and not two parts of it.
    """
    whole, stems = index_names(images)
    named: Named = {}
    missing: list[Row] = []
    for row in rows:
        name = fold_name(row.file[-1])
        fitting = [image for image in whole.get(name, ()) if fits(row, image)]
        fitting = fitting or [image for image in stems.get(name, ()) if fits(row, image)]
        if not fitting:
            missing.append(row)
            continue
        one, *others = prefer(row, fitting)
        if others:
            raise UserError(
                f"{row.words} may be {one.words} or {others[0].words}; write its folders and its ending, or remove one"
            )
        known = named.setdefault(one.key, [])
        if other := next((other for other in known if other.part == row.part), None):
            box = f", box {row.part}" if row.part else ""
            raise UserError(
                f"{row.words} is {one.words}{box}, which line {other.line} of {other.place.words} names already"
            )
        known.append(row)
    if missing:
        report_missing(key, table, missing)
    return named


def index_names(images: Iterable[Candidate]) -> tuple[Mapping[str, list[Candidate]], Mapping[str, list[Candidate]]]:
    """Return the images by the last part of their name, and by that without its ending, whatever their capitals."""
    whole: dict[str, list[Candidate]] = defaultdict(list)
    stems: dict[str, list[Candidate]] = defaultdict(list)
    for image in images:
        name = fold_name(image.parts[-1])
        whole[name].append(image)
        stems[PurePosixPath(name).stem].append(image)
    return whole, stems


def fits(row: Row, image: Candidate) -> bool:
    """Return whether a row names an image whose name is the same but for its folders: whether these are, too.

    Capitals do not count, as on the systems where such tables are made.
    """
    place = row.place
    if place.archive is not None and (image.archive != place.archive or not _is_below(image, place.folder)):
        return False
    wanted = row.file[:-1]
    folders = (image.archive.stem, *image.parts[:-1])[-len(wanted) :]
    return not wanted or (*map(fold_name, folders),) == (*map(fold_name, wanted),)


def prefer(row: Row, images: list[Candidate]) -> list[Candidate]:
    """Return those of several images that a row means rather than others.

    They are spelled as it says; or lie exactly where it says; or in an archive or a folder that is called as the table
    is: where train.csv and test.csv both name a 1.jpg, each means its own.
    """
    if len(images) < 2:
        return images
    stem, paths = row.place.stem, [_compose(image.parts[len(row.place.folder) :]) for image in images]
    spelled = [path[-1] in (row.file[-1], f"{row.file[-1]}{PurePosixPath(path[-1]).suffix}") for path in paths]
    exactly = [path[:-1] == row.file[:-1] for path in paths]
    beside = [stem in (image.archive.stem, *image.parts[:-1]) for image in images]
    for true in (spelled, exactly, beside):
        if sum(true) == 1:
            return [images[true.index(True)]]
    return images


def report_missing(key: str, table: Table, missing: Sequence[Row]) -> None:
    """Say how many rows have no image.

    Raises:
        UserError: the table does not leave them out.
    """
    others = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
    if table.missing == "stop":
        raise UserError(
            f"{missing[0].words}: no such image in the archives of {FILE}: datasets.{key}{others}; "
            "add it, remove the row, or write table.missing: leave-out"
        )
    shown = ", ".join("/".join(row.file) for row in missing[:SHOWN]) + (", …" if len(missing) > SHOWN else "")
    progress.note(f"unzip {key}", f"{len(missing):,} rows left out, no such image: {shown}")


def _is_below(image: Candidate, folder: Parts) -> bool:
    return image.parts[: len(folder)] == folder


def _compose(parts: Parts) -> Parts:
    return tuple(normalize("NFC", part) for part in parts)
