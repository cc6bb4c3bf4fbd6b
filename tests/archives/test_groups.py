"""Groups of images, which no draw divides: of names, of tables, and what cannot be drawn so."""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy
import pandas
import pytest

from darkroom.archives.subsets import draw_images
from darkroom.images.prepared.shards import open_view
from stages import prepare, unzip
from tests.archives.test_layouts import archive
from tests.support.data_sets import dataset
from tests.support.refusals import one_line

Output = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Item:
    split: str
    label: str
    name: str
    group: str


def subset(images: Iterable[Item], **draw: Any) -> dict[str, list[Item]]:
    asked = {"seed": 42, "train": None, "validation": None, "test": None} | draw
    splits = {"train": ["train"], "validation": [], "test": []}
    found = draw_images("pets", dataset(splits=splits, draw=asked, group="(.)"), list(images))
    assert len(set(found)) == len(found)
    return {split: [item for item in found if item.split == split] for split in ("train", "validation", "test")}


def bursts(random: Random, groups: int, mixed: bool) -> list[Item]:
    """Images of groups of one to six, each of one class or of several."""
    made = []
    for group in range(groups):
        label = random.choice("abc")
        for _ in range(random.randint(1, 6)):
            label = random.choice("abc") if mixed else label
            made.append(Item("train", label, f"{len(made)}.jpg", f"g{group}"))
    return made


@pytest.mark.parametrize("mixed", [False, True], ids=["groups of a class", "groups of classes"])
@pytest.mark.parametrize("seed", range(8))
def test_no_group_is_in_two_splits_and_each_class_has_its_number(seed: int, mixed: bool) -> None:
    random = Random(seed)
    pool = bursts(random, 90, mixed)
    found = subset(pool, seed=seed, test=20, validation=10)
    for split, count in (("validation", 10), ("test", 20)):
        assert Counter(item.label for item in found[split]) == dict.fromkeys("abc", count)
    homes: dict[str, set[str]] = {}
    for split, items in found.items():
        for item in items:
            homes.setdefault(item.group, set()).add(split)
    assert all(len(splits) == 1 for splits in homes.values())
    used = sum(map(len, found.values()))
    assert used > 0.95 * len(pool)  # little is lost to groups that are too large
    random.shuffle(pool)
    again = subset(pool, seed=seed, test=20, validation=10)
    assert {split: set(items) for split, items in again.items()} == {s: set(items) for s, items in found.items()}
    assert set(subset(pool, seed=seed + 1, test=20, validation=10)["test"]) != set(found["test"])


def test_another_number_for_train_leaves_the_test_images_as_they_were() -> None:
    pool = bursts(Random(3), 90, mixed=False)
    assert subset(pool, test=20)["test"] == subset(pool, test=20, train=5)["test"]


def group_of(*sizes: int, label: str = "cat") -> list[Item]:
    """Groups of a class, of these sizes."""
    return [
        Item("train", label, f"{label}{g}-{n}.jpg", f"{label}{g}") for g, size in enumerate(sizes) for n in range(size)
    ]


def test_groups_that_fit_go_before_those_that_are_too_large(capsys: Output) -> None:
    found = subset([*group_of(7, 7, 1, 2), *group_of(1, 1, 1, 9, label="dog")], test=3)
    assert {item.group for item in found["test"]} == {"cat2", "cat3", "dog0", "dog1", "dog2"}
    assert capsys.readouterr().err == ""
    found = subset([*group_of(7, 8), *group_of(1, 1, 1, 9, label="dog")], test=3)
    assert {item.group for item in found["test"]} == {"cat0", "dog0", "dog1", "dog2"}
    assert "[unzip pets] test: 4 left out, more of its groups' images than are wanted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        ({"test": 8}, "draw.test: 8 images of each class, but cat has 7 left in groups of no other split"),
        ({"test": 5, "validation": 3}, "draw.validation: 3 images of each class, but cat has 2 left"),
        ({"test": 6}, "draw: cat has no group left for train"),
    ],
)
def test_too_few_groups(draw: dict[str, int], words: str) -> None:
    one_line(lambda: subset([*group_of(5, 2), *group_of(*[1] * 20, label="dog")], **draw), f"datasets.pets.{words}")


@pytest.fixture
def pets(project: Callable[..., Path]) -> Callable[..., None]:
    """A project with archives of these names."""

    def make(archives: dict[str, list[str]], **edits: Any) -> None:
        draw = {"seed": 42, "train": None, "validation": None, "test": 2}
        given = {"source": "../mine", "draw": draw, "splits": {"train": ["train"], "validation": [], "test": []}}
        project({"datasets.intel": {"title": "Pets", **given, **edits}})
        for name, members in archives.items():
            archive(Path("raw", name), members)

    return make


def run() -> pandas.DataFrame:
    unzip.main(["intel", "--raw", "raw", "--out", "images"])
    return pandas.read_csv("images/index.csv", dtype=str, keep_default_na=False)


PATIENTS = [f"train/{label}/p{patient}_{n}.jpg" for label in ("cat", "dog") for patient in range(5) for n in range(2)]


def test_a_pattern_of_the_path(pets: Callable[..., None]) -> None:
    pets({"train.zip": PATIENTS}, group=r"(p\d+)_")
    index = run()
    assert list(index.columns)[-2:] == ["member", "group"]
    assert all(f"/{group}_" in member for group, member in zip(index["group"], index["member"], strict=True))
    assert (index.groupby("group")["split"].nunique() == 1).all()
    assert index.groupby(["split", "class"]).size().to_dict()["test", "cat"] == 2


def test_groups_reach_the_training_images_of_a_view(pets: Callable[..., None]) -> None:
    pets({"train.zip": PATIENTS}, group=r"(p\d+)_")
    index = run()
    prepare.main(["intel-150", "--images", "images", "--of", "intel", "--out", "view"])
    groups, train = open_view(Path("view")).groups(), index[index["split"] == "train"]
    assert groups is not None and groups.dtype == numpy.int64 and len(groups) == len(train)
    assert len(set(zip(groups, train["group"], strict=True))) == len(set(groups)) == train["group"].nunique()


def test_without_groups_there_is_no_column_and_no_file(pets: Callable[..., None]) -> None:
    pets({"train.zip": PATIENTS})
    assert "group" not in run()
    prepare.main(["intel-150", "--images", "images", "--of", "intel", "--out", "view"])
    assert not Path("view/train-groups.npy").exists() and open_view(Path("view")).groups() is None


def test_a_column_of_a_table(pets: Callable[..., None]) -> None:
    members = [f"{number}.jpg" for number in range(12)]
    table = {"names": ["train.csv"], "file": "f", "label": "l", "group": "who"}
    pets({"train.zip": members}, layout="csv", table=table)
    rows = [f"{n}.jpg,{n % 2},{'anna' if n < 4 else f'p{n // 2}'}" for n in range(12)]
    Path("raw/train.csv").write_text("\n".join(["f,l,who", *rows]), encoding="utf-8")
    index = run()
    assert index.groupby("group").size().to_dict() == {"anna": 4, "p2": 2, "p3": 2, "p4": 2, "p5": 2}
    assert (index.groupby("group")["split"].nunique() == 1).all()
    Path("raw/train.csv").write_text("\n".join(["f,l,who", *rows[:-1], "11.jpg,1,"]), encoding="utf-8")
    one_line(run, "line 13: '11.jpg' has no group")


def test_a_group_that_was_delivered_in_two_splits(pets: Callable[..., None]) -> None:
    splits = {"train": ["train"], "validation": [], "test": ["test"]}
    test = [name.replace("train/", "test/").replace("_", "_9") for name in PATIENTS[:4]]
    pets({"train.zip": PATIENTS, "test.zip": [*test, "test/dog/q1_1.jpg"]}, group=r"(.\d+)_", splits=splits, draw=None)
    words = "datasets.intel.group: 2 groups stand in train and in test as delivered (p0, p1); move each into one"
    one_line(run, words, "splits.test: []")
    assert not Path("images").exists()


@pytest.mark.parametrize("pattern", [r"(q\d+)", r"p\d+(x?)_"], ids=["not found", "empty"])
def test_a_pattern_that_finds_no_group(pets: Callable[..., None], pattern: str) -> None:
    pets({"train.zip": PATIENTS}, group=pattern)
    one_line(run, "raw/train.zip: image 'train/cat/p0_0.jpg'", "datasets.intel.group", "finds no group in its path")


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ({"group": "p1_"}, "group: 'p1_': has 0 groups in parentheses; write one"),
        ({"group": "(p)(1)"}, "group: '(p)(1)': has 2 groups in parentheses"),
        ({"group": "(p"}, "group: '(p': no regular expression: missing )"),
        ({"group": "(p)", "layout": "idx"}, "group is found in the names of files"),
        ({"class_pattern": "(.+)_"}, "class_pattern is of the layout class-in-name"),
    ],
)
def test_patterns_that_cannot_be(pets: Callable[..., None], edits: dict[str, Any], words: str) -> None:
    pets({"train.zip": PATIENTS}, **edits)
    one_line(run, "params.yaml: datasets.intel", words)


BREEDS = [f"images/{breed}_{n}.jpg" for breed in ("Abyssinian", "great_pyrenees") for n in (1, 2, 33)]


def test_classes_by_a_pattern_of_names(pets: Callable[..., None]) -> None:
    pets({"train.zip": BREEDS}, layout="class-in-name", class_pattern=r"(.+)_\d+")
    index = run()
    assert dict(zip(index["member"], index["class"], strict=True)) == {
        name: name.removeprefix("images/").rpartition("_")[0] for name in BREEDS
    }


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (
            r"([A-Z][a-z]+)_\d+",
            "image 'images/great_pyrenees_1.jpg': class_pattern",
        ),
        (r"(.*?)[A-Za-z_]*\d+", "finds the class '' in 'Abyssinian_1'"),
    ],
)
def test_a_pattern_that_does_not_fit_a_name(pets: Callable[..., None], pattern: str, words: str) -> None:
    pets({"train.zip": BREEDS}, layout="class-in-name", class_pattern=pattern)
    one_line(run, "raw/train.zip", words, "correct the pattern")


def test_images_of_one_name_have_each_the_group_of_its_own_path(pets: Callable[..., None]) -> None:
    members = ["a/p1/1.jpg", "a/p2/1.jpg", "b/p3/1.jpg", "b/p4/1.jpg"]
    pets({"train.zip": members}, group=r"/(p\d)/", draw={"seed": 1, "train": None, "validation": None, "test": 1})
    index = run()
    with zipfile.ZipFile("raw/train.zip") as opened:
        for member, file, group in zip(index["member"], index["file"], index["group"], strict=True):
            assert Path("images", file).read_bytes() == opened.read(member) and group in member
