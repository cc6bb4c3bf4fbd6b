"""A dataset's images brought to one size and mode, each decoded once, in the arrays of a view."""

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import numpy
import pandas

from darkroom.core.errors import UserError
from darkroom.core.files import replace_folder, write_json, write_table
from darkroom.core.growing_array import GrowingArray
from darkroom.core.progress import note
from darkroom.images.decoding.images import list_splits, read_images, read_index
from darkroom.images.decoding.pixels import CHANNELS, read_image
from darkroom.images.prepared import views
from darkroom.params.data import View


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
        files = {split: folder / views.images_file(split) for split in splits}
        arrays = {split: stack.enter_context(GrowingArray(file, shape)) for split, file in files.items()}
        for split, file, result in zip(index["split"], index["file"], results, strict=True):
            if isinstance(result, str):
                problems[file] = result
            else:
                arrays[split].append(result)
    return problems


CHUNK_BYTES = 4_000_000
"""Pixels that a process hands over at once: enough to hide the cost of the hand-over, little beside one photograph."""
MOST_IN_CHUNK = 16


def prepare(key: str, view: View, images: Path, out: Path) -> None:
    """Write the images of the folder ``images`` to the folder ``out``, as ``view`` says."""
    index = read_index(images)
    splits = list_splits(index)
    shape = (view.size, view.size, CHANNELS[view.mode])
    check_space(key, out, len(index) * int(numpy.prod(shape)))
    chunk = max(1, min(MOST_IN_CHUNK, CHUNK_BYTES // int(numpy.prod(shape))))
    read = partial(read_image, view=view)
    with replace_folder(out) as folder:
        with closing(read_images(f"prepare {key}", images, list(index["file"]), read, chunk)) as results:
            problems = write_arrays(folder, shape, splits, index, results)
        if problems and view.corrupt == "stop":
            raise UserError(describe_problems(key, images, problems))
        for file, problem in problems.items():
            note(f"prepare {key}", f"left out {images / file}: {problem}")
        kept = index[~index["file"].isin(problems)]
        classes = list_classes(kept, splits, images, view.class_order)
        write_labels(folder, kept, splits, classes)
        write_json(folder / views.DESCRIPTION, describe(view, kept, splits, classes, problems))


def check_space(key: str, out: Path, needed: int) -> None:
    """Refuse to start if the disk of ``out`` has less than ``needed`` bytes free.

    Raises:
        UserError: it has less.
    """
    place = next(folder for folder in out.absolute().parents if folder.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise UserError(
            f"{out}: needs {needed / 1e6:,.1f} MB and its disk has {free / 1e6:,.1f} MB free; "
            f"free some space, or make views.{key}.size smaller"
        )


def list_classes(index: pandas.DataFrame, splits: Sequence[str], images: Path, order: str) -> list[str]:
    """Return the classes of the training images, in alphabetical or natural order: a class's label is its place.

    Raises:
        UserError: a split has no images, or another has a class that train lacks.
    """
    found = {split: set(index.loc[index["split"] == split, "class"]) for split in splits}
    train = found[views.TRAIN]
    for split, classes in found.items():
        if not classes:
            raise UserError(f"{images}: no readable {split} image; add some to the source")
        if unknown := sorted(classes - train):
            raise UserError(
                f"{images}: {split} has images of {', '.join(unknown)}, but train has no readable one; "
                f"its classes are {', '.join(sorted(train))}"
            )
    return sorted(train, key=split_numbers) if order == "natural" else sorted(train)


def split_numbers(label: str) -> tuple[list[tuple[bool, int, str]], str]:
    """Return by what a class is sorted in natural order: ``2`` before ``10``, and numbers before words."""
    parts = re.findall(r"[0-9]+|[^0-9]+", label)
    return [(False, int(part), "") if part[0] in "0123456789" else (True, 0, part) for part in parts], label


def write_labels(folder: Path, index: pandas.DataFrame, splits: Sequence[str], classes: Sequence[str]) -> None:
    """Write the labels of each split, and the index of the view's rows."""
    rows = index.assign(row=index.groupby("split").cumcount(), label=index["class"].map(classes.index).astype("int64"))
    for split in splits:
        labels = rows.loc[rows["split"] == split, "label"].to_numpy(dtype=numpy.int64)
        numpy.save(folder / views.labels_file(split), labels)
    write_table(folder / views.INDEX, rows[["split", "row", "class", "label", "file", "sha256"]])


def describe(
    view: View, index: pandas.DataFrame, splits: Sequence[str], classes: Sequence[str], problems: Mapping[str, str]
) -> dict[str, object]:
    """Return what view.json holds."""
    return {
        "dataset": view.dataset,
        "classes": list(classes),
        **{key: getattr(view, key) for key in views.PREPARATION},
        "images": {split: int((index["split"] == split).sum()) for split in splits},
        "left_out": [{"file": file, "problem": problem} for file, problem in problems.items()],
    }


def describe_problems(key: str, images: Path, problems: Mapping[str, str]) -> str:
    """Return the line that names every corrupt image and says what to do."""
    named = "; ".join(f"{file} ({problem})" for file, problem in problems.items())
    count = f"{len(problems)} corrupt image{'s' if len(problems) > 1 else ''}"
    return (
        f"{images}: {count}: {named}. Mend or remove them in the source, "
        f"or leave them out with views.{key}.corrupt: leave-out"
    )
