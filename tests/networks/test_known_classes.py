"""The classes that a network's file may name are those that the networks here are built of, no more and no fewer."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from darkroom.core.backend import keras
from darkroom.networks import ensemble, known_classes, network
from darkroom.params.backbone import PACKAGED, Architecture
from darkroom.params.base import validate
from darkroom.params.network import Activation, Network
from darkroom.params.transfer import Transfer
from darkroom.transfer_learning import architectures
from darkroom.transfer_learning.backbone import build_on_backbone, set_precision
from tests.support.brightness import sigmoid_network
from tests.support.small_study import NETWORK
from tests.support.trained_folders import residual_network, scratch_network

SHAPE = (96, 96, 3)
HEAD = {**NETWORK["head"], "units": [4], "dropout": [0.1], "l2": 0.01, "output_dropout": 0.1}
SMALLEST = ["ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "EfficientNetV2B0", "EfficientNetV2S", "InceptionV3"]
SMALLEST += ["InceptionResNetV2", "MobileNet", "MobileNetV2", "MobileNetV3Small", "NASNetMobile", "ResNet50"]
SMALLEST += ["ResNet50V2", "VGG16", "VGG19", "Xception", "EfficientNetLite0"]
"""Of each module of architectures, which puts all of its together from the same layers; two V2 are begun otherwise."""
NORMAL = {"momentum": 0.9}
found: set[tuple[str, str]] = set()


def name_classes(config: Any) -> Iterator[tuple[str, str]]:
    if isinstance(config, dict):
        if "module" in config:
            yield config["module"], config["class_name"]
        for value in config.values():
            yield from name_classes(value)
    elif isinstance(config, list):
        for value in config:
            yield from name_classes(value)


def check(model: keras.Model) -> None:
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    found.update(name_classes(config))
    assert known_classes.find_unknown(config) is None


@pytest.mark.parametrize("normalization", ["none", "layer", "constants"])
@pytest.mark.parametrize("residual", [False, True])
def test_networks_from_scratch(normalization: str, residual: bool) -> None:
    for number, activation in enumerate(get_args(Activation)):
        blocks = {**NETWORK["blocks"], "activation": activation, "pooling_kind": ("max", "average")[number % 2]}
        blocks |= {"residual": residual, "padding": "same", "dropout": 0.1, "l2": 0.01, "batch_normalization": NORMAL}
        head = {**HEAD, "activation": activation, "pooling": ("flatten", "global-average")[number % 2]}
        given = {"normalization": normalization, "blocks": blocks, "head": {**head, "batch_normalization": NORMAL}}
        check(network.build(validate(Network, given, "network"), SHAPE, 3))


def test_a_dense_network() -> None:
    given = {**NETWORK, "blocks": "none", "head": {**HEAD, "output": "sigmoid", "pooling": "flatten"}}
    check(network.build(validate(Network, given, "network"), SHAPE, 2))


@pytest.mark.parametrize("mirrored", [False, True])
def test_ensembles(mirrored: bool) -> None:
    check(ensemble.combine({"one": scratch_network(), "other": residual_network()}, mirrored))
    check(ensemble.combine({"one": sigmoid_network(24), "two": scratch_network(classes=2)}, mirrored))


def test_an_architecture_of_each_module_is_among_them() -> None:
    published = [name for name in get_args(Architecture) if name not in PACKAGED]
    modules = {name: getattr(keras.applications, name).__module__ for name in published}
    assert set(modules.values()) == {modules[name] for name in SMALLEST if name not in PACKAGED}
    assert set(PACKAGED) & set(SMALLEST)


@pytest.mark.parametrize("architecture", SMALLEST)
def test_networks_on_a_backbone(architecture: str) -> None:
    wish = validate(Transfer, {"backbone": "any", "head": HEAD}, "network")
    backbone = architectures.build(architecture, None, SHAPE)
    made = build_on_backbone(wish, backbone, architectures.make_preprocessing(architecture), 3)
    check(made)
    if architecture == "MobileNetV2":
        check(set_precision(made, "mixed_bfloat16"))
    keras.backend.clear_session()


def test_no_class_is_known_that_none_of_them_has() -> None:
    assert {(module, name) for module, names in known_classes.CLASSES.items() for name in names} == found
