"""Tables of a data set's images: classes, sizes, modes and corrupt files.

``images`` is everywhere one row per image: split, class, file, bytes, sha256, width and height (pixels), mode and
format (as Pillow calls them), problem (empty for an image that decodes completely; a corrupt one has no size, mode or
format), and what ``inspection.Inspection`` says beside.
"""

import math
from dataclasses import dataclass

import pandas

from darkroom.core.splits import SPLITS
from darkroom.images.decoding.images import list_splits


@dataclass(frozen=True)
class Balance:
    """Balance of a split: the distance of its classes from their mean."""

    split: str
    mean: float
    """Images of a class, on average."""
    furthest: str
    """The class whose number of images is furthest from the mean."""
    count: int
    """Its images."""
    deviation: float
    """Its signed distance from the mean, as a fraction of the mean."""

    def is_within(self, tolerance: float) -> bool:
        """Return True if no class is further than ``tolerance``, a fraction, from the mean."""
        distance = abs(self.deviation)
        return distance <= tolerance or math.isclose(distance, tolerance)  # 110 / 100 - 1 > 0.1


def select_intact(images: pandas.DataFrame) -> pandas.DataFrame:
    """Return the images that decode completely, with whole numbers as sizes."""
    return drop_corrupt(images).astype({"width": "int64", "height": "int64"})


def drop_corrupt(images: pandas.DataFrame) -> pandas.DataFrame:
    """Return the images that decode completely; where all do, without a copy of what may be large."""
    intact = images["problem"] == ""
    return images if intact.all() else images[intact]


def count_by_class(images: pandas.DataFrame) -> pandas.DataFrame:
    """Return one row per class: class, then its images in each split, without corrupt ones."""
    counted = _count_by_split(select_intact(images), ["class"]).set_index("class")
    every = pandas.Index(sorted(images["class"].unique()), name="class")
    return counted.reindex(every, fill_value=0).reset_index()


def splits_of(table: pandas.DataFrame) -> list[str]:
    """Return the splits that a table has a column of."""
    return [split for split in SPLITS if split in table]


def count_by_size(images: pandas.DataFrame) -> pandas.DataFrame:
    """Return one row per distinct size, most frequent first: width, height, images in each split and in all."""
    sizes = _count_by_split(select_intact(images), ["width", "height"])
    sizes["images"] = sizes[splits_of(sizes)].sum(axis=1)
    return sizes.sort_values(["images", "width", "height"], ascending=[False, True, True], ignore_index=True)


def count_by_mode(images: pandas.DataFrame) -> pandas.DataFrame:
    """Return one row per colour mode and format, most frequent first: mode, format, images."""
    modes = select_intact(images).groupby(["mode", "format"], as_index=False).size().rename(columns={"size": "images"})
    return modes.sort_values(["images", "mode", "format"], ascending=[False, True, True], ignore_index=True)


def find_corrupt(images: pandas.DataFrame) -> pandas.DataFrame:
    """Return the images that don't decode completely: split, class, file, problem."""
    return images.loc[images["problem"] != "", ["split", "class", "file", "problem"]].reset_index(drop=True)


def measure_balances(classes: pandas.DataFrame) -> list[Balance]:
    """Return the balance of each split that has images; ``classes`` is what ``count_by_class`` gives."""
    found = []
    for split in splits_of(classes):
        counts = classes.set_index("class")[split]
        if mean := float(counts.mean()):
            furthest = (counts - mean).abs().idxmax()
            count = int(counts[furthest])
            found.append(Balance(split, mean, str(furthest), count, count / mean - 1))
    return found


def _count_by_split(images: pandas.DataFrame, columns: list[str]) -> pandas.DataFrame:
    """Return one row per distinct value of ``columns``, with the number of images in each split."""
    found = pandas.crosstab([images[column] for column in columns], images["split"])
    return found.reindex(columns=list(list_splits(images)), fill_value=0).rename_axis(columns=None).reset_index()
