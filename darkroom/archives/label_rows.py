"""Rows of a table of labels: of each image its name, its class, and perhaps its split, its group and a box."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from darkroom.archives.boxes import Part, read_part
from darkroom.archives.members import Parts
from darkroom.archives.names import LONGEST, can_be_class
from darkroom.core.errors import UserError
from darkroom.params.table import Table
from darkroom.params.yaml_files import FILE

SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Place:
    """A table, and the images that it names."""

    words: str
    """Its name in a message."""
    stem: str
    """Its name without the ending."""
    archive: Path | None
    """The archive it lies in; ``None``: beside all of them."""
    folder: Parts
    """The folder in it that it lies in."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a table says of an image."""

    place: Place
    line: int
    file: Parts
    """Folders, as far as it names them, and name, with or without ending."""
    label: str
    """The class; empty: none."""
    split: str
    group: str
    part: Part | None = None
    """The box in the image, if the table has boxes."""

    @property
    def words(self) -> str:
        """The row in a message."""
        return f"{self.place.words}: line {self.line}: {'/'.join(self.file)!r}"


def parse_rows(where: str, table: Table, place: Place, content: bytes) -> Iterator[Row]:
    """Yield the rows of a table; those that are empty are left out.

    Raises:
        UserError: it is no CSV in UTF-8, lacks a column, or has a row without a name, a group, a class' name or a box.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{place.words}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=find_separator(table, text), strict=True)
    try:
        header = [cell.strip() for cell in next(lines, [])]
        columns = {
            key: find_column(where, place, header, key.partition(".")[0], name)
            for key, name in list_columns(table).items()
        }
        for cells in lines:
            if any(cell.strip() for cell in cells):
                if len(cells) != len(header):
                    raise csv.Error(f"{len(cells)} cells, but the header has {len(header)}")
                read = {key: normalize("NFC", cells[column]).strip() for key, column in columns.items()}
                yield make_row(place, lines.line_num, read, table.box_form)
    except csv.Error as error:
        raise UserError(f"{place.words}: line {lines.line_num}: {error}; mend that line") from None


def list_columns(table: Table) -> dict[str, str]:
    """Return the columns that a table must have, by the key that names them."""
    given = {"file": table.file, "label": table.label, "split": table.split, "group": table.group}
    given |= {f"box.{number}": name for number, name in enumerate(table.box or ())}
    return {key: name for key, name in given.items() if name is not None}


def find_separator(table: Table, text: str) -> str:
    """Return what stands between the cells: the first that gives the header all columns, else the most of them."""
    header = text.partition("\n")[0]
    wanted = set(list_columns(table).values())

    def count(separator: str) -> int:
        return len(wanted & {cell.strip().strip('"') for cell in header.split(separator)})

    return max(SEPARATORS, key=lambda separator: (count(separator), header.count(separator)))


def find_column(where: str, place: Place, header: Sequence[str], key: str, name: str) -> int:
    """Return the place of a column in the header.

    Raises:
        UserError: it is not there, or twice.
    """
    if header.count(name) != 1:
        problem = "twice a column" if name in header else "no column"
        raise UserError(
            f"{place.words}: {problem} {name!r}, which {FILE}: {where}.{key.partition('.')[0]} names; "
            f"its columns are {', '.join(header) or 'none'}"
        )
    return header.index(name)


def make_row(place: Place, line: int, cells: Mapping[str, str], box_form: str | None = None) -> Row:
    """Return the row of these cells.

    Raises:
        UserError: it names no file or no group, its class can be no folder's name, or it has no box where it should.
    """
    where, label = f"{place.words}: line {line}", cells["label"]
    file = tuple(part for part in cells["file"].replace("\\", "/").split("/") if part not in ("", "."))
    if not file:
        raise UserError(f"{where}: no name of a file; add it or remove the line")
    if "group" in cells and not cells["group"]:
        raise UserError(f"{where}: {'/'.join(file)!r} has no group; give it one of its own if it belongs to none")
    if label and not can_be_class(label):  # one without a class is left out, and counted
        raise UserError(
            f"{where}: class {label!r}: a class is the name of a folder, without /, \\ or a dot before it, of at most "
            f"{LONGEST} bytes; write another"
        )
    box = [text for key, text in cells.items() if key.startswith("box.")]
    part = read_part(where, box, box_form) if box_form else None
    return Row(place, line, file, label, cells.get("split", ""), cells.get("group", ""), part)
