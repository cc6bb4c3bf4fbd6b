"""Training images mixed with others of the training images, and labels as shares of classes.

MixUp is that of Zhang, Cissé, Dauphin and Lopez-Paz, "mixup: Beyond empirical risk minimization" (2017), CutMix that of
Yun and others, "CutMix: Regularization strategy to train strong classifiers with localizable features" (2019). Keras'
layers mix the images of a batch with each other; here an image's partner is drawn from all that train, by the image's
own seeds: it is the same in whatever batch, or part of one, the image comes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy

from darkroom.images.prepared.draws import MIXING, make_generator
from darkroom.params.mixing import Mix


@dataclass(frozen=True)
class Partner:
    """What an image is mixed with."""

    row: int
    """Of the other image."""
    share: float
    """Of the image's own label; the rest is the other's."""
    box: tuple[slice, slice] | None
    """Rows and columns of pixels that are the other's; ``None``: both lie over each other."""


class Mixing:
    """Mixes images of the training rows with each other."""

    def __init__(self, mix: Mix, rows: numpy.ndarray, labels: numpy.ndarray, classes: int) -> None:
        """Take the rows that train (int64, (n,)) and the labels of all rows."""
        self.mix, self.rows, self.labels = mix, numpy.sort(rows), labels
        self.known = numpy.eye(classes, dtype=numpy.float32)

    def apply(
        self,
        images: numpy.ndarray,
        rows: numpy.ndarray,
        seeds: numpy.ndarray,
        read: Callable[[numpy.ndarray], numpy.ndarray],
    ) -> tuple[numpy.ndarray, numpy.ndarray]:
        """Return the images of rows, some of them mixed with others, float32, and shares of classes (rows, classes).

        ``seeds`` (int64, (rows, 2)) are those of the images, and ``read`` gives others as they are in this epoch.
        """
        drawn = (self.draw(pair, images.shape[1], images.shape[2]) for pair in seeds)
        partners = {place: partner for place, partner in enumerate(drawn) if partner}
        mixed, shares = images.astype(numpy.float32), self.known[self.labels[rows]]
        if not partners:
            return mixed, shares
        others = read(numpy.array([partner.row for partner in partners.values()]))
        for (place, partner), other in zip(partners.items(), others, strict=True):
            if partner.box:
                mixed[place][partner.box] = other[partner.box]
            else:
                mixed[place] = partner.share * mixed[place] + (1 - partner.share) * other
            shares[place] = partner.share * shares[place] + (1 - partner.share) * self.known[self.labels[partner.row]]
        return mixed, shares

    def draw(self, seeds: numpy.ndarray, height: int, width: int) -> Partner | None:
        """Return what the image with a pair of seeds is mixed with, or ``None`` if it stays alone."""
        draw = make_generator(seeds, MIXING)
        chance, way, down, right = draw.random(4)
        row = int(draw.choice(self.rows))
        if chance >= self.mix.probability:
            return None
        if not self.mix.cutmix or (self.mix.mixup and way < 0.5):
            return Partner(row, draw.beta(self.mix.mixup, self.mix.mixup), None)
        side = math.sqrt(1 - draw.beta(self.mix.cutmix, self.mix.cutmix))
        box = cut(height, side, down), cut(width, side, right)
        return Partner(row, 1 - math.prod(part.stop - part.start for part in box) / (height * width), box)


def cut(pixels: int, share: float, place: float) -> slice:
    """Return a share of so many pixels, around a place from 0 to 1; what would lie outside is cut off."""
    middle, half = int(place * pixels), int(share * pixels) // 2
    return slice(max(0, middle - half), min(pixels, middle + half))
