"""Verdicts on learning curves, most of them small or short histories of real training runs."""

import math

import numpy
import pandas
import pytest

from darkroom.evaluation.curve_shape import compute_running_means, is_still_falling, measure_largest_swing
from darkroom.evaluation.curves import judge, read_epoch


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
    verdict = judge(history(loss, validation), 6, stopped_early)
    assert verdict.outcome == outcome
    assert verdict.reason and "  " not in verdict.reason


def test_verdict_gives_the_numbers_it_rests_on() -> None:
    verdict = judge(history([1.5, 0.8, 0.4], [1.4, 1.0, 1.2]), 6, stopped_early=True)
    assert (verdict.epochs, verdict.best_epoch, verdict.lowest) == (3, 2, 1.0)
    assert (verdict.gap_best, verdict.gap_last) == (pytest.approx(0.2), pytest.approx(0.8))
    assert verdict.rise == pytest.approx(0.2)
    assert not verdict.still_falling
    assert "rose by 20% to 1.200 while training loss fell from 0.800 to 0.400" in verdict.reason


def test_loss_still_falls_when_its_trend_does_though_the_last_epoch_is_not_the_best() -> None:
    noisy = numpy.array([1.6, 1.4, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.66, 0.6, 0.62])
    assert is_still_falling(noisy)
    assert not is_still_falling(numpy.array([1.6, 0.6, 0.61, 0.60001, 0.61, 0.62]))
    assert not is_still_falling(numpy.array(BATCH_64))  # its last epoch is the lowest, by a thousandth


LEVEL = [1.6, 1.2, 0.8, 0.60, 0.61, 0.605, 0.61, 0.612]


@pytest.mark.parametrize(
    ("learned", "held", "outcome"),
    [
        ([0.4, 0.6, 0.7, 0.8, 0.85, 0.88, 0.90, 0.90], [0.4, 0.55, 0.6, 0.62, 0.63, 0.62, 0.625, 0.625], "overfitting"),
        ([0.4, 0.6, 0.7, 0.8, 0.82, 0.84, 0.84, 0.84], [0.4, 0.6, 0.7, 0.78, 0.79, 0.78, 0.79, 0.79], "converged"),
        ([0.4, 0.5, 0.6, 0.7, 0.72, 0.74, 0.74, 0.74], [0.5, 0.6, 0.7, 0.80, 0.85, 0.86, 0.86, 0.86], "converged"),
        ([0.4, 0.5, 0.9, 0.7, 0.70, 0.70, 0.70, 0.70], [0.4, 0.5, 0.6, 0.68, 0.70, 0.70, 0.69, 0.70], "converged"),
    ],
)
def test_a_wide_gap_is_overfitting_though_validation_loss_is_level(
    learned: list[float], held: list[float], outcome: str
) -> None:
    verdict = judge(history(FALLING, LEVEL).assign(accuracy=learned, val_accuracy=held), 6, stopped_early=True)
    assert verdict.outcome == outcome
    assert (verdict.cause == "gap") == (outcome == "overfitting")


def test_a_gap_is_said_in_points() -> None:
    curves = history(FALLING, LEVEL).assign(accuracy=[0.9] * 8, val_accuracy=[0.625] * 8)
    reason = judge(curves, 6, stopped_early=True).reason
    assert "training accuracy ended at 90.0%" in reason
    assert "27.5 points above validation accuracy, 62.5%" in reason


def test_one_epoch_can_be_judge() -> None:
    verdict = judge(history([1.0], [0.9]), 6, stopped_early=False)
    assert (verdict.outcome, verdict.best_epoch, verdict.rise) == ("underfit", 1, 0)
    assert verdict.reason == "a single epoch shows no trend"


def test_a_swing_counts_only_what_came_back() -> None:
    assert measure_largest_swing(numpy.array([3.0, 1.0, 2.0, 1.5])) == pytest.approx(0.5)
    assert measure_largest_swing(numpy.array([3.0, 2.0, 1.0, 5.0])) == 0


WASTE = ([0.675, 0.605, 0.548, 0.519, 0.476, 0.464], [0.644, 0.596, 0.558, 0.530, 0.507, 0.480])


@pytest.mark.parametrize(
    ("stopped_early", "said"), [(True, "a callback ended the training run while"), (False, "when the epochs ran out")]
)
def test_a_loss_that_still_falls_has_not_converged_whoever_ended_the_training(stopped_early: bool, said: str) -> None:
    verdict = judge(history(*WASTE), 6, stopped_early)
    assert (verdict.outcome, verdict.still_falling) == ("underfit", True)
    assert said in verdict.reason


def test_a_hair_below_guessing_is_guessing() -> None:
    always_one_class = [1.102, 0.694, 0.692, 0.693, 0.693, 0.693], [0.6929, 0.694, 0.694, 0.694, 0.694, 0.694]
    verdict = judge(history(*always_one_class), 2, stopped_early=True)
    assert verdict.outcome == "underfit"
    assert "0.693, is not clearly below that of guessing among 2 classes, 0.693, nor is the training" in verdict.reason
    learned = [0.70, 0.67, 0.65, 0.64, 0.63, 0.62], [0.69, 0.68, 0.66, 0.66, 0.66, 0.66]
    assert judge(history(*learned), 2, stopped_early=True).outcome == "converged"


def test_who_learned_the_training_images_alone_overfits() -> None:
    loss = [3.611, 1.703, 0.554, 0.373, 0.188, 0.104, 0.070, 0.052, 0.029, 0.034, 0.020, 0.016, 0.013]
    validation = [1.656, 1.654, 1.214, 1.081, 0.867, 0.892, 0.853, 0.826, 0.888, 0.882, 0.950, 0.890, 0.984]
    verdict = judge(history(loss, validation), 2, stopped_early=True)
    assert verdict.outcome == "overfitting"
    assert "after epoch 8 validation loss rose by 10% to 0.941" in verdict.reason
    level = judge(history(loss, [*validation[:8], *[0.83] * 5]), 2, stopped_early=True)
    assert level.outcome == "overfitting"
    assert "training loss ended at 0.016 (means of 3 epochs), but the lowest validation loss, 0.826, is" in level.reason
    alone = judge(history(loss, validation), 2, stopped_early=True, cross_entropy=False)
    assert "guessing" not in alone.reason


TRAINED = [1.980, 1.621, 1.501, 1.409, 1.325, 1.266, 1.229, 1.170, 1.127, 1.091, 1.058, 1.029, 0.997, 0.994, 0.963]
NOISY = [1.799, 1.618, 1.458, 1.476, 1.406, 1.268, 1.328, 1.314, 1.270, 1.265, 1.150, 1.162, 1.070, 1.193, 1.206]
BATCH_32 = [1.764, 1.629, 1.563, 1.493, 1.492, 1.471, 1.470, 1.463, 1.472, 1.452, 1.495, 1.447, 1.480, 1.492, 1.538]
BATCH_64 = [1.824, 1.701, 1.620, 1.545, 1.512, 1.531, 1.485, 1.462, 1.455, 1.476, 1.459, 1.464, 1.462, 1.499, 1.454]
MOMENTUM = [1.748, 1.576, 1.516, 1.478, 1.464, 1.508, 1.464, 1.484, 1.498, 1.482, 1.499, 1.497, 1.585, 1.575, 1.626]


@pytest.mark.parametrize(
    ("validation", "outcome", "said"),
    [
        (NOISY, "converged", "ended 2.6% above its lowest, 0.172 above training loss (means of 3 epochs)"),
        (BATCH_32, "converged", "ended 2.8% above its lowest"),
        (BATCH_64, "converged", "ended 0.7% above its lowest"),
        (MOMENTUM, "overfitting", "after epoch 5 validation loss rose by 8% to 1.595 while training loss fell"),
    ],
)
def test_one_noisy_epoch_does_not_decide(validation: list[float], outcome: str, said: str) -> None:
    verdict = judge(history(TRAINED, validation), 10, stopped_early=False)
    assert (verdict.outcome, verdict.rise) == (outcome, pytest.approx(validation[-1] / min(validation) - 1))
    assert said in verdict.reason


def test_a_lowest_last_epoch_is_not_what_a_rise_is_dated_from() -> None:
    validation = [1.6, 1.2, 1.0, 1.0, 1.0, 1.01, 1.3, 1.3, 0.99]
    verdict = judge(history([*FALLING, 0.1], validation), 6, stopped_early=False)
    assert verdict.best_epoch == 9
    assert verdict.reason.startswith("after epoch 5 validation loss rose by 20% to 1.197 while training loss fell from")


def test_the_means_are_of_three_epochs_or_fewer_in_a_short_training_run() -> None:
    assert compute_running_means(numpy.arange(9.0)).tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert compute_running_means(numpy.arange(6.0)).tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert compute_running_means(numpy.arange(2.0)).tolist() == [0, 1]


def test_what_nothing_validated_has_no_verdict() -> None:
    alone = history([1.5, 0.8], [1.4, 1.0]).drop(columns=["val_loss", "val_accuracy"])
    assert judge(alone, 6, stopped_early=False) is None
    values = {"train_accuracy": 0.5, "train_loss": 0.8, "val_accuracy": None, "val_loss": None}
    assert read_epoch(alone, 2) == values


def test_values_of_an_epoch_that_are_not_finite_are_none() -> None:
    assert read_epoch(history([1.5, math.nan], [1.4, math.inf]), 2) == {
        "train_accuracy": 0.5,
        "train_loss": None,
        "val_accuracy": 0.5,
        "val_loss": None,
    }
