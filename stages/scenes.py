"""Drawn landscapes and townscapes, one kind for each class of the Intel natural scenes; reads and writes nothing.

The kinds share skies, water, peaks, facades and colours, so that they are confused as photographs of them are.
"""

from collections.abc import Callable

import numpy
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[numpy.float32]

# Colours in hex. A sky is a pair, zenith and horizon: clear, deep, overcast, stormy, sunset, hazy, night.
SKIES = (
    "4080d9 bfdef7",
    "1a4cb2 80b2eb",
    "99a6b2 d9dbde",
    "596678 b2b8bd",
    "4c5999 f7b273",
    "d9e3ed f7f7f7",
    "0d0f21 33334c",
)
SKY_SHARES = (0.24, 0.13, 0.2, 0.12, 0.12, 0.14, 0.05)
ROCK = "6b6157 575961 806b54 4c5247 61708c"
GREEN = "405c24 29451f 596b33 736638 213829"
AUTUMN = "6b451f 806b33"
BARK = "291f17 4c4033 141412 736e61"
ICE = "deebf7 b2d4eb edf0f2 c7d4e0 9ec2db"
CREVASSE = "5994bf 808c99 335980"
WATER = "1a4c80 266b8c 4c5e6b 598c99 142b4c 6b6666"
FOAM = "edf2f5"
SAND = "c7b28c 99876e 736b66"
WALL = "b8a891 8c5442 c7c7c7 666e78 d1b880 4c6b80 998c85"
PANE = "262e3b 59738c 1a1a1a 99adbf"
LAMP = "f2d98c b2bfcc"
PAVING = "59595e 807d7a 42424a 948778"
MARKING = "e6e6e0 d9bf66"
BODY = "1a1a1f b21a1a ccccd1 334c80 d9b233"


class Sketch:
    """A picture in the making: ``pixels`` float32 (3, height, width), and ``x`` and ``y``, all from 0 to 1."""

    def __init__(self, random: numpy.random.Generator, width: int, height: int) -> None:
        self.random = random
        self.x = numpy.linspace(0, 1, width, dtype=numpy.float32)[None, :]
        self.y = numpy.linspace(0, 1, height, dtype=numpy.float32)[:, None]
        self.pixels: Array = numpy.zeros((3, height, width), numpy.float32)

    def chance(self, probability: float) -> bool:
        """Return true with ``probability``."""
        return bool(self.random.random() < probability)

    def between(self, low: float, high: float) -> numpy.float32:
        """Return a number drawn evenly from ``low`` to ``high``."""
        return numpy.float32(self.random.uniform(low, high))

    def colour(self, *palettes: str) -> Array:
        """Return a colour near one of ``palettes``, float32 (3, 1, 1)."""
        choices = " ".join(palettes).split()
        chosen = numpy.frombuffer(bytes.fromhex(choices[self.random.integers(len(choices))]), numpy.uint8) / 255
        return (chosen + self.random.normal(0, 0.05) + self.random.normal(0, 0.025, 3)).astype(numpy.float32)[
            :, None, None
        ]

    def texture(self, across: float, down: float, octaves: int = 3) -> Array:
        """Return fractal noise, float32 (height, width), about -1 to 1, with so many lumps across and down."""
        height, width = self.pixels.shape[1:]
        total: Array = numpy.zeros((height, width), numpy.float32)
        for octave in range(octaves):
            cells = (min(int(down * 2**octave) + 2, height), min(int(across * 2**octave) + 2, width))
            grid = self.random.standard_normal(cells, numpy.float32) * numpy.float32(0.6 ** (octave + 1))
            total += numpy.asarray(Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC))
        return total

    def ridge(self, tops: float) -> Array:
        """Return a skyline, float32 (1, width), about -1 to 1, upwards positive, with so many tops."""
        profile = numpy.zeros(self.x.shape[1])
        for octave in range(5):
            heights = self.random.uniform(-1, 1, int(tops * 2**octave) + 2)
            profile += 0.5**octave * numpy.interp(self.x[0], numpy.linspace(0, 1, len(heights)), heights)
        return profile.astype(numpy.float32)[None, :]

    def beyond(self, distance: Array) -> Array:
        """Return where ``distance`` (in heights) is positive, as a cover from 0 to 1 with smooth edges."""
        return numpy.clip(distance * numpy.float32(len(self.y)) + numpy.float32(0.5), 0, 1)

    def box(self, left: float, top: float, right: float, bottom: float) -> Array:
        """Return the cover of a rectangle."""
        inside_x, inside_y = numpy.minimum(self.x - left, right - self.x), numpy.minimum(self.y - top, bottom - self.y)
        return self.beyond(numpy.minimum(inside_x, inside_y))

    def paint(self, cover: Array, colour: Array) -> None:
        """Lay ``colour``, (3, 1, 1) or (3, height, width), over the pixels where ``cover`` is."""
        self.pixels += cover * (colour - self.pixels)

    def foliage(self, cover: Array, colour: Array) -> None:
        """Paint leaves: clumps of light and shade down to single pixels."""
        contrast, lumps = self.between(0.35, 0.8), self.between(5, 12)
        self.paint(cover, colour * (1 + contrast * self.texture(lumps, lumps, 4)))


def sky(sketch: Sketch, horizon: float) -> Array:
    """Paint a sky down to ``horizon`` and return the colour of its haze, (3, 1, 1)."""
    top, low = (sketch.colour(end) for end in SKIES[sketch.random.choice(len(SKIES), p=SKY_SHARES)].split())
    sketch.pixels[:] = low + (top - low) * numpy.clip(1 - sketch.y / horizon, 0, 1) ** sketch.between(0.5, 1.5)
    if sketch.chance(0.6):
        clouds = sketch.texture(sketch.between(1, 5), sketch.between(3, 9)) - sketch.between(-0.1, 0.6)
        sketch.paint(numpy.clip(1.5 * clouds, 0, 0.85), 0.4 * low + 0.6 * sketch.between(0.6, 1.1))
    return low


def peaks(sketch: Sketch, haze: Array, level: float, layers: int, snow: float) -> None:
    """Paint ranges of mountains, the farther the hazier, white down to ``snow`` below their tops."""
    for layer in range(layers):
        top = level + 0.14 * layer - sketch.between(0.06, 0.2) * sketch.ridge(sketch.between(1.5, 6))
        rough = sketch.texture(sketch.between(5, 12), sketch.between(6, 14), 4)
        light = 0.14 * (numpy.roll(rough, 2, axis=1) - rough)
        clear = min((layer + 1) / (layers + sketch.between(0, 0.8)), 1)
        rock = sketch.colour(ROCK, GREEN if layer == layers - 1 else ROCK)
        ground = sketch.beyond(sketch.y - top)
        sketch.paint(ground, haze + clear * (rock - haze + light + 0.05 * rough))
        white = sketch.beyond(0.3 * (top + snow * (1 - 0.6 * layer) - sketch.y + 0.12 * rough))
        sketch.paint(ground * white, sketch.colour(ICE) + light)


def water(sketch: Sketch, top: float, haze: Array, swell: float) -> None:
    """Paint water from ``top`` down, with waves of height ``swell`` that grow towards the viewer."""
    depth = numpy.clip((sketch.y - top) / (1.02 - top), 0, 1)
    rows = (len(sketch.y) - 1) * (1 - depth[:, 0]) ** sketch.between(1.2, 2.4)
    waves = sketch.texture(sketch.between(3, 9), sketch.between(25, 50))[rows.astype(int)] * (0.3 + 0.7 * depth)
    cover = sketch.beyond(sketch.y - top)
    sketch.paint(cover, sketch.colour(WATER) * (0.55 + 0.45 * depth) + haze * 0.45 * (1 - depth) + swell * waves)
    if swell > 0.06:
        sketch.paint(cover * numpy.clip(4 * (waves - sketch.between(0.5, 1.2)), 0, 1), sketch.colour(FOAM))
    if sketch.chance(0.35):
        glitter = numpy.exp(-(((sketch.x - sketch.between(0, 1)) / sketch.between(0.05, 0.3)) ** 2)) * (waves > 0.15)
        sketch.paint(0.8 * cover * glitter, haze + 0.3)


def windows(sketch: Sketch, cover: Array, across: Array, up: Array) -> None:
    """Paint a wall with a window at every whole number of ``across`` and ``up`` (its own coordinates)."""
    column, floor = numpy.floor(across), numpy.floor(up)
    sketch.paint(cover, sketch.colour(WALL) + 0.06 * sketch.texture(4, 6) - 0.1 * (up - floor < 0.12))
    wide, high = sketch.between(0.12, 0.42), sketch.between(0.17, 0.35)
    glass = (numpy.abs(across - column - 0.5) < wide) & (numpy.abs(up - floor - 0.5) < high)
    lit = numpy.sin(column * 12.9 + floor * 78.2) > sketch.between(0.2, 1.5)
    sketch.paint(cover * numpy.float32(0.9) * (glass & ~lit), sketch.colour(PANE))
    sketch.paint(cover * numpy.float32(0.9) * (glass & lit), sketch.colour(LAMP))


def buildings(sketch: Sketch) -> None:
    """Facades before a sky, on paving or grass."""
    sky(sketch, 0.9)
    ground = sketch.between(0.7, 1.1)
    for _ in range(sketch.random.integers(1, 5)):
        left, wide, top = sketch.between(-0.3, 0.75), sketch.between(0.25, 0.9), sketch.between(-0.15, 0.5)
        lean = sketch.between(-0.35, 0.35) * sketch.chance(0.6) * (sketch.x - left)
        up = (sketch.y - top) / (1 + lean) + lean
        cover = sketch.box(left, -1, left + wide, ground) * sketch.beyond(up)
        windows(sketch, cover, (sketch.x - left) * sketch.between(4, 18), up * sketch.between(4, 18))
    sketch.paint(sketch.beyond(sketch.y - ground), sketch.colour(PAVING, GREEN) + 0.06 * sketch.texture(6, 12))
    if sketch.chance(0.3):
        sketch.foliage(sketch.beyond(sketch.y - ground + 0.1 * sketch.ridge(5) + 0.02), sketch.colour(GREEN))


def street(sketch: Sketch) -> None:
    """A road towards a vanishing point between rows of houses or trees, with markings and traffic."""
    centre, eye = sketch.between(0.25, 0.75), sketch.between(0.35, 0.65)
    haze = sky(sketch, eye)
    aside, below = sketch.x - centre, sketch.y - eye
    sketch.paint(sketch.beyond(below), sketch.colour(PAVING) + 0.05 * sketch.texture(8, 14, 4))
    away = numpy.maximum(numpy.abs(aside), numpy.float32(0.012))
    for side in (-1, 1):
        row = sketch.beyond(below + sketch.between(0.5, 2.5) * away) * sketch.beyond(
            sketch.between(0.3, 0.8) * away - below
        )
        row *= sketch.beyond(side * aside - 0.02)
        if sketch.chance(0.8):
            windows(sketch, row, sketch.between(0.6, 2.2) / away, below / away * sketch.between(3, 8))
        else:
            sketch.foliage(row, sketch.colour(GREEN))
    sketch.paint(sketch.between(0, 0.6) * numpy.exp(-((aside / 0.12) ** 2) - (below / 0.15) ** 2), haze)
    near = numpy.maximum(below, numpy.float32(0.004))
    road, worn = sketch.between(0.5, 1.3), sketch.between(0.1, 0.9)
    for lane, dashed in ((-road, False), (0, True), (road, False)):
        dashes = (below > 0.02) & ((0.3 / near % 1 < 0.55) | (not dashed))
        sketch.paint(
            worn * dashes * sketch.beyond(0.03 * near - numpy.abs(aside - lane * near)), sketch.colour(MARKING)
        )
    for distance in numpy.sort(sketch.random.uniform(0.06, 0.4, sketch.random.integers(0, 6))):
        left, foot = centre + distance * sketch.between(-1.5, 1), eye + distance
        right, high = left + distance * sketch.between(0.1, 0.7), distance * sketch.between(0.3, 0.7)
        body = sketch.colour(BODY)
        sketch.paint(sketch.box(left, foot - high, right, foot), 0.5 * body)
        sketch.paint(sketch.box(left, foot - 0.6 * high, right, foot - 0.15 * high), body)


def forest(sketch: Sketch) -> None:
    """Foliage and trunks, from within or as a wooded slope."""
    haze = sky(sketch, 0.8)
    within = sketch.chance(0.75)
    tone = sketch.colour(GREEN, GREEN, AUTUMN) * sketch.between(0.5, 1.3)
    for layer in range(3):
        top = (-0.2 if within else sketch.between(0.05, 0.3)) + 0.2 * layer - 0.12 * sketch.ridge(sketch.between(4, 20))
        gaps = sketch.beyond(0.05 * (sketch.texture(9, 9) + sketch.between(0.3, 1.4)))
        sketch.foliage(sketch.beyond(sketch.y - top) * gaps, haze + (0.55 + 0.22 * layer) * (tone - haze))
    if not within:
        return
    for _ in range(sketch.random.integers(2, 16)):
        thick, foot = sketch.between(0.005, 0.05), sketch.between(0.65, 1.1)
        off = sketch.x - sketch.between(0, 1) - sketch.between(-0.12, 0.12) * sketch.y - 0.01 * numpy.sin(9 * sketch.y)
        trunk = sketch.beyond(thick * (0.7 + 0.4 * sketch.y) - numpy.abs(off)) * sketch.beyond(foot - sketch.y)
        sketch.paint(trunk, sketch.colour(BARK) + 0.1 * off / thick)
    floor = sketch.beyond(sketch.y - sketch.between(0.65, 0.95) - 0.04 * sketch.ridge(3))
    sketch.foliage(floor, sketch.colour(GREEN, AUTUMN))


def mountain(sketch: Sketch) -> None:
    """Ranges of rock and green slopes, some with snow; at times a lake or a wood in front."""
    level = sketch.between(0.25, 0.55)
    haze = sky(sketch, level + 0.2)
    peaks(sketch, haze, level, sketch.random.integers(2, 5), sketch.between(0.02, 0.3) if sketch.chance(0.5) else -0.5)
    front = sketch.random.random()
    if front < 0.2:
        water(sketch, sketch.between(0.65, 0.85), haze, 0.04)
    elif front < 0.6:
        wood = sketch.beyond(sketch.y - sketch.between(0.65, 0.9) - 0.06 * sketch.ridge(8))
        sketch.foliage(wood, sketch.colour(GREEN))


def glacier(sketch: Sketch) -> None:
    """A field or a cliff of ice with crevasses below snowy peaks; at times water or rubble in front."""
    level = sketch.between(0.2, 0.5)
    haze = sky(sketch, level + 0.2)
    peaks(sketch, haze, level, sketch.random.integers(1, 4), sketch.between(0.0, 0.5))
    edge = (
        sketch.between(0.35, 0.65) + sketch.between(0, 0.15) * sketch.ridge(2) + sketch.between(-0.25, 0.25) * sketch.x
    )
    ice = sketch.beyond(sketch.y - edge)
    sketch.paint(ice, sketch.colour(ICE) + 0.07 * sketch.texture(8, 8, 4))
    flat = sketch.chance(0.6)
    lines = (
        sketch.texture(sketch.between(3, 8), sketch.between(10, 25))
        if flat
        else sketch.texture(sketch.between(15, 30), 4)
    )
    cracks = numpy.clip(0.9 - 2.5 * numpy.abs(lines), 0, 1)
    sketch.paint(ice * cracks * sketch.between(0.2, 0.9), sketch.colour(CREVASSE))
    front = sketch.random.random()
    if front < 0.35:
        water(sketch, sketch.between(0.65, 0.88), haze, 0.05)
    elif front < 0.6:
        rubble = sketch.beyond(sketch.y - sketch.between(0.7, 0.95) - 0.1 * sketch.ridge(2))
        sketch.paint(rubble, sketch.colour(ROCK) + 0.15 * sketch.texture(15, 15))


def sea(sketch: Sketch) -> None:
    """Water to the horizon with waves and glitter; at times a headland, a beach or a boat."""
    horizon = sketch.between(0.15, 0.65)
    haze = sky(sketch, horizon)
    if sketch.chance(0.3):
        peaks(sketch, haze, horizon + sketch.between(-0.1, 0.05), 1, -0.5)
    water(sketch, horizon, haze, sketch.between(0.03, 0.16))
    if sketch.chance(0.4):
        shore = sketch.y - sketch.between(0.7, 1) - 0.05 * sketch.ridge(2) - sketch.between(-0.3, 0.3) * sketch.x
        sketch.paint(sketch.beyond(shore + 0.03), sketch.colour(FOAM) + 0.1 * sketch.texture(12, 8))
        sketch.paint(sketch.beyond(shore), sketch.colour(SAND, ROCK) + 0.06 * sketch.texture(14, 14))
    if sketch.chance(0.25):
        left, wide, high = sketch.between(0, 0.9), sketch.between(0.03, 0.15), sketch.between(0.04, 0.2)
        hull = sketch.colour(BODY, FOAM)
        sketch.paint(sketch.box(left, horizon, left + wide, horizon + 0.04), hull)
        sketch.paint(sketch.box(left + 0.4 * wide, horizon - high, left + 0.6 * wide, horizon), hull)


KINDS: dict[str, Callable[[Sketch], None]] = {
    kind.__name__: kind for kind in (buildings, forest, glacier, mountain, sea, street)
}
