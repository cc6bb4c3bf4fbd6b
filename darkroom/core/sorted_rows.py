"""A table whose rows come in any order and are written in that of their keys; meanwhile they lie on disk."""

import errno
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from darkroom.core.files import AT_ONCE, name_beside, replace_file

SETTINGS = ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-1024")
"""Of a database that nobody needs after a crash."""


@contextmanager
def _explain_faults() -> Iterator[None]:
    """Let a full disk be what it is everywhere else."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None


class SortedRows:
    """A new CSV file, as ``files.write_table`` writes one, whole when it is closed; within ``with``."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """``columns`` are named in the first line; the last one is left out where no row has a value in it."""
        self.path, self.columns = path, list(columns)
        self.scratch = name_beside(path)
        self.database = sqlite3.connect(self.scratch, isolation_level=None)
        for setting in SETTINGS:
            self.database.execute(f"PRAGMA {setting}")
        values = ", ".join(f"value{number}" for number in range(len(self.columns)))
        self.database.execute(
            f"CREATE TABLE rows (key BLOB, number INTEGER, {values}, PRIMARY KEY (key, number)) WITHOUT ROWID"
        )
        self.database.execute("BEGIN")
        self.insert = f"INSERT INTO rows VALUES ({', '.join('?' * (2 + len(self.columns)))})"
        self.count = 0
        self.has_last = False

    def add(self, key: bytes, row: Sequence[str | int | None]) -> None:
        """Add a row; of two with equal keys the one that came first is written first.

        Raises:
            OSError: the disk is full.
        """
        with _explain_faults():
            self.database.execute(self.insert, (key, self.count, *row))
        self.has_last |= row[-1] is not None
        self.count += 1

    def _write(self) -> None:
        import pandas

        columns = self.columns if self.has_last else self.columns[:-1]
        values = ", ".join(f"value{number}" for number in range(len(columns)))
        found = self.database.execute(f"SELECT {values} FROM rows ORDER BY key, number")
        with replace_file(self.path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
            pandas.DataFrame(columns=columns).to_csv(file, index=False, lineterminator="\n")
            while rows := found.fetchmany(AT_ONCE):
                part = pandas.DataFrame(rows, columns=columns)
                part.to_csv(file, index=False, header=False, lineterminator="\n")

    def __enter__(self) -> "SortedRows":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                with _explain_faults():
                    self._write()
        finally:
            self.database.close()
            self.scratch.unlink(missing_ok=True)
