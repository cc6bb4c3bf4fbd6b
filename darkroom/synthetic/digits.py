"""Drawn digits, white on black, each of another size, slope, weight and place; reads and writes nothing."""

from math import sin

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

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
