"""RandAugment: some operations on each image, drawn from fourteen, all of one magnitude.

The operations and their ranges are those of Cubuk, Zoph, Shlens and Le, "RandAugment: Practical automated data
augmentation with a reduced search space" (2019), which Pillow's functions define. Keras' layer of that name draws the
same operations for a whole batch, from a generator of its own, and computes all of them to keep one.
"""

from collections.abc import Callable

import numpy

from darkroom.images.prepared import colours, geometry
from darkroom.images.prepared.draws import OPERATIONS, draw_numbers
from darkroom.params.augmentation import RandAugment

Operation = Callable[[numpy.ndarray, numpy.ndarray], numpy.ndarray]
"""Makes of images (float32, 0 to 255) and strengths, from -1 to 1, other images."""
DEGREES, SHEAR, TRANSLATION, CHANGE, BITS = 30, 0.3, 150 / 331, 0.9, 4
"""The most of each kind, at magnitude 1."""


def make_operations(fill: str) -> list[Operation]:
    """Return the fourteen; ``fill`` fills the room that a moved image leaves."""

    def moving(make: Callable[[numpy.ndarray, int, int], numpy.ndarray]) -> Operation:
        return lambda images, strengths: geometry.move(images, make(strengths, *images.shape[1:3]), fill)

    return [
        lambda images, _: images,
        lambda images, _: stretch(images),
        lambda images, _: equalize(images),
        moving(lambda strengths, height, width: geometry.rotate(DEGREES * strengths, height, width)),
        solarize,
        lambda images, strengths: colours.blend(colours.to_grey(images), images, 1 + CHANGE * strengths),
        posterize,
        lambda images, strengths: colours.blend(_mean_grey(images), images, 1 + CHANGE * strengths),
        lambda images, strengths: colours.blend(numpy.zeros_like(images), images, 1 + CHANGE * strengths),
        lambda images, strengths: colours.blend(smooth(images), images, 1 + CHANGE * strengths),
        moving(lambda strengths, *_: geometry.shear(SHEAR * strengths)),
        moving(lambda strengths, *_: geometry.shear(0 * strengths, SHEAR * strengths)),
        moving(lambda strengths, height, _: geometry.translate(TRANSLATION * height * strengths, 0 * strengths)),
        moving(lambda strengths, _, width: geometry.translate(0 * strengths, TRANSLATION * width * strengths)),
    ]


def operate(images: numpy.ndarray, seeds: numpy.ndarray, chosen: RandAugment, fill: str) -> numpy.ndarray:
    """Return images (float32, 0 to 255), each changed by operations drawn by its seeds (int64, (images, 2))."""
    operations, images = make_operations(fill), images.copy()
    numbers = draw_numbers(seeds, OPERATIONS, 2 * chosen.operations)
    for kinds, signs in zip(numbers[:, ::2].T, numbers[:, 1::2].T, strict=True):
        strengths = numpy.where(signs < 0.5, -chosen.magnitude, chosen.magnitude)
        for number, operation in enumerate(operations):
            rows = numpy.flatnonzero((kinds * len(operations)).astype(int) == number)
            if len(rows):
                images[rows] = operation(images[rows], strengths[rows])
    return images


def stretch(images: numpy.ndarray) -> numpy.ndarray:
    """Return images whose channels each go from 0 to 255; one of a single value stays."""
    low, high = (find(images, axis=(1, 2), keepdims=True) for find in (numpy.min, numpy.max))
    wide = numpy.where(high > low, high - low, 1)
    return numpy.where(high > low, (images - low) * (255 / wide), images).astype(numpy.float32)


def equalize(images: numpy.ndarray) -> numpy.ndarray:
    """Return images each of whose channels has as many dark values as bright ones, as Pillow does it."""
    levels = numpy.rint(images).astype(numpy.uint8)
    return numpy.stack(
        [
            numpy.stack([_equalize_channel(image[..., place]) for place in range(image.shape[-1])], axis=-1)
            for image in levels
        ]
    ).astype(numpy.float32)


def _equalize_channel(levels: numpy.ndarray) -> numpy.ndarray:
    counts = numpy.bincount(levels.ravel(), minlength=256)
    step = (levels.size - counts[numpy.flatnonzero(counts)[-1]]) // 255
    if not step:
        return levels
    before = numpy.cumsum(counts) - counts
    return numpy.clip((before + step // 2) // step, 0, 255)[levels]


def solarize(images: numpy.ndarray, strengths: numpy.ndarray) -> numpy.ndarray:
    """Return images whose bright values are inverted: from 255 down, the more, the stronger."""
    return numpy.where(images >= 256 * (1 - colours.spread(numpy.abs(strengths))), 255 - images, images)


def posterize(images: numpy.ndarray, strengths: numpy.ndarray) -> numpy.ndarray:
    """Return images of fewer levels: up to four of the eight bits go."""
    step = 2.0 ** numpy.rint(BITS * numpy.abs(strengths))
    return numpy.floor(numpy.rint(images) / colours.spread(step)) * colours.spread(step)


def smooth(images: numpy.ndarray) -> numpy.ndarray:
    """Return images each of whose values, but at the border, is a mean with its eight neighbours, itself five-fold."""
    height, width = images.shape[1:3]
    mean = images.copy()
    inside = [images[:, y : height - 2 + y, x : width - 2 + x] for y in range(3) for x in range(3)]
    mean[:, 1:-1, 1:-1] = (sum(inside) + 4 * images[:, 1:-1, 1:-1]) / 13
    return mean


def _mean_grey(images: numpy.ndarray) -> numpy.ndarray:
    return colours.to_grey(images).mean(axis=(1, 2), keepdims=True)
