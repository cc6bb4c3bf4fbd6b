"""Batches in parts, with batch normalization."""

from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

from darkroom.core.backend import keras
from darkroom.training.fitting import scale_momentum
from stages import train
from tests.support.learning import ARGUMENTS, model, write_view

layers = keras.layers


def normalized(trains: bool = True, told: bool | None = None) -> keras.Model:
    image = keras.Input((4, 4, 3))
    layer = layers.BatchNormalization(momentum=0.9, trainable=trains)
    return keras.Model(image, layers.Flatten()(layer(image, training=told)))


def test_moving_statistics_cover_as_many_images_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    network = normalized()
    with scale_momentum(network, 64, 8, "train cnn"):
        assert network.layers[1].momentum ** 8 == pytest.approx(0.9)
    assert network.layers[1].momentum == 0.9, "what is written is what params.yaml says"
    assert "[train cnn] accumulation_steps: 8: batch normalization sees parts of 8 images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "parts"), [({}, 1), ({"trains": False}, 8), ({"told": False}, 8)], ids=["whole", "frozen", "inference"]
)
def test_what_follows_no_batches_keeps_its_momentum(
    options: dict[str, bool], parts: int, capsys: pytest.CaptureFixture[str]
) -> None:
    network = normalized(**options)
    with scale_momentum(network, 64, parts, "train cnn"):
        assert network.layers[1].momentum == 0.9
    assert not capsys.readouterr().err


@pytest.mark.slow
def test_of_equal_images_parts_learn_the_statistics_of_the_whole(project: Callable[..., Path]) -> None:
    found = []
    for parts in (1, 4):
        training = {"optimizer": "sgd", "learning_rate": 1e-30, "epochs": 2, "batch_size": 16, "callbacks": []}
        folder = project(model({**training, "validation_split": None, "accumulation_steps": parts}))
        write_view(folder / "view")
        numpy.save(folder / "view" / "train.npy", numpy.full((80, 12, 12, 3), 90, numpy.uint8))
        train.main([*ARGUMENTS, "--out", "model"])
        layer = keras.saving.load_model("model/model.keras").get_layer("batch_normalization_1")
        found.append((layer.momentum, keras.ops.convert_to_numpy(layer.moving_variance)))
    (momentum, whole), (same, parted) = found
    assert momentum == same == 0.8
    numpy.testing.assert_allclose(parted, whole, rtol=1e-5)
    numpy.testing.assert_allclose(whole, 0.8**10, rtol=1e-3)  # of equal images, what is left of the ones at the start
