"""Random changes of images, many at once, each image by seeds of its own.

What an image becomes depends on its seeds alone: not on the images beside it, on how a batch is divided, or on what was
changed before. So a training run that is resumed, or takes its batches in parts, sees the same images. What is drawn
is drawn for each image, what moves its pixels is joined into one matrix, and a batch is changed as a whole.
"""

import math
from collections.abc import Callable

import numpy

from darkroom.images.prepared import colours, geometry
from darkroom.images.prepared.draws import COLOURS, ERASING, MOVES, NOISE, draw_between, draw_numbers, make_generator
from darkroom.images.prepared.operations import operate
from darkroom.params.augmentation import Augmentation

Changes = Callable[[numpy.ndarray, numpy.ndarray], numpy.ndarray]
"""Makes of images (uint8, (images, height, width, channels)) and their seeds (int64, (images, 2)) float32, 0 to 255."""
AREAS, ASPECTS = (0.02, 0.33), (0.3, 1 / 0.3)
"""Share of an image that is erased, and height of that rectangle by its width: at least and at most."""


def make_changes(augmentation: Augmentation) -> Changes:
    """Return what changes images as ``augmentation`` says, in its order."""

    def change(images: numpy.ndarray, seeds: numpy.ndarray) -> numpy.ndarray:
        moved = change_places(images, seeds, augmentation).astype(numpy.float32)
        changed = change_colours(moved, seeds, augmentation)
        if augmentation.rand_augment:
            changed = operate(changed, seeds, augmentation.rand_augment, augmentation.fill)
        return erase(changed, seeds, augmentation.erasing) if augmentation.erasing else changed

    return change


def change_places(images: numpy.ndarray, seeds: numpy.ndarray, augmentation: Augmentation) -> numpy.ndarray:
    """Return images flipped, cropped and moved as ``augmentation`` says: of their own type, or float32."""
    height, width = images.shape[1:3]
    numbers = draw_numbers(seeds, MOVES, 9)
    for place, direction in enumerate(("vertical", "horizontal")):
        if direction in (augmentation.flip or "").split("_and_"):
            images = geometry.flip(images, numbers[:, place] < 0.5, place + 1)
    if augmentation.crop:
        images = geometry.crop(images, augmentation.crop, numbers[:, 2:4], augmentation.fill)
    turn, down, right, size, lean = numbers[:, 4:].T
    matrices = numpy.tile(numpy.eye(3), (len(images), 1, 1))
    if augmentation.rotation:
        matrices = matrices @ geometry.rotate(draw_between(turn, augmentation.rotation), height, width)
    if most := augmentation.translation:
        matrices = matrices @ geometry.translate(draw_between(down, most) * height, draw_between(right, most) * width)
    if augmentation.zoom:
        matrices = matrices @ geometry.zoom(1 + draw_between(size, augmentation.zoom), height, width)
    if augmentation.shear:
        matrices = matrices @ geometry.shear(draw_between(lean, math.tan(math.radians(augmentation.shear))))
    if not (augmentation.rotation or augmentation.translation or augmentation.zoom or augmentation.shear):
        return images
    return geometry.move(images, matrices, augmentation.fill)


def change_colours(images: numpy.ndarray, seeds: numpy.ndarray, augmentation: Augmentation) -> numpy.ndarray:
    """Return images (float32, 0 to 255) with the brightness, contrast and colours that ``augmentation`` says."""
    brightness, contrast, saturation, hue = draw_numbers(seeds, COLOURS, 4).T
    if augmentation.brightness:
        images = colours.brighten(images, draw_between(brightness, augmentation.brightness))
    if augmentation.contrast:
        images = colours.change_contrast(images, 1 + draw_between(contrast, augmentation.contrast))
    if augmentation.saturation or augmentation.hue:
        factors = 1 + draw_between(saturation, augmentation.saturation)
        images = colours.change_colours(images, factors, draw_between(hue, augmentation.hue))
    return images


def erase(images: numpy.ndarray, seeds: numpy.ndarray, chance: float) -> numpy.ndarray:
    """Return images (float32, 0 to 255), of which some, by ``chance``, have noise in a rectangle.

    By Zhong, Zheng, Kang, Li and Yang, "Random erasing data augmentation" (2017), with a rectangle cut to the image.
    """
    height, width = images.shape[1:3]
    erased, numbers = images.copy(), draw_numbers(seeds, ERASING, 5)
    for row in numpy.flatnonzero(numbers[:, 0] < chance):
        area, aspect, down, right = numbers[row, 1:]
        share = AREAS[0] + area * (AREAS[1] - AREAS[0])
        ratio = math.sqrt(ASPECTS[0] * (ASPECTS[1] / ASPECTS[0]) ** aspect)
        tall, wide = (max(1, round(min(1, part) * side)) for part, side in (
            (math.sqrt(share) * ratio, height), (math.sqrt(share) / ratio, width)
        ))  # fmt: skip
        top, left = int(down * (height - tall + 1)), int(right * (width - wide + 1))
        noise = make_generator(seeds[row], NOISE).integers(0, 256, (tall, wide, images.shape[3]))
        erased[row, top : top + tall, left : left + wide] = noise
    return erased
