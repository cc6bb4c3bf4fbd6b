"""The shift test: how images move, and what a model makes of them."""

from types import SimpleNamespace
from typing import Any

import numpy
import pytest

from darkroom.evaluation.intervals import wilson_interval
from darkroom.evaluation.shifts import measure_shifts, shift
from tests.support.refusals import one_line

SQUARE = numpy.arange(1, 10, dtype=numpy.uint8).reshape(1, 3, 3, 1)


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        (0, 0, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        (1, 0, [[1, 2, 3], [1, 2, 3], [4, 5, 6]]),
        (-1, 0, [[4, 5, 6], [7, 8, 9], [7, 8, 9]]),
        (0, 1, [[1, 1, 2], [4, 4, 5], [7, 7, 8]]),
        (0, -2, [[3, 3, 3], [6, 6, 6], [9, 9, 9]]),
    ],
)
def test_the_border_fills_what_becomes_free(rows: int, columns: int, expected: list[list[int]]) -> None:
    assert shift(SQUARE, rows, columns)[0, ..., 0].tolist() == expected


class Corner:
    """A network that gives the first class where the upper left pixel is bright."""

    def predict_on_batch(self, images: numpy.ndarray) -> numpy.ndarray:
        bright = (images[:, 0, 0, 0] > 0).astype("float32")
        return numpy.stack([bright, 1 - bright], axis=1)


def test_accuracy_is_the_mean_of_four_directions() -> None:
    images = numpy.zeros((3, 3, 3, 1), dtype=numpy.uint8)
    images[0, 0, 0] = images[1, 0, 1] = 9  # bright in the corner, bright beside it, dark
    labels = numpy.array([0, 1, 1])
    view: Any = SimpleNamespace(
        shape=(3, 3, 1), folder="view", labels=lambda split: labels, read=lambda split, rows: images[rows]
    )
    table = measure_shifts(Corner(), view, labels, 1, "evaluate")
    # up: the first loses its corner; down: none; left: the first loses it, the second gets one; right: none
    assert table["correct"].tolist() == [3, (2 + 3 + 1 + 3) / 4]
    assert table[["pixels", "images"]].to_numpy().tolist() == [[0, 3], [1, 3]]
    assert table["accuracy"].tolist() == pytest.approx([1, 0.75])
    assert table.loc[1, ["low", "high"]].tolist() == pytest.approx(wilson_interval(2.25, 3, 0.95))
    assert measure_shifts(Corner(), view, labels, 0, "evaluate").empty
    one_line(lambda: measure_shifts(Corner(), view, labels, 3, "evaluate"), "shifts: 3: the images of view")
