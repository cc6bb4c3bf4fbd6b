"""Shapes that stand for classes that nobody has drawn a scene of, and digits; reads and writes nothing.

A class's place among the others gives its shapes, what they are filled with and, less clearly, their colour, so that
it can be learnt, and is confused with those that share one of these. Digits are white on black, each of another size,
slope, weight and place.
"""

import colorsys
from math import sin

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from darkroom.synthetic.scenes import Array, Sketch

LOBES = (0, 3, 5, 2)
"""Bulges of a shape; 0 is a disc."""
FILLS = ("plain", "stripes", "rings")
DRIFT = 0.13
"""The deviation of hues from that of their class, in turns of the colour circle."""


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


SCALE = 4
"""A digit is drawn so many times larger, and then shrunk."""


def draw_digit(name: str, random: numpy.random.Generator, width: int, height: int) -> Image.Image:
    """Return a drawing of the digit ``name``, in grey, ``width`` by ``height`` pixels."""
    wide, high = SCALE * width, SCALE * height
    font = ImageFont.load_default(size=round(float(random.uniform(0.65, 0.95)) * high))
    stroke = int(random.integers(0, max(1, high // 24)))
    drawn = Image.new("L", (wide, high))
    ImageDraw.Draw(drawn).text((wide / 2, high / 2), name, fill=255, font=font, anchor="mm", stroke_width=stroke)
    drawn = drawn.transform(
        drawn.size, Image.Transform.AFFINE, _draw_slope(random, wide, high), Image.Resampling.BICUBIC
    )
    drawn = _wave(drawn, random).resize((width, height), Image.Resampling.BOX)
    drawn = drawn.filter(ImageFilter.GaussianBlur(float(random.uniform(0.2, 0.7))))
    pixels = numpy.asarray(drawn, numpy.float32) * random.uniform(0.8, 1.2)
    pixels += random.normal(0, 6, pixels.shape) * (pixels > 8)
    return Image.fromarray(numpy.clip(pixels, 0, 255).astype(numpy.uint8))


def _draw_slope(random: numpy.random.Generator, wide: int, high: int) -> tuple[float, ...]:
    """Return the affine map from the drawn to the undrawn: stretched, turned, slanted and moved a little."""
    turn, slant = float(random.normal(0, 0.13)), float(random.normal(0, 0.12))
    across, down = (float(random.uniform(0.85, 1.2)) for _ in range(2))
    right, below = float(random.uniform(-0.08, 0.08)) * wide, float(random.uniform(-0.08, 0.08)) * high
    xx, xy, yx, yy = across, slant + sin(turn), -sin(turn), down
    return xx, xy, wide / 2 * (1 - xx) - xy * high / 2 + right, yx, yy, high / 2 * (1 - yy) - yx * wide / 2 + below


def _wave(drawn: Image.Image, random: numpy.random.Generator) -> Image.Image:
    """Return the drawing with its rows moved left and right, as by an unsteady hand."""
    pixels = numpy.array(drawn)
    places = numpy.linspace(0, random.uniform(2, 6), len(pixels)) + random.uniform(0, 6)
    for row, shift in enumerate(numpy.rint(random.uniform(0, 0.05) * len(pixels) * numpy.sin(places)).astype(int)):
        pixels[row] = numpy.roll(pixels[row], shift)
    return Image.fromarray(pixels)
