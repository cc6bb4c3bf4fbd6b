"""An array that several processes write, each row to its place: the file of numpy, without rows that were dropped."""

from pathlib import Path

import numpy
import pytest

from darkroom.core.parallel import map_in_order
from darkroom.core.placed_rows import PlacedRows

SHAPE = (3, 5, 2)


def draw(rows: int) -> numpy.ndarray:
    return numpy.random.default_rng(1).integers(0, 256, (rows, *SHAPE), dtype=numpy.uint8)


def test_processes_write_the_file_of_numpy(tmp_path: Path) -> None:
    pixels, placed = draw(40), PlacedRows.create(tmp_path / "ours.npy", 40, SHAPE)
    list(map_in_order(lambda row: placed.write(row, pixels[row]), range(39, -1, -1), 3))
    numpy.save(tmp_path / "theirs.npy", pixels)
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "theirs.npy").read_bytes()


@pytest.mark.parametrize("dropped", [[], [0], [9], [0, 1, 5, 9], list(range(10))])
def test_rows_that_are_dropped_leave_no_gap(dropped: list[int], tmp_path: Path) -> None:
    pixels, placed = draw(10), PlacedRows.create(tmp_path / "ours.npy", 10, SHAPE)
    for row in set(range(10)) - set(dropped):
        placed.write(row, pixels[row][:, ::-1])
    placed.drop(dropped)
    numpy.save(tmp_path / "theirs.npy", numpy.delete(pixels, dropped, axis=0)[:, :, ::-1])
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "theirs.npy").read_bytes()
