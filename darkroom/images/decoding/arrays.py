"""The arrays of a view, written row by row as images come, in memory that doesn't depend on their number."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy
import pandas

from darkroom.core.growing_array import GrowingArray
from darkroom.images.prepared.views import images_file


def write_arrays(
    folder: Path,
    shape: tuple[int, int, int],
    splits: Sequence[str],
    index: pandas.DataFrame,
    results: Iterable[numpy.ndarray | str],
) -> dict[str, str]:
    """Write the images of each split to its array in ``folder``, and return the problem of each file that is left out.

    Args:
        folder: Where the arrays go.
        shape: (height, width, channels) of every image.
        splits: Those that get an array.
        index: The images' split and file, in the order of ``results``.
        results: The pixels of each image, uint8, of ``shape``; or what is wrong with it.

    Raises:
        OSError: the disk is full.
    """
    problems: dict[str, str] = {}
    with ExitStack() as stack:
        arrays = {split: stack.enter_context(GrowingArray(folder / images_file(split), shape)) for split in splits}
        for split, file, result in zip(index["split"], index["file"], results, strict=True):
            if isinstance(result, str):
                problems[file] = result
            else:
                arrays[split].append(result)
    return problems
