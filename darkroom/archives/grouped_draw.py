"""Balanced subsets of images that have groups: so many of each class, and no group in two splits.

As without groups test is drawn first, then validation, then train, each by a new generator of the same seed. Of the
groups, in a random order, each is taken that has images of a class that is lacking, and of no class more than that;
then, if that is not enough, those that have least too many. What they have too many is in no split.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from darkroom.archives.copies import Copies, drop_copies
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.core.splits import SPLITS, TRAIN
from darkroom.params.data import Dataset, Draw
from darkroom.params.yaml_files import FILE

Image = TypeVar("Image", bound=Any)
"""A frozen dataclass with split, label, name and group."""


def list_draws(dataset: Dataset, draw: Draw) -> Iterator[tuple[str, str, int | None]]:
    """Yield each split to draw, in that order, the split that its images come from, and how many of each class."""
    for split in reversed(SPLITS):
        wanted = getattr(draw, split)
        home = split if getattr(dataset.splits, split) else TRAIN
        if home == split or wanted is not None:
            yield split, home, wanted


def draw_groups(key: str, dataset: Dataset, draw: Draw, images: Sequence[Image], copies: Copies) -> list[Image]:
    """Return the images that ``draw`` asks for, each in its split; of ``copies`` none in another one.

    Raises:
        UserError: a class has too few.
    """
    labels = sorted({image.label for image in images})
    left: dict[str, list[Image]] = {split: [] for split in SPLITS}
    for image in sorted(images, key=lambda image: (len(image.name), image.name)):
        left[image.split].append(image)
    taken: list[Image] = []
    for split, home, wanted in list_draws(dataset, draw):
        pool = left[home]
        chosen = pool if wanted is None else choose_images(key, split, labels, pool, wanted, draw.seed)
        groups = {image.group for image in chosen}
        rest = [image for image in pool if image.group not in groups]
        left[home] = drop_copies(key, split, rest, chosen, copies)
        if unused := len(pool) - len(rest) - len(chosen):
            progress.note(f"unzip {key}", f"{split}: {unused:,} left out, more of its groups' images than are wanted")
        taken += [replace(image, split=split) for image in chosen]
    if lacking := sorted(set(labels) - {image.label for image in taken if image.split == TRAIN}):
        raise UserError(
            f"{FILE}: datasets.{key}.draw: {lacking[0]} has no group left for train; draw fewer for test or "
            "validation, or add images"
        )
    return taken


def choose_images(
    key: str, split: str, labels: Sequence[str], pool: Sequence[Image], wanted: int, seed: int
) -> list[Image]:
    """Return ``wanted`` images of each class, of groups that are chosen from ``pool``.

    Raises:
        UserError: a class has too few.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for image in pool:
        counts[image.group][image.label] += 1
    left = Counter(image.label for image in pool)
    for label in labels:
        if left[label] < wanted:
            raise UserError(
                f"{FILE}: datasets.{key}.draw.{split}: {wanted:,} images of each class, but {label} has "
                f"{left[label]:,} left "
                "in groups of no other split (test is drawn first, then validation, then train); write a smaller "
                "number or add images"
            )
    groups = choose_groups(counts, dict.fromkeys(labels, wanted), random.Random(seed))
    held: dict[str, list[Image]] = defaultdict(list)
    for image in pool:
        if image.group in groups:
            held[image.label].append(image)
    return [image for label in labels for image in random.Random(seed).sample(held[label], wanted)]


def choose_groups(counts: dict[str, Counter[str]], wanted: dict[str, int], drawn: random.Random) -> set[str]:
    """Return groups that together have ``wanted`` images of each class, if all have; ``counts``: of each group."""
    need, chosen = Counter(wanted), set[str]()
    order = drawn.sample(sorted(counts), len(counts))

    def take(group: str) -> None:
        chosen.add(group)
        need.subtract(counts[group])

    for group in order:
        if all(number <= need[label] for label, number in counts[group].items()):
            take(group)
    holders: dict[str, list[str]] = defaultdict(list)
    for group in order:
        for label in counts[group]:
            holders[label].append(group)
    for label in sorted(wanted):
        while need[label] > 0:
            left = [group for group in holders[label] if group not in chosen]
            take(min(left, key=lambda group: _count_surplus(counts[group], need)))
    return chosen


def _count_surplus(count: Counter[str], need: Counter[str]) -> int:
    """Return how many more images a group has than are needed of each class."""
    return sum(max(0, number - max(0, need[label])) for label, number in count.items())
