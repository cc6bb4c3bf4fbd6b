"""An .npy file of uint8 that grows row by row, in memory that doesn't depend on their number."""

from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy
from numpy.lib import format as npy


class GrowingArray:
    """A new .npy file, whole when it is closed; within ``with``.

    Rows are written, not memory-mapped: on a full disk that raises, where a memory map would end the process.
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        """Open ``path`` for rows of ``shape``."""
        self.shape = shape
        self.rows = 0
        self.file: BinaryIO = path.open("wb")
        self._write_header()

    def append(self, row: numpy.ndarray) -> int:
        """Write one row, uint8, of ``shape``; return its number, from 0.

        Raises:
            OSError: the disk is full.
        """
        self.file.write(row.data)
        self.rows += 1
        return self.rows - 1

    def _write_header(self) -> None:
        """Write the header; numpy makes it equally long for any number of rows."""
        self.file.seek(0)
        shape = (self.rows, *self.shape)
        npy.write_array_header_1_0(self.file, {"descr": "|u1", "fortran_order": False, "shape": shape})

    def __enter__(self) -> "GrowingArray":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._write_header()
        finally:
            self.file.close()
