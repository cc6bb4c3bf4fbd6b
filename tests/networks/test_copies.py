"""A network for images of another size has the same weights, and computes what one built for that size does."""

import numpy
import pytest

from darkroom.networks import network
from darkroom.networks.copies import resize_input
from darkroom.params.base import validate
from darkroom.params.network import Network
from tests.support.learning import NETWORK
from tests.support.refusals import one_line
from tests.support.trained_folders import scratch_network, transfer_network

AVERAGING = {**NETWORK, "head": {**NETWORK["head"], "pooling": "global-average"}}
RESIDUAL = {**AVERAGING, "blocks": {**AVERAGING["blocks"], "residual": True}}
IMAGES = numpy.random.default_rng(0).integers(0, 256, (3, 20, 20, 3), dtype=numpy.uint8)


@pytest.mark.parametrize("described", [AVERAGING, RESIDUAL], ids=["chain", "residual"])
def test_it_is_the_network_built_for_that_size(described: dict) -> None:
    small, large = (network.build(validate(Network, described, "n"), (side, side, 3), 2) for side in (12, 20))
    network.set_normalization(small, [IMAGES[:, :12, :12]])
    resized = resize_input(small, (20, 20, 3))
    assert type(resized) is type(small) and resized.input_shape == (None, 20, 20, 3)
    assert [layer.output.shape for layer in resized.layers] == [layer.output.shape for layer in large.layers]
    large.set_weights(small.get_weights())
    large.get_layer(network.NORMALIZATION).finalize_state()
    numpy.testing.assert_array_equal(resized.predict_on_batch(IMAGES), large.predict_on_batch(IMAGES))


def test_a_backbone_is_resized_too_and_stays_as_frozen_as_it_was() -> None:
    model = transfer_network(24)
    resized = resize_input(model, (36, 36, 3))
    assert resized.get_layer("backbone").output.shape == (None, 18, 18, 8)
    assert not resized.get_layer("backbone").trainable
    for old, new in zip(model.get_weights(), resized.get_weights(), strict=True):
        numpy.testing.assert_array_equal(old, new)
    grey = numpy.full((1, 36, 36, 3), 90, numpy.uint8)
    before = model.get_layer("backbone").predict_on_batch(grey[:, :24, :24])
    after = resized.get_layer("backbone").predict_on_batch(grey)
    numpy.testing.assert_allclose(before[0, 5, 5], after[0, 5, 5], atol=0.02)  # a gate sees the border


def test_of_the_same_size_it_is_itself() -> None:
    model = scratch_network(12)
    assert resize_input(model, (12, 12, 3)) is model


def test_a_flattening_is_refused() -> None:
    one_line(lambda: resize_input(scratch_network(12), (20, 20, 3)), "view: images of 20x20: flatten", "global-average")
