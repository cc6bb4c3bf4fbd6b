"""An ensemble gives the mean of what its members give, as a plain Keras model."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy
import pytest

from darkroom.core.backend import keras
from darkroom.networks import ensemble, network_file
from darkroom.networks.layer_table import tabulate_layers
from darkroom.networks.network import to_probabilities
from tests.support.brightness import sigmoid_network
from tests.support.trained_folders import CLASSES, SIZE, scratch_network, transfer_network

IMAGES = numpy.random.default_rng(1).integers(0, 256, (8, SIZE, SIZE, 3), dtype=numpy.uint8)


def networks() -> dict[str, keras.Model]:
    """A network from scratch, one on a backbone, and another from scratch, of other weights."""
    other = scratch_network()
    other.layers[-1].set_weights([2 * weight for weight in other.layers[-1].get_weights()])
    return {"cnn": scratch_network(), "tuned-x": transfer_network(), "cnn-replicate-2": other}


def average(members: Sequence[keras.Model], images: Sequence[numpy.ndarray]) -> numpy.ndarray:
    """The mean of the class probabilities of all members for all images, each computed alone."""
    found = [to_probabilities(member.predict_on_batch(shown)) for member in members for shown in images]
    return numpy.mean(found, axis=0, dtype=numpy.float64)


@pytest.mark.parametrize("mirrored", [False, True])
def test_probabilities_are_the_mean_of_the_members(tmp_path: Path, mirrored: bool) -> None:
    shown = [IMAGES, IMAGES[:, :, ::-1]] if mirrored else [IMAGES]
    wanted, plain = (average(list(networks().values()), one) for one in (shown, [IMAGES]))
    combined = ensemble.combine(networks(), mirrored)
    network_file.save(combined, tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    found = loaded.predict_on_batch(IMAGES)
    assert found.dtype == numpy.float32 and numpy.abs(found - wanted).max() < 1e-6
    assert (numpy.abs(wanted - plain).max() > 1e-4) == mirrored
    assert loaded.input_shape == (None, SIZE, SIZE, 3) and loaded.output_shape == (None, len(CLASSES))
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        config = archive.read("config.json").decode()
    assert "Lambda" not in config and "darkroom" not in config


def test_its_members_are_its_layers() -> None:
    table = tabulate_layers(ensemble.combine(networks(), True)).set_index("layer")
    assert table.index.tolist() == ["image", *networks(), "probabilities"]
    counts = [member.count_params() for member in networks().values()]
    assert table.loc[list(networks()), "parameters"].tolist() == counts and table["parameters"].sum() == sum(counts)


def test_one_member_alone_is_averaged_over_its_mirror_images() -> None:
    wanted = average([scratch_network()], [IMAGES, IMAGES[:, :, ::-1]])
    found = ensemble.combine({"cnn": scratch_network()}, True).predict_on_batch(IMAGES)
    assert numpy.abs(found - wanted).max() < 1e-6


def test_probabilities_of_one_class_of_two_and_of_both() -> None:
    alone = {"one": sigmoid_network(SIZE), "two": sigmoid_network(SIZE)}
    assert ensemble.combine(alone, False).output_shape == (None, 1)
    both = {"one": sigmoid_network(SIZE), "two": scratch_network(classes=2)}
    wanted = average([sigmoid_network(SIZE), scratch_network(classes=2)], [IMAGES])
    found = ensemble.combine(both, False).predict_on_batch(IMAGES)
    assert found.shape == (len(IMAGES), 2) and numpy.abs(found - wanted).max() < 1e-6
