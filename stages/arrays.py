"""The arrays of a view, written row by row as images come, in memory that doesn't depend on their number."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy
import pandas
from numpy.lib import format as npy

from stages.views import SPLITS, images_file


def write_arrays(
    folder: Path, shape: tuple[int, int, int], index: pandas.DataFrame, results: Iterable[numpy.ndarray | str]
) -> dict[str, str]:
    """Write the images of each split to its array in ``folder``, and return the problem of each file that is left out.

    Rows are written, not memory-mapped: on a full disk that raises, where a memory map would end the process.

    Args:
        folder: Where the arrays go.
        shape: (height, width, channels) of every image.
        index: The images' split and file, in the order of ``results``.
        results: The pixels of each image, uint8, of ``shape``; or what is wrong with it.

    Raises:
        OSError: the disk is full.
    """
    counts = dict.fromkeys(SPLITS, 0)
    problems: dict[str, str] = {}
    with ExitStack() as stack:
        arrays = {split: stack.enter_context((folder / images_file(split)).open("wb")) for split in SPLITS}
        for array in arrays.values():
            write_header(array, (0, *shape))
        for split, file, result in zip(index["split"], index["file"], results, strict=True):
            if isinstance(result, str):
                problems[file] = result
            else:
                arrays[split].write(result.data)
                counts[split] += 1
        for split, array in arrays.items():
            array.seek(0)
            write_header(array, (counts[split], *shape))
    return problems


def write_header(array: BinaryIO, shape: tuple[int, ...]) -> None:
    """Write the header of an .npy file of uint8; numpy makes it equally long for any number of rows."""
    npy.write_array_header_1_0(array, {"descr": "|u1", "fortran_order": False, "shape": shape})
