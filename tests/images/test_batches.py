"""Batches come in a seeded order, every row once an epoch, in equal parts."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy
import pytest

from darkroom.core.errors import UserError
from darkroom.images.prepared.batches import Batches
from darkroom.images.prepared.shards import open_view
from darkroom.images.prepared.validation import draw_validation_rows
from darkroom.images.prepared.views import View


@pytest.fixture
def view(tmp_path: Path) -> View:
    images = numpy.arange(50, dtype=numpy.uint8)[:, None, None, None] * numpy.ones((1, 4, 4, 1), dtype=numpy.uint8)
    numpy.save(tmp_path / "train.npy", images)
    numpy.save(tmp_path / "train-labels.npy", numpy.arange(50))
    (tmp_path / "view.json").write_text(json.dumps({"classes": ["a", "b"]}))
    return open_view(tmp_path)


def of(view: View) -> tuple[Callable, numpy.ndarray]:
    return partial(view.read, "train"), view.labels("train")


def rows_of(batches: Batches) -> list[list[int]]:
    return [[int(image[0, 0, 0]) for image in batches[index][0]] for index in range(len(batches))]


def test_every_row_comes_once_and_keeps_its_label(view: View) -> None:
    batches = Batches(*of(view), numpy.arange(50), 8, 1, seed=3)
    assert sorted([row for part in rows_of(batches) for row in part]) == list(range(50))
    for index in range(len(batches)):
        images, labels = batches[index]
        assert images.dtype == numpy.uint8
        numpy.testing.assert_array_equal(images[:, 0, 0, 0], labels)


def test_epochs_differ_and_runs_do_not(view: View) -> None:
    first, again = (Batches(*of(view), numpy.arange(50), 8, 1, seed=3) for _ in range(2))
    epoch_one = rows_of(first)
    assert rows_of(again) == epoch_one
    first.on_epoch_end()
    assert rows_of(first) != epoch_one
    again.on_epoch_end()
    assert rows_of(again) == rows_of(first)
    assert rows_of(Batches(*of(view), numpy.arange(50), 8, 1, seed=4)) != epoch_one


@pytest.mark.parametrize(
    ("rows", "sizes"), [(16, [4, 4, 4, 4]), (22, [4, 4, 4, 4, 3, 3]), (17, [4, 4, 5, 4]), (10, [4, 4, 1, 1]), (1, [1])]
)
def test_parts_are_equal_and_never_left_over(view: View, rows: int, sizes: list[int]) -> None:
    batches = Batches(*of(view), numpy.arange(rows), 8, 2, seed=None)
    assert [len(part) for part in rows_of(batches)] == sizes


def test_without_a_seed_the_order_stays(view: View) -> None:
    batches = Batches(*of(view), numpy.arange(10, 20), 4, 1, seed=None)
    assert [row for part in rows_of(batches) for row in part] == list(range(10, 20))


def test_the_validation_split_is_seeded_whole_and_mixed() -> None:
    train, validation = draw_validation_rows(100, 0.2, seed=1)
    assert sorted([*train, *validation]) == list(range(100))
    assert len(validation) == 20
    assert list(validation) != list(range(80, 100))
    numpy.testing.assert_array_equal(validation, draw_validation_rows(100, 0.2, seed=1)[1])
    assert list(validation) != list(draw_validation_rows(100, 0.2, seed=2)[1])


def test_too_few_images_for_the_split_give_one_line() -> None:
    with pytest.raises(UserError, match=r"3 training images are too few for validation_split: 0\.2"):
        draw_validation_rows(3, 0.2, seed=1)
