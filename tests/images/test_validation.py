"""Images of train that validate: of each class its share, whole groups, and no class left without an image."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy
import pytest

from darkroom.core.files import write_json
from darkroom.images.prepared.shards import open_view
from darkroom.images.prepared.validation import (
    draw_from_classes,
    draw_groups,
    draw_validation_rows,
    split_learning_rows,
)
from darkroom.images.prepared.views import COPIES, DESCRIPTION, GROUPS, View
from darkroom.transfer_learning.base import select_inherited
from tests.support.refusals import one_line

Make = Callable[..., View]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a view of images with these labels, and perhaps groups."""

    def write(
        labels: list[int], groups: list[int] | None = None, own: int = 0, copies: list[int] | None = None
    ) -> View:
        write_json(tmp_path / DESCRIPTION, {"classes": [f"class-{n}" for n in range(max(labels) + 1)]})
        for split, values in (("train", labels), ("validation", [0] * own)):
            if values:
                numpy.save(tmp_path / f"{split}.npy", numpy.zeros((len(values), 2, 2, 1), numpy.uint8))
                numpy.save(tmp_path / f"{split}-labels.npy", numpy.array(values, numpy.int64))
        if groups:
            numpy.save(tmp_path / GROUPS, numpy.array(groups, numpy.int64))
        if copies:
            numpy.save(tmp_path / COPIES, numpy.array(copies, numpy.int64))
        return open_view(tmp_path)

    return write


def whole(rows: tuple[numpy.ndarray, numpy.ndarray], images: int) -> bool:
    """Whether the rows are all, each once, and in ascending order."""
    ascending = all((numpy.diff(part) > 0).all() and part.dtype == numpy.int64 for part in rows)
    return ascending and sorted(numpy.concatenate(rows)) == list(range(images))


def test_a_plain_fraction_draws_the_rows_that_it_always_drew(make: Make) -> None:
    """The rows of NumPy's own permutation, as every study's models were trained on."""
    view, order = make([0, 1] * 50), numpy.random.default_rng(13).permutation(100)
    rows = split_learning_rows(view, 0.2, 13)
    numpy.testing.assert_array_equal(rows[1], numpy.sort(order[:20]))
    numpy.testing.assert_array_equal(rows[0], numpy.sort(order[20:]))


@pytest.mark.parametrize("sizes", [(62, 30, 8), (10, 10, 10), (997, 2, 1)])
@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_each_class_gives_its_share(sizes: tuple[int, ...], fraction: float) -> None:
    labels = numpy.random.default_rng(1).permutation(numpy.repeat(numpy.arange(len(sizes)), sizes))
    rows = draw_from_classes(labels, fraction, seed=3)
    assert whole(rows, sum(sizes)) and len(rows[1]) == int(sum(sizes) * fraction)
    for label, size in enumerate(sizes):
        count = int((labels[rows[1]] == label).sum())
        assert abs(count - size * fraction) < 1 and count < size
    numpy.testing.assert_array_equal(rows[1], draw_from_classes(labels, fraction, seed=3)[1])
    assert list(rows[1]) != list(draw_from_classes(labels, fraction, seed=4)[1])


@pytest.mark.parametrize("seed", range(6))
def test_groups_stay_together_near_the_fraction_of_each_class(seed: int) -> None:
    drawn = numpy.random.default_rng(seed)
    sizes = drawn.integers(1, 9, 120)
    groups = drawn.permutation(numpy.repeat(numpy.arange(120), sizes))
    labels = numpy.array([3, 1, 1])[groups % 3] - 1  # one class with twice as many images as the other
    rows = draw_groups(labels, groups, 0.2, seed)
    assert whole(rows, len(groups)) and not set(groups[rows[0]]) & set(groups[rows[1]])
    for label in (0, 2):
        assert abs((labels[rows[1]] == label).sum() - 0.2 * (labels == label).sum()) <= 4
    numpy.testing.assert_array_equal(rows[1], draw_groups(labels, groups, 0.2, seed)[1])
    assert list(rows[1]) != list(draw_groups(labels, groups, 0.2, seed + 1)[1])


@pytest.mark.parametrize("split", [0.2, {"fraction": 0.2, "stratify": True}, {"fraction": 0.2, "stratify": False}])
def test_a_view_with_groups_is_split_by_them(make: Make, split: float | Mapping[str, object]) -> None:
    groups = [n // 5 for n in range(100)]
    view = make([group % 2 for group in groups], groups)
    train, validation = split_learning_rows(view, split, 1)
    assert len(validation) == 20 and not {n // 5 for n in train} & {n // 5 for n in validation}


def test_stratifying_is_by_the_key_alone(make: Make) -> None:
    view = make([0] * 90 + [1] * 10)
    plain = split_learning_rows(view, {"fraction": 0.2, "stratify": False}, 5)
    numpy.testing.assert_array_equal(plain[1], draw_validation_rows(100, 0.2, 5)[1])
    stratified = split_learning_rows(view, {"fraction": 0.2, "stratify": True}, 5)
    assert (stratified[1] >= 90).sum() == 2


def test_a_class_that_would_not_train_is_refused(make: Make) -> None:
    view = make([0] * 30 + [1])
    seed = next(n for n in range(99) if 30 in draw_validation_rows(31, 0.5, n)[1])
    words = (
        "validation_split: 0.5 leaves no image of class-1 to train on; write {fraction: 0.5, stratify: true}, or add"
    )
    one_line(lambda: split_learning_rows(view, 0.5, seed), words)
    assert 30 in split_learning_rows(view, {"fraction": 0.5, "stratify": True}, seed)[0]


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([0] * 10, "1 groups of training images, of 10 to 10 images, do not divide by validation_split: 0.2"),
        ([0] * 5 + [1] * 5, "2 groups of training images, of 5 to 5 images"),
    ],
)
def test_groups_that_do_not_divide(make: Make, groups: list[int], words: str) -> None:
    view = make([0, 1] * 5, groups)
    one_line(lambda: split_learning_rows(view, 0.2, 1), words, "add groups or change the fraction")


def test_a_view_with_validation_images_of_its_own(make: Make) -> None:
    view = make([0, 1] * 5, own=3)
    assert [len(rows) for rows in split_learning_rows(view, None, 1)] == [10, 3]
    one_line(lambda: split_learning_rows(view, 0.2, 1), "has validation images of its own")


def test_a_fine_tune_has_the_split_of_its_base() -> None:
    keys = ("training.validation_split", "training.validation_split.fraction", "training.validation_split.stratify")
    assert tuple(select_inherited(dict.fromkeys((*keys, "training.epochs")))) == keys


@pytest.mark.parametrize("split", [0.25, {"fraction": 0.25, "stratify": True}])
def test_no_image_validates_whose_bytes_train(make: Make, split: float | Mapping[str, object]) -> None:
    labels = [0, 1] * 20
    plain = split_learning_rows(make(labels), split, 4)  # type: ignore[arg-type]
    lone, pair = plain[1][0], plain[1][1:3]
    copies = list(range(40))
    copies[lone] = copies[plain[0][0]]  # of an image that trains
    copies[pair[0]] = copies[pair[1]]  # of each other, and both validate
    train, validation = split_learning_rows(make(labels, copies=copies), split, 4)  # type: ignore[arg-type]
    assert whole((train, validation), 40)
    assert set(plain[1]) - set(validation) == {lone}
    assert set(pair) <= set(validation)


def test_copies_alone_cannot_validate(make: Make) -> None:
    line = one_line(lambda: split_learning_rows(make([0, 1] * 5, copies=[0] * 10), 0.3, 4))
    assert "every image that would validate has the bytes of one that trains" in line
