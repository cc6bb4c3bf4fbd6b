"""Metrics against numbers worked out by hand, and verdicts on learning curves."""

import math

import numpy
import pandas
import pytest

from stages import metrics
from stages.curves import at_epoch, judged, largest_swing, still_falling
from stages.tables import markdown

CLASSES = ["forest", "sea", "street"]
LABELS = numpy.array([0, 0, 0, 1, 1, 2])
PROBABILITIES = numpy.array(
    [[0.8, 0.1, 0.1], [0.6, 0.2, 0.2], [0.3, 0.7, 0.0], [0.1, 0.9, 0.0], [0.2, 0.8, 0.0], [0.3, 0.7, 0.0]]
)
PREDICTED = PROBABILITIES.argmax(axis=1)


def test_per_class_figures_are_those_worked_out_by_hand() -> None:
    table = metrics.per_class(LABELS, PREDICTED, CLASSES)
    assert table["class"].tolist() == CLASSES
    assert table["precision"].tolist() == pytest.approx([1, 2 / 4, 0])
    assert table["recall"].tolist() == pytest.approx([2 / 3, 1, 0])
    assert table["f1"].tolist() == pytest.approx([0.8, 2 / 3, 0])
    assert table["support"].tolist() == [3, 2, 1]
    assert table["predicted"].tolist() == [2, 4, 0]


def test_confusion_counts_true_classes_by_row() -> None:
    counts = metrics.confusion(LABELS, PREDICTED, CLASSES)
    assert counts.tolist() == [[2, 1, 0], [0, 2, 0], [0, 1, 0]]
    assert metrics.shares(counts)[0].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert metrics.confusion_table(counts, CLASSES).columns.tolist() == [
        "class",
        "predicted_forest",
        "predicted_sea",
        "predicted_street",
    ]


def test_a_class_without_images_has_shares_of_zero() -> None:
    assert metrics.shares(numpy.array([[3, 1], [0, 0]])).tolist() == [[0.75, 0.25], [0, 0]]


def test_confused_pairs_are_ordered_by_images_then_share() -> None:
    pairs = metrics.confused_pairs(numpy.array([[90, 5, 5], [0, 10, 5], [7, 0, 1]]), CLASSES, most=3)
    assert pairs.values.tolist() == [
        ["street", "forest", 7, 7 / 8],
        ["sea", "street", 5, 5 / 15],
        ["forest", "sea", 5, 0.05],
    ]


def test_no_pair_is_confused_by_a_perfect_model() -> None:
    assert metrics.confused_pairs(numpy.diag([3, 4, 5]), CLASSES, most=5).empty


def test_loss_is_the_mean_negative_logarithm_and_stays_finite() -> None:
    expected = -(math.log(0.8) + math.log(0.6) + math.log(0.3) + math.log(0.9) + math.log(0.8) + math.log(1e-7)) / 6
    assert metrics.cross_entropy(LABELS, PROBABILITIES) == pytest.approx(expected)


def test_loss_is_that_of_keras() -> None:
    keras = pytest.importorskip("keras")
    ours = metrics.cross_entropy(LABELS, PROBABILITIES.astype("float32"))
    losses = keras.losses.sparse_categorical_crossentropy(LABELS, PROBABILITIES.astype("float32"))
    assert ours == pytest.approx(float(numpy.mean(losses)), rel=1e-5)


def test_calibration_bins_are_closed_above() -> None:
    labels = numpy.array([0, 1, 0, 1])
    probabilities = numpy.array([[0.5, 0.5], [0.25, 0.75], [0.8, 0.2], [1.0, 0.0]])
    table = metrics.calibration(labels, probabilities, bins=4)
    assert table["images"].tolist() == [0, 1, 1, 2]
    assert table["confidence"].tolist()[1:] == pytest.approx([0.5, 0.75, 0.9])
    assert table["accuracy"].tolist()[1:] == pytest.approx([1, 1, 0.5])
    assert table.loc[0, ["confidence", "accuracy"]].isna().all()
    assert (table["lower"].tolist(), table["upper"].tolist()) == ([0, 0.25, 0.5, 0.75], [0.25, 0.5, 0.75, 1])


def test_expected_calibration_error_weighs_bins_by_their_images() -> None:
    labels = numpy.array([0, 1, 0, 1])
    probabilities = numpy.array([[0.5, 0.5], [0.25, 0.75], [0.8, 0.2], [1.0, 0.0]])
    table = metrics.calibration(labels, probabilities, bins=4)
    expected = 1 / 4 * 0.5 + 1 / 4 * 0.25 + 2 / 4 * abs(0.5 - 0.9)
    assert metrics.expected_calibration_error(table) == pytest.approx(expected)


def test_summary_holds_the_figures_of_the_test_set() -> None:
    summary = metrics.summary(LABELS, PROBABILITIES, CLASSES, bins=10)
    assert (summary["images"], summary["right"], summary["wrong"]) == (6, 4, 2)
    assert summary["accuracy"] == pytest.approx(4 / 6)
    assert summary["macro_recall"] == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_predictions_hold_every_class_probability_even_of_awkward_class_names() -> None:
    names = ["file", "class", "NA"]
    table = metrics.predictions(["a", "b", "c", "d", "e", "f"], LABELS, PROBABILITIES, names)
    assert table.columns.tolist() == ["file", "class", "predicted", "probability", "p_file", "p_class", "p_NA"]
    assert table.loc[2, ["file", "class", "predicted", "probability", "p_file"]].tolist() == [
        "c",
        "file",
        "class",
        0.7,
        0.3,
    ]


def history(loss: list[float], validation: list[float]) -> pandas.DataFrame:
    accuracy = [0.5] * len(loss)
    epochs = range(1, len(loss) + 1)
    columns = {"epoch": epochs, "loss": loss, "accuracy": accuracy, "val_loss": validation, "val_accuracy": accuracy}
    return pandas.DataFrame(columns)


FALLING = [1.7, 1.2, 0.9, 0.7, 0.5, 0.4, 0.3, 0.2]


@pytest.mark.parametrize(
    ("loss", "validation", "stopped_early", "outcome"),
    [
        (FALLING, [1.6, 1.2, 1.0, 0.9, 0.95, 1.0, 1.1, 1.3], True, "overfitting"),
        (FALLING, [1.6, 1.3, 1.1, 0.95, 0.85, 0.76, 0.7, 0.65], False, "underfit"),
        ([1.8] * 8, [1.80, 1.81, 1.80, 1.80, 1.82, 1.80, 1.80, 1.80], True, "underfit"),
        (FALLING, [1.6, 1.2, 0.8, 0.60, 0.61, 0.605, 0.61, 0.612], True, "converged"),
        (FALLING, [1.6, 0.9, 4.0, 0.85, 3.1, 0.9, 0.95, 1.0], True, "unstable"),
        ([1.7, 1.0, 1.2, 1.4], [1.6, 1.0, 1.3, 1.5], True, "unstable"),
        ([1.7, 1.0, math.nan, math.nan], [1.6, 1.0, math.nan, math.nan], True, "unstable"),
    ],
)
def test_verdict(loss: list[float], validation: list[float], stopped_early: bool, outcome: str) -> None:
    assert judged(history(loss, validation), 6, stopped_early).outcome == outcome


def test_verdict_gives_the_numbers_it_rests_on() -> None:
    verdict = judged(history([1.5, 0.8, 0.4], [1.4, 1.0, 1.2]), 6, stopped_early=True)
    assert (verdict.epochs, verdict.best_epoch, verdict.lowest) == (3, 2, 1.0)
    assert (verdict.gap_best, verdict.gap_last) == (pytest.approx(0.2), pytest.approx(0.8))
    assert verdict.rise == pytest.approx(0.2)
    assert not verdict.still_falling
    assert "rose by 20% to 1.200 while training loss fell from 0.800 to 0.400" in verdict.reason


def test_loss_still_falls_when_its_trend_does_though_the_last_epoch_is_not_the_best() -> None:
    noisy = numpy.array([1.6, 1.4, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.66, 0.6, 0.62])
    assert still_falling(noisy, stopped_early=False)
    assert not still_falling(noisy, stopped_early=True)
    assert not still_falling(numpy.array([1.6, 0.6, 0.61, 0.60001, 0.61, 0.62]), stopped_early=False)


def test_one_epoch_can_be_judged() -> None:
    verdict = judged(history([1.0], [0.9]), 6, stopped_early=False)
    assert (verdict.outcome, verdict.best_epoch, verdict.rise) == ("underfit", 1, 0)


def test_a_swing_counts_only_what_came_back() -> None:
    assert largest_swing(numpy.array([3.0, 1.0, 2.0, 1.5])) == pytest.approx(0.5)
    assert largest_swing(numpy.array([3.0, 2.0, 1.0, 5.0])) == 0


def test_markdown_escapes_names_and_formats_numbers() -> None:
    table = pandas.DataFrame(
        {"class": ["a|b", "c_d"], "images": [1234, 5], "share": [0.5, math.nan], "kept": [True, False]}
    )
    assert markdown(table, {"share": ".1%"}) == (
        "| class | images | share | kept |\n| --- | --: | --: | --- |\n"
        "| a\\|b | 1,234 | 50.0% | yes |\n| c\\_d | 5 | – | no |\n"
    )


def test_doubtful_images_are_ordered_by_the_difference_of_their_two_best_classes() -> None:
    probabilities = numpy.array([[0.75, 0.25, 0], [0.25, 0.25, 0.5], [0, 0.625, 0.375], [0.5, 0.25, 0.25]])
    table = metrics.doubtful(["a", "b", "c", "d"], numpy.array([0, 1, 2, 0]), probabilities, CLASSES, most=3)
    assert table.index.tolist() == [1, 2, 3]  # of equal differences the first image comes first
    assert table.loc[1].tolist() == ["b", "sea", "street", 0.5, "forest", 0.25]
    assert table.loc[2].tolist() == ["c", "street", "sea", 0.625, "street", 0.375]


def test_what_nothing_validated_has_no_verdict() -> None:
    alone = history([1.5, 0.8], [1.4, 1.0]).drop(columns=["val_loss", "val_accuracy"])
    assert judged(alone, 6, stopped_early=False) is None
    figures = {"train_accuracy": 0.5, "train_loss": 0.8, "val_accuracy": None, "val_loss": None}
    assert at_epoch(alone, 2) == figures


def test_figures_of_an_epoch_that_are_no_numbers_are_none() -> None:
    assert at_epoch(history([1.5, math.nan], [1.4, math.inf]), 2) == {
        "train_accuracy": 0.5,
        "train_loss": None,
        "val_accuracy": 0.5,
        "val_loss": None,
    }
