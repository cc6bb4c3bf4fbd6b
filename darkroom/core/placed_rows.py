"""An .npy file of uint8 whose rows several processes write, each to its place and in any order."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy
from numpy.lib import format as npy


@dataclass(frozen=True)
class PlacedRows:
    """A file of so many rows of ``shape``; what is not written yet is zeros.

    Rows are written, not memory-mapped: on a full disk that raises, where a memory map would end the process. A process
    that is handed this object opens the file anew, so nothing is copied from one process to another.
    """

    path: Path
    rows: int
    shape: tuple[int, ...]
    start: int
    """Bytes before the first row."""

    @classmethod
    def create(cls, path: Path, rows: int, shape: tuple[int, ...]) -> "PlacedRows":
        """Return a new file."""
        with path.open("wb") as file:
            npy.write_array_header_1_0(file, _describe(rows, shape))
            start = file.tell()
            file.truncate(start + rows * int(numpy.prod(shape)))
        return cls(path, rows, shape, start)

    def write(self, row: int, pixels: numpy.ndarray) -> None:
        """Write one row, uint8, of ``shape``.

        Raises:
            OSError: the disk is full.
        """
        data, place = numpy.ascontiguousarray(pixels).reshape(-1).data, self.start + row * pixels.nbytes
        file = os.open(self.path, os.O_WRONLY)
        try:
            while data:
                done = os.pwrite(file, data, place)
                data, place = data[done:], place + done
        finally:
            os.close(file)

    def drop(self, rows: Collection[int]) -> None:
        """Take some rows out; those behind them move up."""
        gone, size, kept = set(rows), int(numpy.prod(self.shape)), 0
        with self.path.open("r+b") as file:
            for row in range(min(gone, default=self.rows), self.rows):
                if row not in gone:
                    file.seek(self.start + row * size)
                    data = file.read(size)
                    file.seek(self.start + (min(gone) + kept) * size)
                    file.write(data)
                    kept += 1
            file.truncate(self.start + (self.rows - len(gone)) * size)
            file.seek(0)  # numpy makes the header equally long for any number of rows
            npy.write_array_header_1_0(file, _describe(self.rows - len(gone), self.shape))


def _describe(rows: int, shape: tuple[int, ...]) -> dict[str, object]:
    return {"descr": "|u1", "fortran_order": False, "shape": (rows, *shape)}
