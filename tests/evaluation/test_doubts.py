"""Doubts about labels and images: found where they were put, and nowhere else."""

import numpy
import pytest

from darkroom.evaluation import doubts

CLASSES = ("cat", "dog", "newt")


def probabilities(labels: numpy.ndarray, seed: int = 1) -> numpy.ndarray:
    """Of a good model: most of it for the label, the rest by chance."""
    drawn = numpy.random.default_rng(seed).dirichlet(numpy.ones(3), len(labels)) * 0.3
    drawn[numpy.arange(len(labels)), labels] += 0.7
    return drawn


def test_labels_that_were_changed_are_found_the_surest_first() -> None:
    true = numpy.repeat(numpy.arange(3), 200)
    found = probabilities(true)
    given = true.copy()
    changed = numpy.random.default_rng(3).choice(600, 30, replace=False)
    given[changed] = (true[changed] + 1) % 3
    rows, probable = doubts.find_label_errors(given, found)
    hits = numpy.isin(rows, changed)
    assert hits.sum() >= 24 and hits.mean() >= 0.9
    assert (probable[hits] == true[rows[hits]]).all()
    table = doubts.tabulate_label_errors([f"{n}.jpg" for n in range(600)], given, found, CLASSES)
    assert list(table["file"]) == [f"{row}.jpg" for row in rows]
    margins = table["p_class"] - table["p_probable"]
    assert margins.is_monotonic_increasing
    row = table.iloc[0]
    assert (row["class"], row["probable"]) == (CLASSES[given[rows[0]]], CLASSES[true[rows[0]]])
    assert row["p_probable"] > 0.7


def test_a_model_that_is_right_doubts_nothing() -> None:
    true = numpy.repeat(numpy.arange(3), 200)
    rows, _ = doubts.find_label_errors(true, probabilities(true))
    assert rows.tolist() == []


def test_a_mistake_of_an_unsure_model_is_no_label_error() -> None:
    """A class whose images get little probability on average needs little; one that is sure needs as much as usual."""
    labels = numpy.array([0, 0, 0, 1, 1, 1])
    found = numpy.array([[0.9, 0.1], [0.95, 0.05], [0.4, 0.6], [0.1, 0.9], [0.05, 0.95], [0.0, 1.0]])
    rows, _ = doubts.find_label_errors(labels, found)
    assert rows.tolist() == []
    found[2] = [0.02, 0.98]
    rows, probable = doubts.find_label_errors(labels, found)
    assert (rows.tolist(), probable.tolist()) == ([2], [1])


def test_a_class_without_images_is_no_probable_one() -> None:
    labels = numpy.array([0, 0, 1, 1])
    found = numpy.array([[0.1, 0.1, 0.8], [0.9, 0.1, 0], [0.1, 0.9, 0], [0, 1, 0]])
    assert 2 not in doubts.find_label_errors(labels, found)[1]


@pytest.mark.parametrize("values", [2, 64])
def test_an_image_far_from_its_class_is_found(values: int) -> None:
    drawn = numpy.random.default_rng(2)
    labels = numpy.repeat(numpy.arange(2), 100)
    centres = numpy.eye(2, values) * 10
    features = centres[labels] + drawn.normal(0, 0.5, (200, values))
    features[30] = centres[1] * 7
    table = doubts.tabulate_far([str(n) for n in range(200)], labels, features, CLASSES[:2])
    assert table["file"].iloc[0] == "30" and table["class"].iloc[0] == "cat"
    assert table["angle"].iloc[0] == pytest.approx(90, abs=10)
    assert table["score"].is_monotonic_decreasing
    assert len(table) <= 1 + 200 * 0.03


def test_a_small_class_and_equal_images_give_no_outliers() -> None:
    features = numpy.array([[1.0, 0], [0, 1], [1, 1], [0, 0], *[[1, 0]] * 6, [0, 1]])
    labels = numpy.array([0] * 4 + [1] * 7)
    assert numpy.isnan(doubts.measure_angles(labels, features)[:4]).all()
    assert doubts.tabulate_far([str(n) for n in range(11)], labels, features, CLASSES[:2]).empty
