"""An ensemble as a plain Keras model: an image goes to each member, and the mean of their probabilities comes out."""

from collections.abc import Mapping

import numpy

from darkroom.core.backend import keras
from darkroom.images.prepared.views import View
from darkroom.networks.network import BATCH, PROBABILITIES, count_classes, to_probabilities

WIDTH = 2
"""Axis of a batch of images along which a mirror image is the image backwards."""


def combine(members: Mapping[str, keras.Model], mirrored: bool) -> keras.Model:
    """Return the model whose probabilities are the mean of those of ``members``, in float32; it is not compiled.

    It takes what they take, images (batch, height, width, channels) of 0..255, and gives (batch, classes), or where all
    of them give the probability of the second of two classes alone, (batch, 1). Its layers are the members, by their
    names; they become part of it.

    Args:
        members: trained networks of the same images and classes, by name.
        mirrored: each sees the mirror image, too, and the mean is over both.
    """
    first, *_ = members.values()
    image = keras.layers.Input(first.input_shape[1:], name="image")
    images = [image, keras.ops.flip(image, axis=WIDTH)] if mirrored else [image]
    alone = all(member.output_shape[-1] == 1 for member in members.values())
    found = []
    for name, member in members.items():
        member.name = name
        for shown in images:
            given = member(shown, training=False)
            found.append(given if alone else _give_every_class(given))
    mean = keras.layers.Average(dtype="float32", name=PROBABILITIES)(found) if len(found) > 1 else found[0]
    return keras.Model(image, mean, name="ensemble")


def _give_every_class(given: keras.KerasTensor) -> keras.KerasTensor:
    """Return the probabilities of all classes, also where only that of the second of two is given."""
    if given.shape[-1] > 1:
        return given
    return keras.layers.Concatenate(dtype="float32")([keras.layers.Rescaling(-1.0, 1.0, dtype="float32")(given), given])


def check_alike(members: Mapping[str, keras.Model]) -> bool:
    """Return whether the members take images of one shape and distinguish as many classes."""
    return len({(member.input_shape[1:], count_classes(member)) for member in members.values()}) == 1


def score(network: keras.Model, view: View, rows: numpy.ndarray) -> dict[str, float]:
    """Return accuracy and cross-entropy on images that training may see, of ``rows``, int64 (images,), at least one."""
    pieces = numpy.split(rows, range(BATCH, len(rows), BATCH))
    found = numpy.concatenate(
        [to_probabilities(network.predict_on_batch(view.read_learning(piece))) for piece in pieces]
    ).astype(numpy.float64)
    labels = view.learning_labels()[rows]
    likely = found[numpy.arange(len(rows)), labels].clip(keras.config.epsilon())
    return {
        "val_accuracy": float((found.argmax(axis=1) == labels).mean()),
        "val_loss": float(-numpy.log(likely).mean()),
    }
