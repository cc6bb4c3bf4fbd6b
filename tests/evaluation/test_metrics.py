"""Metrics against numbers worked out by hand."""

import math

import numpy
import pandas
import pytest

from darkroom.evaluation import metrics
from darkroom.reporting.tables import markdown

CLASSES = ["forest", "sea", "street"]
LABELS = numpy.array([0, 0, 0, 1, 1, 2])
PROBABILITIES = numpy.array(
    [[0.8, 0.1, 0.1], [0.6, 0.2, 0.2], [0.3, 0.7, 0.0], [0.1, 0.9, 0.0], [0.2, 0.8, 0.0], [0.3, 0.7, 0.0]]
)
PREDICTED = PROBABILITIES.argmax(axis=1)


def test_scores_of_classes_are_those_worked_out_by_hand() -> None:
    table = metrics.score_classes(LABELS, PREDICTED, CLASSES)
    assert table["class"].tolist() == CLASSES
    assert table["precision"].tolist() == pytest.approx([1, 2 / 4, 0])
    assert table["recall"].tolist() == pytest.approx([2 / 3, 1, 0])
    assert table["f1"].tolist() == pytest.approx([0.8, 2 / 3, 0])
    assert table["support"].tolist() == [3, 2, 1]
    assert table["predicted"].tolist() == [2, 4, 0]


def test_confusion_counts_true_classes_by_row() -> None:
    counts = metrics.count_confusions(LABELS, PREDICTED, CLASSES)
    assert counts.tolist() == [[2, 1, 0], [0, 2, 0], [0, 1, 0]]
    assert metrics.compute_shares(counts)[0].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert metrics.tabulate_confusions(counts, CLASSES).columns.tolist() == [
        "class",
        "predicted_forest",
        "predicted_sea",
        "predicted_street",
    ]


@pytest.mark.parametrize("seed", range(20))
def test_scores_and_confusions_are_those_of_scikit_learn_to_the_bit(seed: int) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    random = numpy.random.default_rng(seed)
    count = int(random.integers(2, 12))
    labels, predicted = random.integers(0, [[count], [random.integers(1, count + 1)]], (2, 150))
    counts = metrics.count_confusions(labels, predicted, CLASSES * 4)[:count, :count]
    assert (counts == sklearn.confusion_matrix(labels, predicted, labels=range(count))).all()
    table = metrics.score_classes(labels, predicted, [f"class {number}" for number in range(count)])
    expected = sklearn.precision_recall_fscore_support(labels, predicted, labels=range(count), zero_division=0)
    for name, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        assert (table[name] == values).all()


def test_a_class_without_images_has_shares_of_zero() -> None:
    assert metrics.compute_shares(numpy.array([[3, 1], [0, 0]])).tolist() == [[0.75, 0.25], [0, 0]]


def test_confused_pairs_are_ordered_by_images_then_share() -> None:
    pairs = metrics.find_confused_pairs(numpy.array([[90, 5, 5], [0, 10, 5], [7, 0, 1]]), CLASSES, most=3)
    assert pairs.values.tolist() == [
        ["street", "forest", 7, 7 / 8],
        ["sea", "street", 5, 5 / 15],
        ["forest", "sea", 5, 0.05],
    ]


def test_no_pair_is_confused_by_a_perfect_model() -> None:
    assert metrics.find_confused_pairs(numpy.diag([3, 4, 5]), CLASSES, most=5).empty


def test_loss_is_the_mean_negative_logarithm_and_stays_finite() -> None:
    expected = -(math.log(0.8) + math.log(0.6) + math.log(0.3) + math.log(0.9) + math.log(0.8) + math.log(1e-7)) / 6
    assert metrics.compute_cross_entropy(LABELS, PROBABILITIES) == pytest.approx(expected)


def test_loss_is_that_of_keras() -> None:
    keras = pytest.importorskip("keras")
    ours = metrics.compute_cross_entropy(LABELS, PROBABILITIES.astype("float32"))
    losses = keras.losses.sparse_categorical_crossentropy(LABELS, PROBABILITIES.astype("float32"))
    assert ours == pytest.approx(float(numpy.mean(losses)), rel=1e-5)


def test_calibration_bins_are_closed_above() -> None:
    labels = numpy.array([0, 1, 0, 1])
    probabilities = numpy.array([[0.5, 0.5], [0.25, 0.75], [0.8, 0.2], [1.0, 0.0]])
    table = metrics.measure_calibration(labels, probabilities, bins=4)
    assert table["images"].tolist() == [0, 1, 1, 2]
    assert table["confidence"].tolist()[1:] == pytest.approx([0.5, 0.75, 0.9])
    assert table["accuracy"].tolist()[1:] == pytest.approx([1, 1, 0.5])
    assert table.loc[0, ["confidence", "accuracy"]].isna().all()
    assert (table["lower"].tolist(), table["upper"].tolist()) == ([0, 0.25, 0.5, 0.75], [0.25, 0.5, 0.75, 1])


def test_expected_calibration_error_weighs_bins_by_their_images() -> None:
    labels = numpy.array([0, 1, 0, 1])
    probabilities = numpy.array([[0.5, 0.5], [0.25, 0.75], [0.8, 0.2], [1.0, 0.0]])
    table = metrics.measure_calibration(labels, probabilities, bins=4)
    expected = 1 / 4 * 0.5 + 1 / 4 * 0.25 + 2 / 4 * abs(0.5 - 0.9)
    assert metrics.compute_calibration_error(table) == pytest.approx(expected)


def test_summary_holds_the_metrics_of_the_test_set() -> None:
    summary = metrics.summarize(LABELS, PROBABILITIES, CLASSES, bins=10)
    assert (summary["images"], summary["correct"], summary["wrong"]) == (6, 4, 2)
    assert summary["accuracy"] == pytest.approx(4 / 6)
    assert summary["macro_recall"] == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_a_class_without_images_takes_no_part_in_the_means() -> None:
    labels, certain = numpy.array([0, 1, 1]), numpy.eye(3)[[0, 1, 1]]
    summary = metrics.summarize(labels, certain, ["a", "b", "not tested"], bins=10)
    assert [summary[f"macro_{name}"] for name in ("precision", "recall", "f1")] == [1, 1, 1]


def test_predictions_hold_every_class_probability_even_of_awkward_class_names() -> None:
    names = ["file", "class", "NA"]
    table = metrics.tabulate_predictions(["a", "b", "c", "d", "e", "f"], LABELS, PROBABILITIES, names)
    assert table.columns.tolist() == ["file", "class", "predicted", "probability", "p_file", "p_class", "p_NA"]
    assert table.loc[2, ["file", "class", "predicted", "probability", "p_file"]].tolist() == [
        "c",
        "file",
        "class",
        0.7,
        0.3,
    ]


def test_markdown_escapes_names_and_formats_numbers() -> None:
    table = pandas.DataFrame(
        {"class": ["a|b", "c_d"], "images": [1234, 5], "share": [0.5, math.nan], "kept": [True, False]}
    )
    assert markdown(table, {"share": ".1%"}) == (
        "| class | images | share | kept |\n| --- | --: | --: | --- |\n"
        "| a\\|b | 1,234 | 50.0% | yes |\n| c\\_d | 5 | – | no |\n"
    )


def test_ambiguous_images_are_ordered_by_the_difference_of_their_two_best_classes() -> None:
    probabilities = numpy.array([[0.75, 0.25, 0], [0.25, 0.25, 0.5], [0, 0.625, 0.375], [0.5, 0.25, 0.25]])
    table = metrics.find_ambiguous(["a", "b", "c", "d"], numpy.array([0, 1, 2, 0]), probabilities, CLASSES, most=3)
    assert table.index.tolist() == [1, 2, 3]  # of equal differences the first image comes first
    assert table.loc[1].tolist() == ["b", "sea", "street", 0.5, "forest", 0.25]
    assert table.loc[2].tolist() == ["c", "street", "sea", 0.625, "street", 0.375]
