"""Residual blocks: what they compute, and that all that is done with a network can be done with one that has them."""

from pathlib import Path
from typing import Any

import numpy
import pytest

from darkroom.core import kernels
from darkroom.core.backend import keras
from darkroom.evaluation import boxes
from darkroom.evaluation.diagram import assign_lanes
from darkroom.explanation import grad_cam
from darkroom.explanation.feature_maps import FeatureMaps
from darkroom.networks import copies, layer_table, network, network_file
from darkroom.networks.calls import find_sources
from darkroom.params.base import validate
from darkroom.params.network import Network
from tests.support.refusals import one_line
from tests.support.small_study import NETWORK

BLOCKS = {**NETWORK["blocks"], "batch_normalization": {"momentum": 0.8}, "residual": True}
BLOCKS |= {"filters": [4, 4, 6], "strides": [1, 1, 2], "pooling": [1, 1, 2], "dropout": 0.1}
IMAGES = numpy.random.default_rng(0).integers(0, 256, (6, 12, 12, 3), dtype=numpy.uint8)


def make(normalization: str = "layer", size: int = 12, **changes: Any) -> keras.Model:
    keras.utils.set_random_seed(1)
    described = {**NETWORK, "normalization": normalization, "blocks": {**BLOCKS, **changes}}
    model = network.build(validate(Network, described, "models.net.network"), (size, size, 3), 3)
    if size == 12:
        network.set_normalization(model, [IMAGES])
    return model


def test_parameters_by_hand() -> None:
    table = layer_table.tabulate_layers(make("none")).set_index("layer")["parameters"]
    assert table[table > 0].to_dict() == {
        **{"convolution_1a": 27 * 4, "convolution_1b": 36 * 4, "convolution_1_shortcut": 3 * 4},
        **{"convolution_2a": 36 * 4, "convolution_2b": 36 * 4},
        **{"convolution_3a": 36 * 6, "convolution_3b": 54 * 6, "convolution_3_shortcut": 4 * 6},
        **{f"batch_normalization_{name}": 16 for name in ("1a", "1b", "1_shortcut", "2a", "2b")},
        **{f"batch_normalization_{name}": 24 for name in ("3a", "3b", "3_shortcut")},
        **{"dense_1": 3 * 3 * 6 * 8 + 8, "probabilities": 8 * 3 + 3},
    }


def test_a_block_whose_convolutions_give_nothing_passes_on_what_it_is_given() -> None:
    model = make("none")
    model.get_layer("batch_normalization_2b").gamma.assign([0] * 4)
    ends = [model.get_layer(name).output for name in ("dropout_1", "activation_2b")]
    given, passed = keras.Model(model.inputs, ends).predict_on_batch(IMAGES)
    assert given.any()
    numpy.testing.assert_array_equal(passed, given)  # relu of what relu gave


def test_it_trains_to_the_same_bytes_is_saved_and_predicts_the_same(tmp_path: Path) -> None:
    contents, predictions = [], []
    for name in ("one", "two"):
        model = make()
        kernels.fuse_batch_normalization(model)
        model.compile("adam", "sparse_categorical_crossentropy")
        for _ in range(3):
            model.train_on_batch(IMAGES, numpy.arange(6) % 3)
        network_file.save(copies.copy_uncompiled(model), tmp_path / f"{name}.keras")
        contents.append((tmp_path / f"{name}.keras").read_bytes())
        predictions += [model.predict_on_batch(IMAGES)]
    assert contents[0] == contents[1]
    restored = keras.saving.load_model(tmp_path / "one.keras")
    numpy.testing.assert_array_equal(restored.predict_on_batch(IMAGES), predictions[0])


def test_its_feature_maps_and_regions_are_found() -> None:
    maps = FeatureMaps(make())
    assert maps.find_layer(None, "grad_cam_layer") == "pooling_3"
    assert maps.find_layer("sum_2", "layers") == "sum_2" and maps.shape("sum_2") == (12, 12, 4)
    assert maps.find_kernels("kernels")[1].shape == (3, 3, 3, 4)
    assert next(maps.compute("sum_3", IMAGES[:1])).shape == (6, 6, 6)
    for layer in ("pooling_3", "activation_3b", "sum_1"):
        heat = grad_cam.compute_heat(maps, layer, IMAGES[0], 1)
        assert heat.shape == (12, 12) and heat.max() <= 1


def test_its_diagram_has_the_branches_one_behind_the_other_with_their_shortcuts() -> None:
    found = boxes.list_boxes(make())
    names = [box.name for box in found]
    start = names.index("normalization")
    assert names[start : start + 9] == [
        *("normalization", "convolution_1a", "batch_normalization_1a", "activation_1a", "convolution_1b"),
        *("batch_normalization_1b", "convolution_1_shortcut", "batch_normalization_1_shortcut", "sum_1"),
    ]
    shortcuts = {(names[first], names[second]) for first, second in boxes.list_shortcuts(found)}
    assert shortcuts == {
        *{("normalization", "convolution_1_shortcut"), ("batch_normalization_1b", "sum_1")},
        *{("dropout_1", "sum_2"), ("dropout_2", "convolution_3_shortcut"), ("batch_normalization_3b", "sum_3")},
    }
    lanes = assign_lanes(boxes.list_shortcuts(found))
    assert sorted(lanes.values()) == [1, 1, 1, 2, 2]


def test_other_connections_of_the_same_layers_are_told_apart() -> None:
    plain, residual = find_sources(make(residual=False)), find_sources(make())
    assert residual["sum_2"] == ("batch_normalization_2b", "dropout_1")
    assert plain["convolution_2"] == ("dropout_1",)


@pytest.mark.parametrize("changes", [{"batch_normalization": None}, {"padding": "valid"}])
def test_what_it_needs_is_named(changes: dict[str, Any]) -> None:
    message = "models.net.network.blocks: residual: true needs padding: same and batch_normalization"
    one_line(lambda: make(**changes), message, "or residual: false")


def test_images_that_poolings_use_up_are_named() -> None:
    one_line(lambda: make("none", 6, pooling=4), "images of 6x6 are too small for 3 blocks: ", "at pooling_2")
