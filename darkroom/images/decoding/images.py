"""A folder of images by split and class, as ``unzip`` leaves it, and its index."""

from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pandas

from darkroom.core import parallel
from darkroom.core.errors import UserError
from darkroom.core.progress import show_progress
from darkroom.core.splits import SPLITS, VALIDATION

Result = TypeVar("Result")

INDEX = "index.csv"
AT_ONCE = 4096
"""Rows of the index that are read at a time: pandas needs thrice the memory to read as many as there are."""
COLUMNS = ("split", "class", "file", "bytes", "sha256")
"""Columns of the index that are read here; there may be more."""


VARIANT = "variant"
"""How the column archive begins of an image that was made from another, which the column member then names."""


def find_originals(index: pandas.DataFrame) -> pandas.Series:
    """Return the file that each image was made from: of a variant its original, of others their own."""
    if "archive" not in index:
        return index["file"]
    return index["file"].where(~index["archive"].str.startswith(f"{VARIANT} "), index["member"])


def list_splits(images: pandas.DataFrame) -> tuple[str, ...]:
    """Return the splits of a set of images: train and test always, validation where it has one."""
    return tuple(split for split in SPLITS if split != VALIDATION or (images["split"] == split).any())


def read_index(folder: Path) -> pandas.DataFrame:
    """Return the index of the images in ``folder``: one row per image, in the order of split, class and file.

    ``file`` is relative to ``folder``; ``bytes`` is int64, all else is text, even a class called NA or 007.

    Raises:
        UserError: there is no index, or it lacks columns or images.
    """
    path = folder / INDEX
    try:
        with pandas.read_csv(path, dtype=str, keep_default_na=False, chunksize=AT_ONCE) as parts:
            index = pandas.concat(parts, ignore_index=True)
    except (FileNotFoundError, pandas.errors.EmptyDataError):
        raise UserError(f"{path}: no index of images; run python -m stages.unzip {folder.name}") from None
    lacking = [column for column in COLUMNS if column not in index]
    if lacking or index.empty:
        raise UserError(
            f"{path}: no {', '.join(lacking) or 'images'} in it; run python -m stages.unzip {folder.name} again"
        )
    index["bytes"] = index["bytes"].astype("int64")
    return index


@dataclass(frozen=True)
class Columns(Collection[tuple[Any, ...]]):
    """Rows of columns of one length, each row made when it is asked for."""

    columns: tuple[Collection[Any], ...]

    def __len__(self) -> int:
        return len(self.columns[0])

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return zip(*self.columns, strict=True)

    def __contains__(self, row: object) -> bool:
        return any(row == one for one in self)


def read_images(
    task: str,
    folder: Path,
    files: Collection[str],
    function: Callable[..., Result],
    chunk: int,
    *columns: Collection[Any],
) -> Generator[Result]:
    """Yield ``function(path, …)`` for each of ``files`` below ``folder``, in order, and show the progress of ``task``.

    What ``columns`` have of a file is handed on beside its path. The work is spread over the processors, ``chunk``
    images at a time (see ``parallel.map_in_order``).

    Raises:
        UserError: a file that the index names cannot be read.
    """
    items = Columns((files, *columns))
    try:
        with closing(parallel.map_in_order(partial(_read, folder, function), items, chunk)) as results:
            yield from show_progress(results, len(items), task, "images")
    except OSError as error:
        if error.filename is None:
            raise
        raise UserError(
            f"{error.filename}: named in {INDEX}, but: {error.strerror}; run python -m stages.unzip {folder.name} again"
        ) from None


def _read(folder: Path, function: Callable[..., Result], row: tuple[Any, ...]) -> Result:
    return function(folder / row[0], *row[1:])
