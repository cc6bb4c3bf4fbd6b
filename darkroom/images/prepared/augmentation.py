"""Random changes of images, made by Keras' layers, each image by seeds of its own.

What an image becomes depends on its seeds alone: not on the images beside it, on how a batch is divided, or on what was
changed before. So a training run that is resumed, or takes its batches in parts, sees the same images.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy

from darkroom.core import runtime
from darkroom.core.backend import keras
from darkroom.params.augmentation import Augmentation

layers, ops = keras.layers, keras.ops
Changes = Callable[[numpy.ndarray, numpy.ndarray], numpy.ndarray]
"""Makes of images (uint8, (images, height, width, channels)) and their seeds (int64, (images, 2)) float32, 0 to 255."""


def compile_changes(augmentation: Augmentation) -> Changes:
    """Return what changes images as ``augmentation`` says, compiled once for all sizes of batches."""
    images = layers.Input((None, None, None), name="images", dtype="uint8")
    seeds = layers.Input((2,), name="seeds", dtype="int64")
    network = keras.Model([images, seeds], _EachImage(augmentation)(images, seeds), name="augmentation")
    network.compile(jit_compile=runtime.choose_compilation())

    def change(given: numpy.ndarray, drawn: numpy.ndarray) -> numpy.ndarray:
        return network.predict_on_batch([given, drawn])

    return change


def make_layers(augmentation: Augmentation) -> list[keras.layers.Layer]:
    """Return Keras' layers that make the changes, in their order; they take images of 0 to 255 as float32."""
    fixed = {"dtype": "float32", "seed": 0}  # a seed of their own would be drawn from what weights are drawn from
    moving = {"fill_mode": augmentation.fill, **fixed}
    made = []
    # One RandomFlip of both directions would draw once for both: an image would be flipped in both or in none.
    for direction in ("horizontal", "vertical"):
        if direction in (augmentation.flip or "").split("_and_"):
            made.append(layers.RandomFlip(direction, **fixed))
    if augmentation.rotation:
        made.append(layers.RandomRotation(augmentation.rotation / 360, **moving))
    if augmentation.translation:
        made.append(layers.RandomTranslation(augmentation.translation, augmentation.translation, **moving))
    if augmentation.zoom:
        made.append(layers.RandomZoom(augmentation.zoom, **moving))
    if augmentation.shear:
        made.append(layers.RandomShear(math.tan(math.radians(augmentation.shear)), **moving))
    if augmentation.brightness:
        made.append(layers.RandomBrightness(augmentation.brightness, value_range=(0, 255), **fixed))
    if augmentation.contrast:
        both = (augmentation.contrast, augmentation.contrast)  # a single number would only ever raise it
        made.append(layers.RandomContrast(both, value_range=(0, 255), **fixed))
    return made


class _Seeds(keras.random.SeedGenerator):
    """The seeds of one image: another pair for each number that is drawn for it, and no state that stays."""

    def __init__(self, first: Any) -> None:  # the parent's would make a variable
        self.first, self.drawn = first, 0

    def next(self, ordered: bool = True) -> Any:
        self.drawn += 1
        return self.first + ops.convert_to_tensor([0, self.drawn], dtype=self.first.dtype)


class _EachImage(keras.layers.Layer):
    """The chain of changes, image by image: little memory, and seeds that are the image's own."""

    def __init__(self, augmentation: Augmentation) -> None:
        super().__init__(dtype="float32")
        self.chain = make_layers(augmentation)
        self.built = True

    def call(self, images: Any, seeds: Any) -> Any:
        return ops.map(self._change, (images, seeds))

    def compute_output_spec(self, images: Any, seeds: Any) -> keras.KerasTensor:
        return keras.KerasTensor(images.shape, "float32")

    def _change(self, one: tuple[Any, Any]) -> Any:
        images, seeds = ops.expand_dims(ops.cast(one[0], "float32"), 0), _Seeds(one[1])
        for layer in self.chain:
            drawn = layer.get_random_transformation(images, training=True, seed=seeds)
            images = layer.transform_images(images, drawn, training=True)
        return ops.clip(images[0], 0.0, 255.0)
