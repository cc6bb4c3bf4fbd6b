"""Folders of trained models as training leaves them, with small networks of the layers that are used here."""

import json
from pathlib import Path
from typing import Any

import numpy

from darkroom.core.backend import keras
from darkroom.networks import network, network_file
from darkroom.params.base import validate
from darkroom.params.network import Network
from tests.support.small_study import NETWORK

CLASSES = ["NA", "buildings", "sea", "wald"]
SIZE = 24
layers = keras.layers


def scratch_network(size: int = SIZE, channels: int = 3, classes: int = len(CLASSES)) -> keras.Model:
    """A chain of convolutions with normalization by numbers that training found."""
    model = keras.Sequential([layers.Input((size, size, channels), name="image"), layers.Rescaling(1 / 255)])
    model.add(layers.Normalization(name="normalization"))
    for filters in (4, 8):
        model.add(layers.Conv2D(filters, 3, padding="same"))
        model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))
        model.add(layers.MaxPooling2D(2))
        model.add(layers.Dropout(0.1))
    model.add(layers.Flatten())
    model.add(layers.Dense(8, activation="relu"))
    model.add(layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities"))
    _settle(model)
    network.set_normalization(model, [_images(size, channels)])
    return model


def transfer_network(size: int = SIZE, channels: int = 3, classes: int = len(CLASSES)) -> keras.Model:
    """A network on a backbone of its own, which computes in inference mode, as fine-tunes have."""
    inside = layers.Input((size, size, channels))
    maps = layers.Normalization(mean=[0.4] * channels, variance=[0.05] * channels)(layers.Rescaling(1 / 255)(inside))
    maps = layers.ZeroPadding2D(((0, 1), (0, 1)))(maps)
    maps = layers.Conv2D(8, 3, strides=2, padding="valid", use_bias=False)(maps)
    maps = branch = layers.ReLU(6.0)(layers.BatchNormalization(epsilon=1e-3)(maps))
    branch = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(branch)
    branch = layers.Activation("relu6")(layers.BatchNormalization()(branch))
    branch = layers.Dropout(0.2, noise_shape=(None, 1, 1, 1))(layers.Conv2D(8, 1)(branch))
    maps = layers.Add()([maps, branch])
    squeezed = layers.GlobalAveragePooling2D(keepdims=True)(maps)
    maps = layers.Multiply()([maps, layers.Conv2D(8, 1, activation="sigmoid")(squeezed)])
    backbone = keras.Model(inside, layers.Activation("swish")(maps), name="backbone")
    backbone.trainable = False
    image = layers.Input((size, size, channels), name="image")
    features = layers.GlobalAveragePooling2D()(backbone(image, training=False))
    features = layers.Dropout(0.3)(layers.Dense(8, activation="relu")(layers.BatchNormalization()(features)))
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(features)
    model = keras.Model(image, outputs)
    _settle(model)
    return model


def residual_network(size: int = SIZE, channels: int = 3, classes: int = len(CLASSES)) -> keras.Model:
    """A network of two residual blocks, with normalization by numbers that training found."""
    blocks = {**NETWORK["blocks"], "filters": [4, 8], "batch_normalization": {"momentum": 0.9}, "residual": True}
    described = validate(Network, {**NETWORK, "normalization": "layer", "blocks": blocks}, "network")
    model = network.build(described, (size, size, channels), classes)
    _settle(model)
    last = model.get_layer(network.PROBABILITIES)
    last.set_weights([numpy.asarray(last.kernel) / 4, numpy.zeros(classes)])  # else all images are of one class
    network.set_normalization(model, [_images(size, channels)])
    return model


def _settle(model: keras.Model) -> None:
    """Give every weight a value that no initializer gives, so that none can be lost unnoticed."""
    generator = numpy.random.default_rng(7)
    for weight in model.weights:
        if weight.path.endswith(("variance", "gamma")):
            weight.assign(generator.uniform(0.5, 1.5, weight.shape))
        elif weight.path.endswith("kernel"):
            fan = max(1, int(numpy.prod(weight.shape[:-1])))
            weight.assign(generator.normal(0, 1.5 / numpy.sqrt(fan), weight.shape))
        elif weight.dtype.startswith("float"):
            weight.assign(generator.normal(0, 0.3, weight.shape))


def _images(size: int, channels: int) -> numpy.ndarray:
    return numpy.random.default_rng(3).integers(20, 200, (8, size, size, channels), dtype=numpy.uint8)


def write_model(folder: Path, model: keras.Model, classes: list[str] = CLASSES, note: str = "", **view: Any) -> Path:
    """Write the files of a trained model that its use needs; ``view`` changes how its images are prepared."""
    height, _, channels = model.input_shape[1:]
    folder.mkdir(parents=True)
    network_file.save(model, folder / "model.keras")
    mode = {1: "L", 3: "RGB"}[channels]
    described = {"classes": classes, "size": height, "resize": "stretch", "filter": "bicubic", "mode": mode} | view
    (folder / "view.json").write_text(json.dumps(described), encoding="utf-8")
    (folder / "summary.json").write_text(json.dumps({"model": folder.name, "note": note}), encoding="utf-8")
    return folder
