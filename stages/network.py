"""Convolutional networks described in params.yaml, their layer tables, and their files."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy
import pandas

from stages.backend import keras
from stages.errors import UserError
from stages.files import ZIP_TIME, written
from stages.parameters.model import Bridge, Head, Network
from stages.trained import NETWORK
from stages.views import View

layers = keras.layers
PROBABILITIES = "probabilities"
"""The last layer, which computes in float32 whatever the precision."""


def build(network: Network, shape: tuple[int, int, int], classes: int) -> keras.Sequential:
    """Return the untrained model: uint8 images (batch, height, width, channels) in, probabilities (batch, classes) out.

    The architecture is that of the course worksheet: convolutions, each with pooling and light dropout, then dense
    layers with stronger dropout and a softmax, which computes in float32 whatever the precision.

    Raises:
        UserError: the images are too small for so many convolutions and poolings.
    """
    model = keras.Sequential(name="network")
    model.add(layers.Input(shape, name="image"))
    model.add(layers.Rescaling(1 / 255, name="rescaling"))
    if network.normalization:
        model.add(layers.Normalization(name="normalization"))
    for layer in _convolutions(network):
        try:
            model.add(layer)
        except ValueError as error:
            raise UserError(
                f"network.blocks: images of {shape[0]}x{shape[1]} are too small for "
                f"{len(network.blocks.filters)} blocks: nothing is left at {layer.name}; "
                "use fewer filters, padding: same, pooling: 1 or a larger view"
            ) from error
    for layer in top(network.bridge, network.head, classes):
        model.add(layer)
    return model


def top(bridge: Bridge, head: Head, classes: int) -> Iterator[keras.layers.Layer]:
    """Yield the layers from feature maps (batch, height, width, channels) to probabilities (batch, classes)."""
    pool = layers.GlobalAveragePooling2D if bridge == "global-average" else layers.Flatten
    yield pool(name=bridge.replace("-", "_"))
    if head.batch_normalization:
        momentum = head.batch_normalization.momentum
        yield layers.BatchNormalization(momentum=momentum, name="head_batch_normalization")
    for number, (units, rate) in enumerate(zip(head.units, head.dropout, strict=True), start=1):
        yield layers.Dense(units, activation=head.activation, name=f"dense_{number}")
        if rate:
            yield layers.Dropout(rate, name=f"dense_dropout_{number}")
    yield layers.Dense(classes, activation="softmax", dtype="float32", name=PROBABILITIES)


def _convolutions(network: Network) -> Iterator[keras.layers.Layer]:
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
    variance = numpy.maximum(counts @ values**2 / pixels - mean**2, 0)  # of one colour, rounding may go below
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


def loaded(folder: Path) -> keras.Model:
    """Return the model that a training left in ``folder``.

    Raises:
        UserError: there is none, or its file is damaged.
    """
    file = folder / NETWORK
    try:
        return keras.saving.load_model(file)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        problem = (
            "no such file" if not file.is_file() else f"no whole Keras model ({' '.join(str(error).split())[:120]})"
        )
        raise UserError(f"{file}: {problem}; train {folder.name} again") from None


def check_fit(model: keras.Model, view: View, split: str, folder: Path) -> None:
    """Check that the model in ``folder`` takes the images of a view's split and tells its classes apart.

    Raises:
        UserError: it does not.
    """
    outputs, expected = model.output_shape[-1], tuple(model.input_shape[1:])
    again = f"train {folder.name} again, or name the view it was trained on"
    if outputs != len(view.classes):
        there = f"{view.folder} has {len(view.classes)} ({', '.join(view.classes)})"
        raise UserError(f"{folder}: the model tells {outputs} classes apart, but {there}; {again}")
    images = view.images(split).shape[1:]
    if any(size not in (None, given) for size, given in zip(expected, images, strict=True)):
        raise UserError(f"{folder}: the model takes images of {expected}, but {view.folder} has {images}; {again}")


def save(model: keras.Model, path: Path) -> None:
    """Save ``model`` as a ``.keras`` file whose bytes depend on its architecture and weights alone.

    Keras writes the time of saving, time stamps of the archive's members, and memory addresses as the numbers of shared
    objects; the former are removed, the latter counted from 1. The model must not be compiled: the state of an
    optimizer is no part of a result.
    """
    with written(path) as temporary:
        model.save(temporary)
        with zipfile.ZipFile(temporary) as archive:
            members = {name: archive.read(name) for name in sorted(archive.namelist())}
        metadata = json.loads(members["metadata.json"])
        members["config.json"] = json.dumps(_renumbered(json.loads(members["config.json"]), {})).encode()
        members["metadata.json"] = json.dumps({**metadata, "date_saved": ""}, sort_keys=True).encode()
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for name, content in members.items():
                archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), content)


def _renumbered(node: Any, numbers: dict[int, int]) -> Any:
    if isinstance(node, list):
        return [_renumbered(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: numbers.setdefault(value, len(numbers) + 1) if key == "shared_object_id" else _renumbered(value, numbers)
        for key, value in node.items()
    }
