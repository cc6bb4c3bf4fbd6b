"""Networks without convolutions: what they are made of, and how params.yaml asks for them."""

from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

from darkroom.core.errors import UserError
from darkroom.explanation.feature_maps import FeatureMaps
from darkroom.networks import copies, layer_table, network, network_file
from darkroom.params.base import validate
from darkroom.params.document import load
from darkroom.params.network import Network
from darkroom.pipeline.planning import make_plan
from tests.support.refusals import one_line
from tests.support.small_study import NETWORK

DENSE = {"base": "mnist-lecture", "network": {"blocks": "none"}}


def test_a_dense_network_has_the_parameters_of_its_dense_layers(project: Callable[..., Path]) -> None:
    project({"models.mnist-dense": DENSE})
    model = network.build(load().models["mnist-dense"].network, (28, 28, 1), 10)
    table = layer_table.tabulate_layers(model).set_index("layer")
    assert table["parameters"].to_dict() == {
        **{"rescaling": 0, "flatten": 0},
        **{"dense_1": 784 * 128 + 128, "probabilities": 128 * 10 + 10},
    }
    assert table["receptive_field"].tolist() == [1, 28, 28, 28]


def test_a_dense_network_is_saved_and_predicts_the_same(tmp_path: Path) -> None:
    model = network.build(validate(Network, {**NETWORK, "blocks": "none"}, "test"), (8, 8, 3), 4)
    images = numpy.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=numpy.uint8)
    network_file.save(copies.copy_uncompiled(model), tmp_path / "model.keras")
    numpy.testing.assert_array_equal(
        network_file.load_network(tmp_path).predict_on_batch(images), model.predict_on_batch(images)
    )


def test_it_has_no_feature_maps_to_show() -> None:
    maps = FeatureMaps(network.build(validate(Network, {**NETWORK, "blocks": "none"}, "test"), (8, 8, 3), 4))
    one_line(lambda: maps.find_layer(None, "grad_cam_layer"), "grad_cam_layer: None: the network has no feature maps")


def test_each_key_that_blocks_have_stands_where_they_are_said_to_be_none(project: Callable[..., Path]) -> None:
    project({"models.mnist-dense": DENSE, "studies.mnist.models": ["mnist-dense", "mnist-2conv"]})
    trainings = make_plan(load())["trainings"]
    assert set(trainings["mnist-dense"]["at"]["blocks"].values()) == {"models.mnist-dense.network.blocks"}
    assert trainings["mnist-dense"]["at"]["blocks"].keys() == trainings["mnist-2conv"]["at"]["blocks"].keys()


def test_convolutions_on_a_dense_base_are_completed_by_the_defaults(project: Callable[..., Path]) -> None:
    project({"models.dense": DENSE, "models.again": {"base": "dense", "network": {"blocks": {"filters": [4]}}}})
    blocks = load().models["again"].network.blocks
    assert (blocks.filters, blocks.kernel, blocks.pooling_kind) == ([4], 3, "max")


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ("no", "models.cnn.network.blocks: 'no': allowed: none, or keys below it: filters, kernel, strides"),
        (None, "models.cnn.network.blocks: None: allowed: none, or keys below it: filters"),
        ({}, "models.cnn.network.blocks.filters: missing; give it here, in a base or in defaults"),
        (
            {"filters": [3], "kernels": 3},
            "models.cnn.network.blocks.kernels: unknown key; did you mean 'kernel'? Allowed here: filters",
        ),
    ],
)
def test_what_blocks_may_not_be_gives_one_line(project: Callable[..., Path], blocks: object, expected: str) -> None:
    project({"models.cnn.network.blocks": blocks})
    with pytest.raises(UserError) as caught:
        load()
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
