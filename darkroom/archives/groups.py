"""Groups of images that must not stand in two splits: of one patient, camera or burst.

They are given by a column of a table, or found in the path of each image by a pattern.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from darkroom.core.errors import UserError
from darkroom.core.splits import SPLITS
from darkroom.params.data import Dataset
from darkroom.params.yaml_files import FILE

Image = TypeVar("Image", bound=Any)
"""A frozen dataclass with split, archive, path and group."""
SHOWN = 3
"""Groups that an error names."""


def has_groups(dataset: Dataset) -> bool:
    """Return whether the images of a dataset have groups; the parts of an image are one."""
    table = dataset.table
    return dataset.group is not None or (table is not None and not (table.group is None and table.box is None))


def find_groups(key: str, dataset: Dataset, images: Sequence[Image]) -> Sequence[Image]:
    """Return the images, each with its group, where the dataset has any.

    A split that was delivered with part of a group is refused, not mended: which side the images should be on is not
    known, and metrics on such a split say nothing of what the groups were given for.

    Raises:
        UserError: the pattern is not found in an image's path, or a group stands in two splits.
    """
    if dataset.group is not None:
        images = [replace(image, group=_find_group(key, dataset.group, image)) for image in images]
    if has_groups(dataset):
        check_groups(key, dataset, images)
    return images


def _find_group(key: str, pattern: str, image: Any) -> str:
    found = re.search(pattern, image.path)
    if found is None or not found[1]:
        raise UserError(
            f"{image.archive}: image {image.path!r}: the pattern of {FILE}: datasets.{key}.group, "
            f"{pattern!r}, finds no group in its path; correct the pattern, or rename or remove the image"
        )
    return found[1]


def check_groups(key: str, dataset: Dataset, images: Sequence[Any]) -> None:
    """Check that no group was delivered in two splits.

    Raises:
        UserError: one was.
    """
    splits: dict[str, set[str]] = defaultdict(set)
    for image in images:
        splits[image.group or ""].add(image.split)
    broken = sorted(group for group, homes in splits.items() if len(homes) > 1)
    if broken:
        one, other = [split for split in SPLITS if split in splits[broken[0]]][:2]
        count = f"{len(broken):,} groups stand" if len(broken) > 1 else "a group stands"
        shown = ", ".join(broken[:SHOWN]) + (", …" if len(broken) > SHOWN else "")
        where, leave = "group", "write group: null"
        if dataset.table is not None and dataset.group is None:
            where, leave = "table.group", "write table.group: null"
            if dataset.table.group is None:  # the parts of an image are one
                where, leave = "table.box", "name a column of other groups as table.group"
        raise UserError(
            f"{FILE}: datasets.{key}.{where}: {count} in {one} and in {other} as delivered ({shown}); move each into "
            f"one, let draw take {other} from train (splits.{other}: []), or {leave} to leave it so"
        )
