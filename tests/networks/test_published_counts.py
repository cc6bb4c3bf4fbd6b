"""Every parameter count that the five studies' documents give, from the models of params.yaml."""

from functools import cache
from typing import Any

import pytest

from darkroom.core.backend import keras
from darkroom.networks import layer_table, network
from darkroom.params import joining
from darkroom.params.base import validate
from darkroom.params.document import Parameters, load
from darkroom.params.model import Model
from darkroom.params.network import Network
from darkroom.params.transfer import TransferModel
from darkroom.transfer_learning import architectures, backbone
from tests.conftest import ROOT

CLASSES = {"intel": 6, "cifar10": 10, "waste": 6, "cats-dogs": 2, "mnist": 10}


@cache
def parameters() -> Parameters:
    return load(ROOT / "params.yaml")


def shape(view: str) -> tuple[int, int, int]:
    chosen = parameters().views[view]
    return chosen.size, chosen.size, {"RGB": 3, "L": 1}[chosen.mode]


def built(name: str, changes: dict[str, Any] | None = None) -> keras.Model:
    """The model of params.yaml, with some changes of its network."""
    model = parameters().trained[name]
    assert isinstance(model, Model)
    found = joining.override({}, parameters().complete_entry("models", name), {"network": changes or {}}, "test")
    settings = validate(Network, found.value["network"], "test")
    return network.build(settings, shape(model.view), CLASSES[parameters().dataset_of(model.view)])


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("cnn", 565_190),
        ("cnn-bn", 567_373),
        ("cnn-bn-256-flatten", 1_615_949),
        ("cnn-bn-256-gap", 469_069),
        ("cifar10-base", 132_010),
        ("cifar10-four", 153_546),
        ("cats-dogs-3conv", 206_785),
        ("mnist-2conv", 130_394),
        ("mnist-lecture", 804_554),
        ("mnist-visual", 33_850),
    ],
)
def test_a_network_has_its_documents_parameters(name: str, count: int) -> None:
    assert built(name).count_params() == count


@pytest.mark.parametrize(
    ("name", "count"), [("cnn-bn", 566_278), ("cnn-bn-256-flatten", 1_614_854), ("cnn-bn-256-gap", 467_974)]
)
def test_statistics_do_not_train(name: str, count: int) -> None:
    table = layer_table.tabulate_layers(built(name))
    assert table["trainable_parameters"].sum() == count


def test_the_base_network_layer_by_layer() -> None:
    table = layer_table.tabulate_layers(built("cifar10-base")).set_index("layer")["parameters"]
    assert table[table > 0].to_dict() == {"convolution_1": 224, "dense_1": 131_136, "probabilities": 650}
    assert round(table.sum() * 4 / 1024, 2) == 515.66  # KB, as the document prints; its 124 and 132,018 are misprints
    order = [layer.name for layer in built("cifar10-base").layers]
    assert order.index("convolution_1") < order.index("dropout_1") < order.index("pooling_1")


def test_the_odd_last_dropout_is_off_and_costs_no_parameter() -> None:
    assert built("cifar10-base").layers[-1].name == network.PROBABILITIES
    odd = built("cifar10-base", {"head": {"output_dropout": 0.5}})
    assert odd.layers[-1].name == network.OUTPUT_DROPOUT
    assert odd.count_params() == 132_010


def test_four_convolutions_without_poolings() -> None:
    assert built("cifar10-four", {"blocks": {"pooling": 1}}).count_params() == 767_946
    assert built("cifar10-four").get_layer("flatten").output.shape[1:] == (4096,)


@pytest.mark.parametrize(
    ("name", "counts"),
    [("mnist-2conv", [320, 4_624, 125_450]), ("cats-dogs-3conv", [1_792, 36_928, 36_928, 131_104, 33])],
)
def test_a_network_has_its_documents_layers(name: str, counts: list[int]) -> None:
    table = layer_table.tabulate_layers(built(name))["parameters"]
    assert table[table > 0].tolist() == counts


def test_a_convolution_on_digits_in_colour() -> None:
    first = built("cnn").get_layer("convolution_1")
    images = keras.Input((28, 28, 3))
    layer = keras.layers.Conv2D(first.filters, first.kernel_size, padding="same")
    assert layer(images).shape == (None, 28, 28, 32)
    assert layer.count_params() == 896


@pytest.mark.parametrize(
    ("name", "layers", "own", "whole", "trainable"),
    [
        ("waste-inceptionresnetv2", 780, 54_336_736, 54_345_958, 9_222),
        ("waste-xception", 132, 20_861_480, 20_873_774, 12_294),
        ("cats-dogs-inceptionv3", 311, 21_802_784, None, None),
        ("efficientnetb0", 237, 4_049_571, 4_416_297, 364_166),
    ],
)
def test_a_backbone_and_what_stands_on_it(
    name: str, layers: int, own: int, whole: int | None, trainable: int | None
) -> None:
    model = parameters().trained[name]
    assert isinstance(model, TransferModel)
    chosen = parameters().backbones[model.network.backbone]
    base = architectures.build(chosen.architecture, chosen.alpha, shape(model.view))
    assert len(base.layers) == layers
    assert base.count_params() == own
    classes = CLASSES[parameters().dataset_of(model.view)]
    preprocessing = architectures.make_preprocessing(chosen.architecture)
    table = layer_table.tabulate_layers(backbone.build_on_backbone(model.network, base, preprocessing, classes))
    if whole:
        assert table["parameters"].sum() == whole
        assert table["trainable_parameters"].sum() == trainable


@pytest.fixture(scope="module")
def inception() -> keras.Model:
    """The largest backbone, on small images."""
    return architectures.build("InceptionResNetV2", None, (96, 96, 3))


@pytest.mark.parametrize(("frozen", "unfreeze"), [(500, "280"), (300, "480"), (0, "all")])
def test_the_fine_tunes_freeze_as_many_layers_as_their_document(
    inception: keras.Model, frozen: int, unfreeze: str
) -> None:
    chosen = parameters().finetunes[f"waste-inceptionresnetv2-frozen-{frozen}"].unfreeze
    assert str(chosen) == unfreeze
    backbone.unfreeze(inception, chosen)
    assert [layer.trainable for layer in inception.layers].index(True) == frozen
