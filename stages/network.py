"""Convolutional networks described in params.yaml, their layer tables, and their files."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy
import pandas
from keras import layers

from stages.backend import keras
from stages.files import written
from stages.parameters.model import Head, Network

ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def build(network: Network, shape: tuple[int, int, int], classes: int) -> keras.Sequential:
    """Return the untrained model: uint8 images (batch, height, width, channels) in, probabilities (batch, classes) out.

    The architecture is that of the course worksheet: convolutions, each with pooling and light dropout, then dense
    layers with stronger dropout and a softmax, which computes in float32 whatever the precision.
    """
    model = keras.Sequential(name="network")
    model.add(layers.Input(shape, name="image"))
    model.add(layers.Rescaling(1 / 255, name="rescaling"))
    if network.normalization:
        model.add(layers.Normalization(name="normalization"))
    for layer in _convolutions(network):
        model.add(layer)
    pool = layers.GlobalAveragePooling2D if network.bridge == "global-average" else layers.Flatten
    model.add(pool(name=network.bridge.replace("-", "_")))
    for layer in _dense(network.head):
        model.add(layer)
    model.add(layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities"))
    return model


def _convolutions(network: Network) -> Iterator[layers.Layer]:
    blocks = network.blocks
    for number, filters in enumerate(blocks.filters, start=1):
        fused = None if blocks.batch_normalization else blocks.activation
        yield layers.Conv2D(
            filters, blocks.kernel, padding=blocks.padding, activation=fused, name=f"convolution_{number}"
        )
        if blocks.batch_normalization:
            momentum = blocks.batch_normalization.momentum
            yield layers.BatchNormalization(momentum=momentum, name=f"batch_normalization_{number}")
            yield layers.Activation(blocks.activation, name=f"activation_{number}")
        if blocks.pooling > 1:
            yield layers.MaxPooling2D(blocks.pooling, name=f"pooling_{number}")
        if blocks.dropout:
            yield layers.Dropout(blocks.dropout, name=f"dropout_{number}")


def _dense(head: Head) -> Iterator[layers.Layer]:
    for number, units in enumerate(head.units, start=1):
        yield layers.Dense(units, activation=head.activation, name=f"dense_{number}")
        if head.dropout:
            yield layers.Dropout(head.dropout, name=f"dense_dropout_{number}")


def set_normalization(model: keras.Model, batches: Iterable[numpy.ndarray]) -> None:
    """Give the model's Normalization layer the mean and variance of the images, scaled to 0..1, per channel.

    Exact, and in one pass over ``batches`` (each uint8, (images, height, width, channels)): the 256 values are counted.
    """
    layer = model.get_layer("normalization")
    counts = numpy.zeros((layer.weights[0].shape[0], 256), dtype=numpy.int64)
    images = 0
    for batch in batches:
        images += len(batch)
        for channel, count in enumerate(counts):
            count += numpy.bincount(batch[..., channel].ravel(), minlength=256)
    values = numpy.arange(256) / 255
    pixels = counts.sum(axis=1)
    mean = counts @ values / pixels
    variance = counts @ values**2 / pixels - mean**2
    layer.set_weights([mean.astype("float32"), variance.astype("float32"), numpy.array(images)])
    layer.finalize_state()


def layer_table(model: keras.Model) -> pandas.DataFrame:
    """Return one row per layer: name, type, output shape, parameters, trainable parameters, share of all parameters."""
    rows = [
        {
            "layer": layer.name,
            "type": type(layer).__name__,
            "output_shape": "x".join(str(side) for side in layer.output.shape[1:]),
            "parameters": layer.count_params(),
            "trainable_parameters": int(sum(numpy.prod(weight.shape) for weight in layer.trainable_weights)),
        }
        for layer in model.layers
    ]
    table = pandas.DataFrame(rows)
    return table.assign(share=table["parameters"] / max(1, table["parameters"].sum()))


def save(model: keras.Model, path: Path) -> None:
    """Save ``model`` as a ``.keras`` file whose bytes depend on its architecture and weights alone.

    Keras writes the time of saving into the archive, and time stamps of its members; both are removed. The model must
    not be compiled: the state of an optimizer is no part of a result.
    """
    with written(path) as temporary:
        model.save(temporary)
        with zipfile.ZipFile(temporary) as archive:
            members = {name: archive.read(name) for name in sorted(archive.namelist())}
        metadata = json.loads(members["metadata.json"])
        members["metadata.json"] = json.dumps({**metadata, "date_saved": ""}, sort_keys=True).encode()
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for name, content in members.items():
                archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), content)
