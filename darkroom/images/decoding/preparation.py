"""A dataset's images brought to one size and mode, each decoded once, in the arrays of a view."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pandas

from darkroom.core.errors import UserError
from darkroom.core.files import replace_folder, write_json
from darkroom.core.placed_rows import PlacedRows
from darkroom.core.progress import note
from darkroom.images.decoding.depth import Ranges
from darkroom.images.decoding.images import list_splits, read_images, read_index
from darkroom.images.decoding.labels import list_classes, write_groups, write_labels
from darkroom.images.decoding.pixels import CHANNELS, Tones, read_image
from darkroom.images.decoding.survey import drop_duplicates, survey_ranges
from darkroom.images.prepared import views
from darkroom.params.view import Decoding, View

MOST_IN_CHUNK = 16
"""Images that a process reads and writes before it says so."""
CHUNK_BYTES = 4_000_000
"""Pixels of so many images, at most."""


def prepare(key: str, view: View, decoding: Decoding, near: str | int, images: Path, out: Path) -> None:
    """Write the images of the folder ``images`` to the folder ``out``, as ``view`` says.

    ``near`` is what ``near_duplicates`` of the data set says.

    Raises:
        UserError: an image is corrupt or a duplicate and the view says stop, a class has no training image, or the disk
            has too little room.
    """
    task = f"prepare {key}"
    index, splits, ranges = choose_images(task, view, decoding, near, images)
    check_space(key, out, len(index) * count_bytes(view))
    with replace_folder(out) as folder:
        problems = write_images(key, view, decoding, images, index, splits, ranges, folder, task)
        kept = index[~index["file"].isin(problems)] if problems else index
        classes = list_classes(kept, splits, images, view.class_order)
        write_labels(folder, kept, splits, classes)
        write_groups(folder, kept)
        write_json(folder / views.DESCRIPTION, describe(view, decoding, ranges, kept, splits, classes, problems))


def choose_images(
    task: str, view: View, decoding: Decoding, near: str | int, images: Path
) -> tuple[pandas.DataFrame, tuple[str, ...], Ranges]:
    """Return the index of the images in a folder that a view shows, its splits, and the range of its deep images.

    ``near`` is what ``near_duplicates`` of the data set says.

    Raises:
        UserError: there are duplicates, and the view says stop.
    """
    index = read_index(images)
    splits = list_splits(index)
    if view.duplicates != "report":
        index = drop_duplicates(task, images, index, view.duplicates, near, decoding)
    return index, splits, survey_ranges(task, images, index, view.value_range, decoding)


def write_images(
    key: str,
    view: View,
    decoding: Decoding,
    images: Path,
    index: pandas.DataFrame,
    splits: Sequence[str],
    ranges: Ranges,
    folder: Path,
    task: str,
) -> dict[str, str]:
    """Write the images of ``index`` to the arrays of their splits in ``folder``; return the problem of each left out.

    Raises:
        UserError: a file is corrupt, and the view ``key`` says stop.
    """
    shape = (view.size, view.size, CHANNELS[view.mode])
    chunk = max(1, min(MOST_IN_CHUNK, CHUNK_BYTES // count_bytes(view)))
    counts, rows = index["split"].value_counts(), index.groupby("split").cumcount().to_numpy()
    files = {split: folder / views.images_file(split) for split in splits}
    arrays = {split: PlacedRows.create(file, int(counts.get(split, 0)), shape) for split, file in files.items()}
    store = partial(store_image, arrays=arrays, view=view, decoding=decoding, tones=Tones.of(decoding, ranges))
    with closing(read_images(task, images, index["file"], store, chunk, index["split"], rows)) as results:
        each = zip(index["split"], rows, index["file"], results, strict=True)
        corrupt = [(split, row, file, what) for split, row, file, what in each if what]
    problems = {file: what for _, _, file, what in corrupt}
    if problems and view.corrupt == "stop":
        raise UserError(describe_problems(key, images, problems))
    for split in {split for split, *_ in corrupt}:
        arrays[split].drop([row for home, row, *_ in corrupt if home == split])
    for file, problem in problems.items():
        note(task, f"left out {images / file}: {problem}")
    return problems


def store_image(
    path: Path, split: str, row: int, arrays: Mapping[str, PlacedRows], view: View, decoding: Decoding, tones: Tones
) -> str | None:
    """Write the pixels of one image to its row of its split's array; return what is wrong with it, if anything is.

    Raises:
        OSError: the disk is full.
    """
    pixels = read_image(path, view, decoding, tones)
    if isinstance(pixels, str):
        return pixels
    arrays[split].write(row, pixels)
    return None


def count_bytes(view: View) -> int:
    """Return the bytes of an image in a view."""
    return view.size * view.size * CHANNELS[view.mode]


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


def describe(
    view: View,
    decoding: Decoding,
    ranges: Ranges,
    index: pandas.DataFrame,
    splits: Sequence[str],
    classes: Sequence[str],
    problems: Mapping[str, str],
) -> dict[str, object]:
    """Return what view.json holds."""
    return {
        "dataset": view.dataset,
        "classes": list(classes),
        **{key: getattr(view, key) for key in views.PREPARATION},
        "profiles": decoding.profiles,
        **vars(ranges),
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
