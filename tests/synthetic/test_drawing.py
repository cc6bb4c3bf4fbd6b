"""Drawn images in every layout: the same bytes for the same seed, readable as the real ones are, learnable."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from PIL import Image
from pydantic import ValidationError
from sklearn.ensemble import RandomForestClassifier

from darkroom.params.base import read_entry
from darkroom.params.data import Dataset, Synthetic
from darkroom.synthetic import deliveries as synthetic
from darkroom.synthetic.drawing import draw_picture
from stages import unzip
from tests.support.data_sets import dataset
from tests.support.decoding import decode

Project = Callable[..., Path]
NAMES = ["airplane", "bird", "cat", "deer", "dog", "frog", "horse", "ship"]
DIGITS = [str(number) for number in range(10)]


@pytest.mark.parametrize("key", ["cifar10", "waste", "cats-dogs", "mnist"])
def test_what_is_drawn_is_read_as_the_real_files_are(project: Project, key: str) -> None:
    own = {"waste": {"validation_per_class": 2, "test_per_class": 2}, "cats-dogs": {}}
    sizes = {"train_per_class": 6} | own.get(key, {"test_per_class": 3})
    draw = {"seed": 1, "train": 3, "validation": 1, "test": 2} if key != "waste" else None
    edits = {f"datasets.{key}.synthetic.{name}": value for name, value in sizes.items()}
    project(edits | {f"datasets.{key}.draw": draw})
    described = read_entry(Dataset, "datasets", key)
    for name in ("raw", "again"):
        Path(name).mkdir()
        synthetic.draw_delivery(described, Path(name))
    files = sorted(path.name for path in Path("raw").iterdir())
    for name in files:
        assert Path("again", name).read_bytes() == Path("raw", name).read_bytes()
    unzip.main([key, "--raw", "raw", "--out", "images"])
    index = pandas.read_csv("images/index.csv", dtype=str)
    assert sorted(index["class"].unique()) == sorted(described.synthetic.classes)
    counts = index.groupby(["split", "class"]).size()
    if key == "waste":
        assert counts["train"].to_dict() == dict.fromkeys(described.synthetic.classes, 6) | {"trash": 4}
        assert counts["validation"]["trash"] == 1
    else:
        assert {split: set(counts[split]) for split in ("train", "validation", "test")} == {
            "train": {3},
            "validation": {1},
            "test": {2},
        }
    assert index["sha256"].is_unique
    sizes = {decode(Path("images", file)).size for file in index["file"]}
    wanted = (described.synthetic.width, described.synthetic.height)
    assert len(sizes) > 5 if key == "cats-dogs" else sizes == {wanted}


def drawn(classes: list[str], width: int, height: int, **changes: Any) -> Synthetic:
    described = dataset({"classes": classes, "width": width, "height": height, "sizes": "same"} | changes)
    assert described.synthetic is not None
    return described.synthetic


def seen(described: Synthetic, split: str, count: int) -> tuple[numpy.ndarray, list[str]]:
    """Small images of every class, float (images, 14, 14, 3), and their classes."""
    named = [(name, index) for name in described.classes for index in range(count)]
    images = [
        draw_picture(described, split, *one).convert("RGB").resize((14, 14), Image.Resampling.BOX) for one in named
    ]
    return numpy.array([numpy.asarray(image) for image in images]), [name for name, _ in named]


def right(pixels: Callable[[numpy.ndarray], numpy.ndarray], described: Synthetic) -> float:
    """The share of new images that a forest names rightly by what ``pixels`` gives."""
    (train, labels), (test, wanted) = seen(described, "train", 60), seen(described, "test", 15)
    return RandomForestClassifier(100, random_state=0).fit(pixels(train), labels).score(pixels(test), wanted)


@pytest.mark.parametrize(("classes", "least"), [(NAMES, 0.3), (DIGITS, 0.6)], ids=["patterns", "digits"])
def test_classes_can_be_learnt_but_not_from_the_mean_colour(classes: list[str], least: float) -> None:
    described = drawn(classes, 28, 28)
    assert least < right(lambda images: images.reshape(len(images), -1), described) < 0.95
    assert right(lambda images: images.mean(axis=(1, 2)), described) < least


def test_an_image_does_not_depend_on_how_many_there_are() -> None:
    few, many = drawn(NAMES, 32, 32, train_per_class=2), drawn(NAMES, 32, 32, train_per_class=50)
    for split in ("train", "validation", "test"):
        assert draw_picture(few, split, "deer", 1).tobytes() == draw_picture(many, split, "deer", 1).tobytes()
    assert len({draw_picture(few, split, "deer", 1).tobytes() for split in ("train", "validation", "test")}) == 3


@pytest.mark.parametrize("name", ["3", "sea", "apple"])
def test_the_smallest_images_can_be_drawn(name: str) -> None:
    described = drawn([name, "other"], 8, 8, sizes="many")
    sizes = [draw_picture(described, "train", name, index).size for index in range(20)]
    assert all(4 <= width <= 8 and 4 < height <= 8 for width, height in sizes) and len(set(sizes)) > 4


def test_scenes_are_drawn_the_same_beside_other_classes(tmp_path: Path) -> None:
    scenes, mixed = drawn(["sea", "street"], 32, 32), drawn(["zebra", "sea", "3", "apple"], 32, 32)
    images = dict(synthetic.draw_images(mixed, "train"))
    assert {name.partition("/")[0] for name in images} == set(mixed.classes)
    assert len(images) == 4 * mixed.train_per_class
    for name, image in synthetic.draw_images(scenes, "train"):
        if name.startswith("sea/"):
            assert any(image.tobytes() == other.tobytes() for other in images.values())


@pytest.mark.parametrize(
    ("changes", "synthetic", "words"),
    [
        ({}, {"validation_per_class": 3}, r"splits\.validation is \[\] and synthetic\.validation_per_class 3"),
        ({}, {"test_per_class": 0}, r"splits\.test is \['test'\] and synthetic\.test_per_class 0"),
        ({}, {"fewer": {"lake": 0.5}}, "synthetic.fewer: 'lake' is none of synthetic.classes"),
        ({}, {"classes": ["a/b", "c"]}, "pattern"),
        ({}, {"archive": "../../evil"}, "not a file name"),
        ({}, {"archive": "a/b"}, "not a file name"),
        ({}, {"archive": ".."}, "not a file name"),
        (
            {"layout": "cifar10-binary"},
            {"classes": [f"c{number}" for number in range(257)], "sizes": "same", "width": 32, "height": 32},
            "257 classes, but a label of the layout cifar10-binary is one byte; write at most 256",
        ),
        ({"layout": "class-in-name"}, {"archive": "all"}, "only the layout class-folders has one"),
        ({"layout": "cifar10-binary"}, {"sizes": "same"}, "are 32 by 32"),
        ({"layout": "idx"}, {"sizes": "many"}, "holds images of one size"),
        ({"layout": "idx"}, {"sizes": "same"}, "the layout idx has numbers for classes"),
    ],
)
def test_what_cannot_be_drawn(changes: dict[str, Any], synthetic: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        dataset(synthetic, **changes)
