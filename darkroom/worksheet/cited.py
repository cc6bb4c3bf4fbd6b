"""Folders that stages wrote, whose readings are noted with their files, and what a study may lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkroom.core.files import read_json
from darkroom.worksheet.material import read_table

if TYPE_CHECKING:
    import pandas

Row = dict[str, Any]


class AbsentError(Exception):
    """The study has nothing that could answer: no such model, sweep or explanation."""

    def __init__(self, names: Sequence[str], place: str) -> None:
        super().__init__(", ".join(names))
        self.names = names
        self.place = place


@dataclass
class Cited:
    """The files that an answer was read from, in the order of their reading."""

    files: dict[Path, None] = field(default_factory=dict)

    def note(self, file: Path) -> Path:
        """Note a file, and return it."""
        self.files[file] = None
        return file


@dataclass(frozen=True)
class Folder:
    """A folder of tables, pictures and JSON documents that a stage wrote."""

    path: Path
    cited: Cited

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a CSV file, each by its columns; a number that is missing is None."""
        return list_rows(read_table(self.cited.note(self.path / name)))

    def read(self, name: str) -> dict[str, Any]:
        """Return a JSON document."""
        document: dict[str, Any] = read_json(self.cited.note(self.path / name))
        return document

    def cite(self, name: str) -> str:
        """Note a file that is shown or linked to, and return nothing."""
        self.cited.note(self.path / name)
        return ""

    def has(self, name: str) -> bool:
        """Return True if there is such a file."""
        return (self.path / name).is_file()


def list_rows(table: pandas.DataFrame) -> list[Row]:
    """Return the rows of a table, each by its columns; a number that is missing is None."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    """Return a value of a table as Python has it; NaN is None."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and value != value else value
