"""Drawn shapes that stand for classes that nobody has drawn a scene of; reads and writes nothing.

A class's place among the others gives its shapes, what they are filled with and, less clearly, their colour, so that
it can be learnt, and is confused with those that share one of these.
"""

import colorsys

import numpy
from PIL import Image

from darkroom.synthetic.scenes import Array, Sketch

LOBES = (0, 3, 5, 2)
"""Bulges of a shape; 0 is a disc."""
FILLS = ("plain", "stripes", "rings")
DRIFT = 0.13
"""How far hues stray from that of their class, in turns of the colour circle."""


def draw_pattern(place: int, classes: int, random: numpy.random.Generator, width: int, height: int) -> Image.Image:
    """Return a drawing of the class at ``place`` of so many ``classes``, RGB, ``width`` by ``height`` pixels."""
    sketch = Sketch(random, width, height)
    grey = sketch.between(0.15, 0.85)
    sketch.pixels[:] = grey + 0.08 * sketch.random.standard_normal((3, 1, 1), numpy.float32)
    sketch.pixels += 0.12 * sketch.texture(sketch.between(1, 6), sketch.between(1, 6))
    hue = place / classes + sketch.random.normal(0, DRIFT)
    for _ in range(int(sketch.random.integers(1, 4))):
        across, down, reach = _draw_shape(sketch, LOBES[place % len(LOBES)], width / height)
        inside = sketch.beyond(reach)
        light = _shade(FILLS[place // len(LOBES) % len(FILLS)], sketch, across, down)
        value = 0.9 if grey < 0.5 else sketch.between(0.3, 0.9)
        colour = colorsys.hsv_to_rgb(hue % 1, sketch.between(0.4, 1), value)
        sketch.paint(inside, numpy.float32(light) * numpy.array(colour, numpy.float32)[:, None, None])
    return Image.fromarray((numpy.clip(sketch.pixels, 0, 1) * 255).round().astype(numpy.uint8).transpose(1, 2, 0))


def _draw_shape(sketch: Sketch, lobes: int, proportion: float) -> tuple[Array, Array, Array]:
    """Return the distances, in heights, across and down from a shape's middle, and how far inside its edge a pixel is.

    All are (height, width).
    """
    across = (sketch.x - sketch.between(0.25, 0.75)) * numpy.float32(proportion) + 0 * sketch.y
    down = sketch.y - sketch.between(0.25, 0.75) + 0 * sketch.x
    radius, turn = sketch.between(0.16, 0.36), sketch.between(0, 6.3)
    bulge = 0.45 * numpy.cos(lobes * numpy.arctan2(down, across) + turn) if lobes else 0
    return across, down, radius * (1 + bulge) - numpy.hypot(across, down)


def _shade(fill: str, sketch: Sketch, across: Array, down: Array) -> Array:
    """Return how light each pixel within a shape is, float32 (height, width)."""
    many, turn = sketch.between(18, 40), sketch.between(0, 6.3)
    if fill == "stripes":
        return 0.65 + 0.35 * numpy.sign(numpy.sin(many * (across * numpy.cos(turn) + down * numpy.sin(turn))))
    if fill == "rings":
        return 0.65 + 0.35 * numpy.sign(numpy.sin(1.5 * many * numpy.hypot(across, down) + turn))
    return numpy.ones_like(across)
