"""Balanced subsets of a data set, and splits that it does not have: so many images of each class, drawn by seed.

Of each class test is drawn first, then validation, then train, each by a new generator of the same seed from the images
that are left, sorted by the length of their names and then by name. So another number of training images leaves the
test images as they were. What has the same bytes as an image that was drawn is drawn for no other split.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from darkroom.archives.copies import drop_copies, find_copies
from darkroom.archives.grouped_draw import draw_groups, list_draws
from darkroom.archives.groups import has_groups
from darkroom.core.errors import UserError
from darkroom.core.splits import SPLITS, TRAIN
from darkroom.params.data import Dataset
from darkroom.params.yaml_files import FILE

Image = TypeVar("Image", bound=Any)
"""A frozen dataclass with split, label and name."""


def draw_images(key: str, dataset: Dataset, images: Sequence[Image]) -> Sequence[Image]:
    """Return the images that ``draw`` asks for, each in its split; every one where it asks for nothing.

    Raises:
        UserError: a class has too few.
    """
    draw = dataset.draw
    if draw is None:
        return images
    images = list(images)  # which are told apart by their ids
    homes = [home for _, home, _ in list_draws(dataset, draw)]
    copies = find_copies(key, dataset, images) if len(set(homes)) < len(homes) else {}
    if has_groups(dataset):
        return draw_groups(key, dataset, draw, images, copies)
    left: dict[str, dict[str, list[Image]]] = {}
    for image in sorted(images, key=lambda image: (len(image.name), image.name)):
        left.setdefault(image.label, {split: [] for split in SPLITS})[image.split].append(image)
    taken: list[Image] = []
    for split, home, wanted in list_draws(dataset, draw):
        drawn: list[Image] = []
        for label, pools in sorted(left.items()):
            chosen = pools[home] if wanted is None else _draw(key, split, label, pools[home], wanted, draw.seed)
            gone = set(map(id, chosen))  # not by name: two archives may hold images of one name
            pools[home] = [image for image in pools[home] if id(image) not in gone]
            drawn += chosen
            if split == TRAIN and not chosen:
                raise UserError(
                    f"{FILE}: datasets.{key}.draw: {label} has no image left for train; draw fewer for test or "
                    "validation, or add images"
                )
        taken += [replace(image, split=split) for image in drawn]
        for pools in left.values():
            pools[home] = drop_copies(key, split, pools[home], drawn, copies)
    return taken


def _draw(key: str, split: str, label: str, pool: Sequence[Image], wanted: int, seed: int) -> list[Image]:
    if len(pool) < wanted:
        raise UserError(
            f"{FILE}: datasets.{key}.draw.{split}: {wanted:,} images of each class, but {label} has {len(pool):,} left "
            "(test is drawn first, then validation, then train); write a smaller number or add images"
        )
    return random.Random(seed).sample(pool, wanted)
