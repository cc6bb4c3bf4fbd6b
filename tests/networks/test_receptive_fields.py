"""Receptive fields, by hand and as Araujo, Norris & Sim (2019) have them; strides and kinds of pooling."""

from typing import Any

import keras
import numpy
import pytest

from darkroom.networks import layer_table, network
from darkroom.networks.receptive_fields import measure_fields
from darkroom.params.base import validate
from darkroom.params.network import Network
from tests.networks.test_published_counts import built
from tests.support.small_study import NETWORK

layers = keras.layers


def make(size: int, classes: int = 3, **changes: Any) -> keras.Model:
    settings = {**NETWORK, "blocks": {**NETWORK["blocks"], "dropout": 0, **changes}}
    return network.build(validate(Network, settings, "test"), (size, size, 3), classes)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        # convolution, convolution, pooling, convolution, pooling, convolution, then the whole image
        ("cifar10-four", [3, 5, 6, 10, 12, 20, 32]),
        # five times convolution and pooling: +2, +1; +4, +2; +8, +4; +16, +8; +32, +16
        ("cnn", [3, 4, 8, 10, 18, 22, 38, 46, 78, 94, 150]),
    ],
)
def test_fields_by_hand(name: str, fields: list[int]) -> None:
    table = layer_table.tabulate_layers(built(name)).set_index("layer")["receptive_field"]
    kinds = ("convolution", "pooling", "flatten")
    assert [table[layer] for layer in table.index if layer.startswith(kinds)] == fields
    assert table["probabilities"] == fields[-1]


def test_strides_widen_and_shrink() -> None:
    model = make(16, strides=[2, 2], pooling=1)
    # 3 pixels at steps of 2; then 3 + 2 x 2 at steps of 4
    found = measure_fields(model)
    assert (found["convolution_1"], found["convolution_2"], found["flatten"]) == (3, 7, 16)
    assert model.get_layer("convolution_1").output.shape[1:] == (8, 8, 4)
    assert model.get_layer("convolution_2").output.shape[1:] == (4, 4, 6)
    assert model.count_params() == (27 * 4 + 4) + (36 * 6 + 6) + (96 * 8 + 8) + (8 * 3 + 3)


@pytest.mark.parametrize(("architecture", "field"), [("VGG16", 212), ("ResNet50", 483), ("MobileNet", 315)])
def test_published_fields(architecture: str, field: int) -> None:
    side = 512
    inside = getattr(keras.applications, architecture)(include_top=False, weights=None, input_shape=(side, side, 3))
    outer = keras.Sequential([layers.Input((side, side, 3)), inside, layers.GlobalAveragePooling2D(name="mean")])
    assert measure_fields(inside)[inside.layers[-1].name] == field
    assert measure_fields(outer) == {inside.name: field, "mean": side}


def test_a_gate_over_the_whole_image_lets_every_value_see_it() -> None:
    image = keras.Input((8, 8, 3))
    maps = layers.Conv2D(4, 3, name="maps")(image)
    gate = layers.Conv2D(4, 1, name="gate")(layers.GlobalAveragePooling2D(keepdims=True)(maps))
    found = measure_fields(keras.Model(image, layers.Multiply(name="gated")([maps, gate])))
    assert (found["maps"], found["gated"]) == (3, 8)


def test_what_resizes_maps_otherwise_is_left_empty() -> None:
    image = keras.Input((8, 8, 3))
    maps = layers.Conv2D(4, 3, name="maps")(image)
    model = keras.Model(image, layers.Conv2D(2, 3, name="behind")(layers.UpSampling2D(name="larger")(maps)))
    table = layer_table.tabulate_layers(model).set_index("layer")["receptive_field"]
    assert table["maps"] == 3
    assert table[["larger", "behind"]].isna().all()


@pytest.mark.parametrize(("kind", "value"), [("max", 4), ("average", 2.5)])
def test_a_pooling_gives_the_largest_or_the_mean(kind: str, value: float) -> None:
    model = make(4, filters=[4], pooling_kind=kind)
    pooled = model.get_layer("pooling_1")(numpy.arange(1, 5, dtype="float32").reshape(1, 2, 2, 1))
    assert float(pooled[0, 0, 0, 0]) == value
    assert keras.Sequential.from_config(model.get_config()).layers[2].name == "pooling_1"
