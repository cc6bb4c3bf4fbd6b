"""Drawn subsets: balanced, disjoint, the same for the same seed, and one line where a class has too few images."""

from dataclasses import dataclass, replace
from itertools import combinations
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from darkroom.archives.subsets import draw_images
from darkroom.core.errors import UserError
from tests.support.data_sets import dataset


@dataclass(frozen=True)
class Item:
    split: str
    label: str
    name: str
    archive: str = "pets.zip"


def items(**counts: int) -> list[Item]:
    """So many images of each class, of train unless the class is given as ``<split>_<class>``."""
    made = []
    for key, count in counts.items():
        split, _, label = key.rpartition("_")
        made += [Item(split or "train", label, f"{label}.{number}.jpg") for number in range(count)]
    return made


def subset(images: list[Item], splits: dict[str, list[str]] | None = None, **draw: Any) -> dict[str, list[Item]]:
    asked = {"seed": 42, "train": None, "validation": None, "test": None} | draw
    found = draw_images(
        "pets", dataset(splits=splits or {"train": ["train"], "validation": [], "test": []}, draw=asked), images
    )
    assert len(set(found)) == len(found)
    return {split: [item for item in found if item.split == split] for split in ("train", "validation", "test")}


def names(items: list[Item]) -> set[str]:
    return {item.name for item in items}


def counted(items: list[Item]) -> dict[str, int]:
    return {label: sum(item.label == label for item in items) for label in sorted({item.label for item in items})}


CASES = [(seed, Random(seed)) for seed in range(12)]


@pytest.mark.parametrize(("seed", "random"), CASES, ids=[str(seed) for seed, _ in CASES])
def test_subsets_are_disjoint_balanced_and_the_same_again(seed: int, random: Random) -> None:
    pool = items(cat=random.randint(30, 60), dog=random.randint(30, 60), newt=30)
    train, validation, test = random.randint(1, 10), random.randint(1, 10), random.randint(1, 10)
    asked = {"seed": seed, "train": train, "validation": validation, "test": test}
    found = subset(pool, **asked)
    for split in ("train", "validation", "test"):
        assert counted(found[split]) == dict.fromkeys(("cat", "dog", "newt"), asked[split])
    for one, other in combinations(found.values(), 2):
        assert not names(one) & names(other)
    random.shuffle(pool)
    again = subset(pool, **asked)
    assert {split: names(again[split]) for split in again} == {split: names(found[split]) for split in found}
    other = subset(pool, **asked | {"seed": seed + 1})
    assert any(names(other[split]) != names(found[split]) for split in found)


def test_all_that_are_left_train() -> None:
    found = subset(items(cat=10, dog=7), validation=2, test=3)
    assert [counted(found[split]) for split in found] == [
        {"cat": 5, "dog": 2},
        {"cat": 2, "dog": 2},
        {"cat": 3, "dog": 3},
    ]


def test_fewer_training_images_leave_the_test_images_as_they_were() -> None:
    pool = items(cat=40, dog=40)
    many, few = subset(pool, train=20, validation=4, test=5), subset(pool, train=3, validation=4, test=5)
    assert many["test"] == few["test"] and many["validation"] == few["validation"]
    assert len(many["train"]) == 40 and len(few["train"]) == 6


def test_the_draw_is_that_of_the_sorted_names() -> None:
    """As anyone can draw it again: Python's own generator, from names by length and then by alphabet."""
    pool = items(cat=120, dog=120)
    by_length = sorted((item.name for item in pool if item.label == "cat"), key=lambda name: (len(name), name))
    expected = Random(7).sample(by_length, 30)
    assert by_length[:3] == ["cat.0.jpg", "cat.1.jpg", "cat.2.jpg"]
    found = subset(pool, seed=7, test=30)["test"]
    assert [item.name for item in found if item.label == "cat"] == expected


def test_a_split_with_images_of_its_own_draws_from_them() -> None:
    pool = items(cat=20, dog=20, test_cat=9, test_dog=9)
    splits = {"train": ["train"], "validation": [], "test": ["test"]}
    found = subset(pool, splits, train=4, validation=3, test=2)
    assert {item.name for item in found["test"]} <= names(items(test_cat=9, test_dog=9))
    assert counted(found["test"]) == {"cat": 2, "dog": 2}
    whole = subset(pool, splits, train=4)
    assert counted(whole["test"]) == {"cat": 9, "dog": 9} and whole["validation"] == []


def test_images_of_one_name_in_two_archives_are_two_images() -> None:
    pool = items(cat=10, dog=10)
    found = subset([*pool, *(replace(item, archive="more.zip") for item in pool)], validation=3, test=4)
    assert [counted(found[split]) for split in found] == [dict.fromkeys(("cat", "dog"), count) for count in (13, 3, 4)]


def test_no_draw_takes_every_image() -> None:
    pool = items(cat=3, dog=2, test_cat=1)
    assert draw_images("pets", dataset(), pool) == pool


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        ({"test": 8}, "draw.test: 8 images of each class, but dog has 7 left"),
        ({"test": 5, "validation": 3}, "draw.validation: 3 images of each class, but dog has 2 left"),
        ({"test": 2, "train": 6}, "draw.train: 6 images of each class, but dog has 5 left"),
        ({"test": 7}, "draw: dog has no image left for train"),
    ],
)
def test_too_few_images_of_a_class(draw: dict[str, int], words: str) -> None:
    with pytest.raises(UserError) as caught:
        subset(items(cat=10, dog=7), **draw)
    assert f"params.yaml: datasets.pets.{words}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_test_split_must_come_from_somewhere() -> None:
    splits = {"train": ["train"], "validation": [], "test": []}
    for draw in (None, {"seed": 1, "train": 5, "validation": None, "test": None}):
        with pytest.raises(ValidationError, match=r"splits\.test is \[\], so draw\.test must say"):
            dataset(splits=splits, draw=draw)
