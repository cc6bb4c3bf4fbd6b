"""Optimizers, schedules of the learning rate, clipping, weight decay and smoothed labels do what they say."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from pydantic import ValidationError

from darkroom.core.backend import keras
from darkroom.params.training import Training
from darkroom.training.optimizers import make_optimizer
from darkroom.training.rates import Course
from darkroom.training.targets import Targets
from stages import train
from tests.support.learning import ARGUMENTS, NETWORK, TRAINING, model, write_view
from tests.support.small_study import BLOCKS
from tests.training.test_resume import PLATEAU, SCHEDULE

COSINE = {"name": "cosine", "warm_up": 1.5, "final": 0.1}
CYCLE = {**COSINE, "name": "one-cycle"}
STILL = {"blocks": {**BLOCKS, "filters": [4], "dropout": 0, "batch_normalization": None}, "normalization": "none"}


def fit_of(**changes: Any) -> Training:
    return Training(**{**TRAINING, "callbacks": [], **changes})


def dense() -> keras.Model:
    """Two weights, a bias, and the scale and shift of a normalization, all of 1."""
    image = keras.Input((2,))
    normalized = keras.layers.LayerNormalization()(image)
    network = keras.Model(image, keras.layers.Dense(1, use_bias=True)(normalized))
    network.set_weights([numpy.ones_like(weight) for weight in network.get_weights()])
    return network


def step(gradient: float, **changes: Any) -> dict[str, numpy.ndarray]:
    """The weights after one update with equal gradients, by name."""
    network = dense()
    optimizer = make_optimizer(network, fit_of(optimizer="sgd", learning_rate=0.5, **changes))
    for _ in range(changes.get("accumulation_steps", TRAINING["accumulation_steps"])):
        gradients = [keras.ops.full(weight.shape, gradient) for weight in network.trainable_weights]
        optimizer.apply(gradients, network.trainable_weights)
    return {weight.name: keras.ops.convert_to_numpy(weight) for weight in network.trainable_weights}


@pytest.mark.parametrize("parts", [1, 2])
def test_only_kernels_decay(parts: int) -> None:
    weights = step(0.0, weight_decay=0.1, accumulation_steps=parts)
    assert weights.pop("kernel") == pytest.approx(1 - 0.5 * 0.1)
    assert {name: set(weight.ravel()) for name, weight in weights.items()} == {
        name: {1.0} for name in ("gamma", "beta", "bias")
    }


@pytest.mark.parametrize("parts", [1, 4])
@pytest.mark.parametrize(("gradient", "moved"), [(3.0, 0.5 * 0.7 / numpy.sqrt(7)), (0.1, 0.05)])
def test_the_gradient_of_all_weights_together_is_clipped_once_an_update(
    parts: int, gradient: float, moved: float
) -> None:
    for weight in step(gradient, clip_norm=0.7, accumulation_steps=parts).values():
        assert weight == pytest.approx(1 - moved, rel=1e-5)


def test_adamw_is_that_of_keras() -> None:
    network = dense()
    optimizer = make_optimizer(network, fit_of(optimizer="adamw", weight_decay=0.02, accumulation_steps=1))
    assert type(optimizer) is keras.optimizers.AdamW
    optimizer.apply([keras.ops.zeros(weight.shape) for weight in network.trainable_weights], network.trainable_weights)
    assert keras.ops.convert_to_numpy(network.layers[-1].kernel) == pytest.approx(1 - 0.02 * 0.02)


def courses() -> dict[str, list[float]]:
    fits = {name: fit_of(epochs=4, learning_rate=0.2, schedule={**COSINE, "name": name}) for name in ("cosine",)}
    fits["none"] = fit_of(epochs=4, learning_rate=0.2, schedule={**COSINE, "warm_up": 0})
    fits["one-cycle"] = fit_of(epochs=4, learning_rate=0.2, schedule=CYCLE)
    return {name: [Course(fit, 4)(update) for update in range(16)] for name, fit in fits.items()}


def test_rates_follow_their_formulas() -> None:
    found, turn = courses(), numpy.arange(17)
    falling = 0.2 * (0.1 + 0.9 * (1 + numpy.cos(numpy.pi * turn[:10] / 10)) / 2)
    numpy.testing.assert_allclose(found["cosine"][6:], falling, rtol=1e-6)
    numpy.testing.assert_allclose(found["cosine"][:6], 0.2 / 6 + (0.2 - 0.2 / 6) * turn[:6] / 6, rtol=1e-6)
    numpy.testing.assert_allclose(found["one-cycle"][6:], falling, rtol=1e-6)
    rising = 0.2 / 25 + (0.2 - 0.2 / 25) * (1 - numpy.cos(numpy.pi * turn[:6] / 6)) / 2
    numpy.testing.assert_allclose(found["one-cycle"][:6], rising, rtol=1e-6)
    whole = 0.2 * (0.1 + 0.9 * (1 + numpy.cos(numpy.pi * turn[:16] / 16)) / 2)
    numpy.testing.assert_allclose(found["none"], whole, rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"optimizer": "adam", "weight_decay": 0.1}, "weight_decay 0.1: adam with it is adamw; write optimizer: adamw"),
        ({"optimizer": "adamw"}, "weight_decay 0: adamw without it is adam; write optimizer: adam, or give"),
        ({"optimizer": "adamw", "weight_decay": 0.1, "momentum": 0.9}, r"momentum 0\.9: adamw has its own"),
        ({"weight_decay": 1.0}, "less than 1"),
        ({"clip_norm": 0}, "greater than 0"),
        ({"label_smoothing": 1.0}, "less than 1"),
        ({"schedule": {**COSINE, "warm_up": 6}}, r"schedule\.warm_up 6\.0: epochs is 6; let the rate rise in fewer"),
        ({"schedule": {**COSINE, "name": "linear"}}, "'cosine' or 'one-cycle'"),
        ({"schedule": {**COSINE, "final": 1.0}}, "less than 1"),
        ({"schedule": COSINE, "callbacks": [SCHEDULE]}, "schedule sets .* and undoes LearningRateScheduler"),
        ({"schedule": COSINE, "callbacks": [PLATEAU]}, "undoes ReduceLROnPlateau; take that out, or write schedule: n"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        fit_of(**changes)


def test_labels_are_smoothed_as_keras_does_it() -> None:
    labels, random = numpy.array([0, 2, 1, 2]), numpy.random.default_rng(0)
    predicted = random.dirichlet([1, 1, 1], 4).astype(numpy.float32)
    targets = Targets(3, True, 0.3)
    for given, smoothing in ((targets.smooth(labels), 0.3), (targets.make(labels), 0.0)):
        expected = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)(numpy.eye(3)[labels], predicted)
        assert float(keras.losses.get(targets.loss)(given, predicted).numpy().mean()) == pytest.approx(float(expected))
    alone, halves = Targets(1, True, 0.3), predicted[:, :1]
    expected = keras.losses.BinaryCrossentropy(label_smoothing=0.3)((labels > 1)[:, None].astype(float), halves)
    found = keras.losses.get(alone.loss)(alone.smooth(numpy.array([0, 1, 0, 1])), halves)
    assert float(found.numpy().mean()) == pytest.approx(float(expected))
    (accuracy,) = alone.metrics
    accuracy.update_state(numpy.array([[0.2], [0.8], [0.4]]), numpy.array([[0.4], [0.9], [0.7]]))
    assert float(accuracy.result()) == pytest.approx(2 / 3)


@pytest.fixture
def learn(project: Callable[..., Path]) -> Callable[..., pandas.DataFrame]:
    """Train with changes of the usual training, and return the history."""
    names = (f"models/study/{number}" for number in itertools.count())

    def run(network: dict[str, Any] | None = None, **training: Any) -> pandas.DataFrame:
        write_view(project(model({"callbacks": [], **training}, **(network or {}))) / "view")
        out = Path(next(names))
        train.main([*ARGUMENTS, "--out", str(out)])
        return pandas.read_csv(out / "history.csv").assign(bytes=(out / "model.keras").read_bytes())

    return run


@pytest.mark.slow
def test_the_rate_of_an_epoch_does_not_depend_on_parts(learn: Callable) -> None:
    settings = {"schedule": COSINE, "epochs": 4, "batch_size": 20, "learning_rate": 0.2, "validation_split": None}
    network = {"head": {**NETWORK["head"], "dropout": [0]}, **STILL}
    whole, parts = (learn(network, accumulation_steps=steps, optimizer="sgd", **settings) for steps in (1, 4))
    numpy.testing.assert_allclose(whole["learning_rate"], courses()["cosine"][::4], rtol=1e-6)
    assert whole["learning_rate"].tolist() == parts["learning_rate"].tolist()
    numpy.testing.assert_allclose(whole["loss"], parts["loss"], rtol=1e-3)
    assert learn(network, accumulation_steps=4, optimizer="sgd", **settings)["bytes"][0] == parts["bytes"][0]


@pytest.mark.slow
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_validation_is_judged_by_the_labels_themselves(learn: Callable, output: str) -> None:
    network = {"head": {**NETWORK["head"], "dropout": [0], "output": output}, **STILL}
    settings = {"epochs": 1, "learning_rate": 1e-12, "batch_size": 60, "accumulation_steps": 1}
    plain, smooth = learn(network, **settings), learn(network, label_smoothing=0.9, **settings)
    numpy.testing.assert_allclose(plain["val_loss"], smooth["val_loss"], rtol=1e-5)
    assert plain["accuracy"].tolist() == smooth["accuracy"].tolist()
    assert abs(plain["loss"] - smooth["loss"])[0] > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_mixed_images_train_and_plain_ones_validate(learn: Callable, output: str) -> None:
    network = {"head": {**NETWORK["head"], "dropout": [0], "output": output}, **STILL}
    mix = {"mixup": 0.2, "cutmix": 0.2, "probability": 1.0}
    settings = {"epochs": 1, "learning_rate": 1e-12, "batch_size": 60, "accumulation_steps": 1}
    plain, mixed = (
        learn(network, **settings),
        learn(network, mix=mix, class_weights={"dark": 1, "light": 3}, **settings),
    )
    numpy.testing.assert_allclose(plain["val_loss"], mixed["val_loss"], rtol=1e-5)
    assert abs(plain["loss"] - mixed["loss"])[0] > 1e-3
    learned = [learn(network, mix=mix, epochs=5, accumulation_steps=steps) for steps in (1, 1, 4)]
    assert learned[0]["val_accuracy"].iloc[-1] > 0.9
    assert learned[0]["bytes"][0] == learned[1]["bytes"][0]
    numpy.testing.assert_allclose(learned[0]["loss"], learned[2]["loss"], rtol=1e-2)
