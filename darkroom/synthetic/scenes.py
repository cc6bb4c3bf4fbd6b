"""Drawn landscapes and townscapes, one kind for each class of the Intel natural scenes; reads and writes nothing.

The kinds share skies, water, peaks, facades and colours, so that they are confused as photographs of them are.
"""

import numpy
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[numpy.floating]

# Colours in hex. A sky is a pair, zenith:horizon: clear twice, deep, overcast, stormy, sunset, hazy.
SKIES = "4080d9:bfdef7 6699d9:ccdeeb 1a4cb2:80b2eb 99a6b2:d9dbde 596678:b2b8bd 4c5999:f7b273 d9e3ed:f7f7f7"
ROCK = "6b5642 57493c 7a6046 4c443a 5c5658"
GREEN = "3c5a22 29451f 4f662c 5c5a30 213824"
AUTUMN = "6b451f 806b33"
ICE = "deebf7 c2def2 f0f4f7 cfdfeb aed2eb"
WATER = "103f80 145a8c 2a5078 2a7396 0d2a5a 3a5266"
WALL = "cca272 a04a30 d2bc9c 8a6c54 dcae5c 6a7480 b48660"
PANE = "262e3b 59738c 1a1a1a 99adbf"
PAVING = "59565a 6c6868 46444a 7a7270 958878"
MARKING = "e6e6e0 d9bf66"
BODY = "1a1a1f b21a1a ccccd1 334c80 d9b233"


class Sketch:
    """A picture in the making: ``pixels`` float32 (3, height, width), and ``x`` and ``y``, all from 0 to 1."""

    def __init__(self, random: numpy.random.Generator, width: int, height: int) -> None:
        self.random = random
        self.x = numpy.linspace(0, 1, width, dtype=numpy.float32)[None, :]
        self.y = numpy.linspace(0, 1, height, dtype=numpy.float32)[:, None]
        self.pixels: Array = numpy.zeros((3, height, width), numpy.float32)

    def between(self, low: float, high: float) -> float:
        """Return a number drawn evenly from ``low`` to ``high``."""
        return float(self.random.uniform(low, high))

    def colour(self, *palettes: str) -> Array:
        """Return a colour near one of ``palettes``, float32 (3, 1, 1)."""
        colours = " ".join(palettes).split()
        chosen = numpy.array(list(bytes.fromhex(colours[self.random.integers(len(colours))]))) / 255
        drift = self.random.normal(0, 0.04) + self.random.normal(0, 0.02, 3)
        return (chosen + drift).astype(numpy.float32)[:, None, None]

    def texture(self, across: float, down: float, octaves: int = 3) -> Array:
        """Return fractal noise, float32 (height, width), about -1 to 1, with so many lumps across and down."""
        height, width = self.pixels.shape[1:]
        total: Array = numpy.zeros((2, 2), numpy.float32)
        for octave in range(octaves):
            cells = (min(int(across * 2**octave) + 2, width), min(int(down * 2**octave) + 2, height))
            total = numpy.asarray(Image.fromarray(total).resize(cells, Image.Resampling.BICUBIC))
            total = total + numpy.float32(0.6 ** (octave + 1)) * self.random.standard_normal(cells[::-1], numpy.float32)
        return numpy.asarray(Image.fromarray(total).resize((width, height), Image.Resampling.BICUBIC))

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
        across, down = numpy.minimum(self.x - left, right - self.x), numpy.minimum(self.y - top, bottom - self.y)
        return self.beyond(numpy.minimum(across, down))

    def paint(self, cover: Array, colour: Array) -> None:
        """Lay ``colour``, (3, 1, 1) or (3, height, width), over the pixels where ``cover`` is."""
        self.pixels += cover * (colour - self.pixels)

    def foliage(self, cover: Array, colour: Array) -> None:
        """Paint leaves: clumps of light and shade down to single pixels."""
        contrast, lumps = self.between(0.35, 0.8), self.between(5, 12)
        self.paint(cover, colour * (1 + contrast * self.texture(lumps, lumps, 4)))

    def sky(self, horizon: float) -> Array:
        """Paint a sky down to ``horizon`` and return the colour of its haze, (3, 1, 1)."""
        top, low = (self.colour(end) for end in str(self.random.choice(SKIES.split())).split(":"))
        self.pixels[:] = low + (top - low) * numpy.clip(1 - self.y / horizon, 0, 1) ** self.between(0.5, 1.5)
        clouds = self.texture(self.between(1, 5), self.between(3, 9)) - self.between(-0.1, 1.2)
        self.paint(numpy.clip(1.5 * clouds, 0, 0.85), 0.4 * low + 0.6 * self.between(0.6, 1.1))
        return low

    def peaks(self, haze: Array, level: float, layers: int, snow: float) -> None:
        """Paint ranges of mountains, the farther the hazier, white down to ``snow`` below their tops."""
        for layer in range(layers):
            top = level + 0.14 * layer - self.between(0.06, 0.2) * self.ridge(self.between(1.5, 6))
            rough = self.texture(self.between(5, 12), self.between(6, 14), 4)
            light = 0.14 * (numpy.roll(rough, 2, axis=1) - rough)
            clear = min((layer + 1) / (layers + self.between(0, 0.8)), 1)
            rock = self.colour(ROCK, GREEN if layer == layers - 1 else ROCK)
            ground = self.beyond(self.y - top)
            self.paint(ground, haze + clear * (rock - haze + light + 0.05 * rough))
            white = self.beyond(0.3 * (top + snow * (1 - 0.6 * layer) - self.y + 0.12 * rough))
            self.paint(ground * white, self.colour(ICE) + light)

    def water(self, top: float, haze: Array, swell: float) -> None:
        """Paint water from ``top`` down, with waves of height ``swell`` that grow towards the viewer."""
        depth = numpy.clip((self.y - top) / (1.02 - top), 0, 1)
        rows = (len(self.y) - 1) * (1 - depth[:, 0]) ** self.between(1.2, 2.4)
        waves = self.texture(self.between(3, 9), self.between(25, 50))[rows.astype(int)] * (0.3 + 0.7 * depth)
        cover = self.beyond(self.y - top)
        self.paint(cover, self.colour(WATER) * (0.55 + 0.45 * depth) + haze * 0.35 * (1 - depth) + swell * waves)
        self.paint(cover * numpy.clip(4 * (waves - self.between(0.5, 1.2)), 0, 1), self.colour(ICE))
        glitter = numpy.exp(-(((self.x - self.between(0, 1)) / self.between(0.05, 0.3)) ** 2))
        self.paint(cover * glitter * (waves > self.between(0.1, 1.5)), haze + 0.3)

    def windows(self, cover: Array, across: Array, up: Array) -> None:
        """Paint a wall with a window at every whole number of ``across`` and ``up`` (its own coordinates)."""
        column, floor = numpy.floor(across), numpy.floor(up)
        self.paint(cover, self.colour(WALL) + 0.06 * self.texture(4, 6) - numpy.float32(0.1) * (up - floor < 0.12))
        wide, high = self.between(0.12, 0.42), self.between(0.17, 0.35)
        glass = (numpy.abs(across - column - 0.5) < wide) & (numpy.abs(up - floor - 0.5) < high)
        lit = numpy.sin(column * 12.9 + floor * 78.2) > self.between(0.2, 1.5)
        self.paint(0.9 * cover * glass, numpy.where(lit, self.colour(MARKING), self.colour(PANE)))


def buildings(sketch: Sketch) -> None:
    """Facades before a sky, on paving or grass."""
    sketch.sky(0.9)
    ground = sketch.between(0.7, 1.1)
    for _ in range(sketch.random.integers(2, 6)):
        left, wide, top = sketch.between(-0.3, 0.75), sketch.between(0.3, 0.9), sketch.between(-0.15, 0.4)
        lean = sketch.between(-0.35, 0.35) * (sketch.between(0, 1) < 0.6) * (sketch.x - left)
        up = (sketch.y - top) / (1 + lean) + lean
        cover = sketch.box(left, -1, left + wide, ground) * sketch.beyond(up)
        sketch.windows(cover, (sketch.x - left) * sketch.between(4, 18), up * sketch.between(4, 18))
    sketch.paint(sketch.beyond(sketch.y - ground), sketch.colour(PAVING, GREEN) + 0.06 * sketch.texture(6, 12))


def street(sketch: Sketch) -> None:
    """A road towards a vanishing point between rows of houses or trees, with markings and traffic."""
    centre, eye = sketch.between(0.25, 0.75), sketch.between(0.35, 0.65)
    sketch.sky(eye)
    aside, below = sketch.x - centre, sketch.y - eye
    sketch.paint(sketch.beyond(below), sketch.colour(PAVING) + 0.05 * sketch.texture(8, 14, 4))
    away = numpy.maximum(numpy.abs(aside), numpy.float32(0.012))
    for side in (-1, 1):
        roof, kerb = sketch.between(0.5, 2.5), sketch.between(0.3, 0.8)
        row = sketch.beyond(numpy.minimum(numpy.minimum(below + roof * away, kerb * away - below), side * aside - 0.02))
        if sketch.between(0, 1) < 0.8:
            sketch.windows(row, sketch.between(0.6, 2.2) / away, below / away * sketch.between(3, 8))
        else:
            sketch.foliage(row, sketch.colour(GREEN))
    near, road = numpy.maximum(below, numpy.float32(0.004)), sketch.between(0.5, 1.3)
    dashes = numpy.float32(sketch.between(0.1, 0.9)) * (below > 0.02) * (0.3 / near % 1 < 0.55)
    for lane in (-road, 0, road):
        sketch.paint(dashes * sketch.beyond(0.03 * near - numpy.abs(aside - lane * near)), sketch.colour(MARKING))
    for distance in sorted(sketch.random.uniform(0.06, 0.4, sketch.random.integers(0, 6)).tolist()):
        left, wide = centre + distance * sketch.between(-1.5, 1), distance * sketch.between(0.1, 0.7)
        sketch.paint(sketch.box(left, eye + 0.5 * distance, left + wide, eye + distance), sketch.colour(BODY))


def forest(sketch: Sketch) -> None:
    """Foliage and trunks, from within or as a wooded slope."""
    haze = sketch.sky(0.8)
    within = sketch.between(0, 1) < 0.75
    tone = sketch.colour(GREEN, GREEN, AUTUMN) * sketch.between(0.5, 1.1)
    for layer in range(3):
        top = (-0.2 if within else sketch.between(0.05, 0.3)) + 0.2 * layer - 0.12 * sketch.ridge(sketch.between(4, 20))
        gaps = sketch.beyond(0.05 * (sketch.texture(9, 9) + sketch.between(0.6, 1.6)))
        sketch.foliage(sketch.beyond(sketch.y - top) * gaps, haze + (0.7 + 0.15 * layer) * (tone - haze))
    for _ in range(sketch.random.integers(2, 16) if within else 0):
        thick, foot = sketch.between(0.005, 0.05), sketch.between(0.65, 1.1)
        off = sketch.x - sketch.between(0, 1) - sketch.between(-0.12, 0.12) * sketch.y - 0.01 * numpy.sin(9 * sketch.y)
        trunk = sketch.beyond(thick * (0.7 + 0.4 * sketch.y) - numpy.abs(off)) * sketch.beyond(foot - sketch.y)
        sketch.paint(trunk, 0.6 * sketch.colour(ROCK) + 0.1 * off / thick)
    floor = sketch.y - sketch.between(0.65, 0.95) - 0.04 * sketch.ridge(3)
    sketch.foliage(sketch.beyond(floor), sketch.colour(GREEN, AUTUMN))


def mountain(sketch: Sketch) -> None:
    """Ranges of rock and green slopes, some with snow; at times a wood in front."""
    level = sketch.between(0.25, 0.55)
    sketch.peaks(sketch.sky(level + 0.2), level, int(sketch.between(2, 5)), sketch.between(-0.3, 0.3))
    wood = sketch.y - sketch.between(0.65, 1.2) - 0.06 * sketch.ridge(8)
    sketch.foliage(sketch.beyond(wood), sketch.colour(GREEN))


def glacier(sketch: Sketch) -> None:
    """A field or a cliff of ice with crevasses below snowy peaks; at times water in front."""
    level = sketch.between(0.2, 0.5)
    haze = sketch.sky(level + 0.2)
    sketch.peaks(haze, level, int(sketch.between(1, 4)), sketch.between(0.0, 0.5))
    edge = sketch.between(0.25, 0.65) + sketch.between(0, 0.15) * sketch.ridge(2) + sketch.between(0, 0.2) * sketch.x
    ice = sketch.beyond(sketch.y - edge)
    sketch.paint(ice, sketch.colour(ICE) + 0.07 * sketch.texture(8, 8, 4))
    lines = sketch.texture(*((sketch.between(3, 8), 18) if sketch.between(0, 1) < 0.6 else (22, 4)))
    cracks = sketch.between(0.2, 0.9) * numpy.clip(0.9 - 2.5 * numpy.abs(lines), 0, 1)
    sketch.paint(ice * cracks, sketch.colour(WATER))
    if sketch.between(0, 1) < 0.4:
        sketch.water(sketch.between(0.65, 0.88), haze, 0.05)


def sea(sketch: Sketch) -> None:
    """Water to the horizon with waves and glitter; at times a headland or a beach."""
    horizon = sketch.between(0.15, 0.65)
    haze = sketch.sky(horizon)
    sketch.peaks(haze, horizon + sketch.between(-0.1, 0.05), int(sketch.between(0, 1.4)), -0.5)
    sketch.water(horizon, haze, sketch.between(0.03, 0.16))
    if sketch.between(0, 1) < 0.4:
        shore = sketch.y - sketch.between(0.7, 1) - 0.05 * sketch.ridge(2) - sketch.between(-0.3, 0.3) * sketch.x
        sketch.paint(sketch.beyond(shore + 0.03), sketch.colour(ICE) + 0.1 * sketch.texture(12, 8))
        sketch.paint(sketch.beyond(shore), sketch.colour(PAVING) + 0.06 * sketch.texture(14, 14))


KINDS = {kind.__name__: kind for kind in (buildings, forest, glacier, mountain, sea, street)}


def draw_scene(name: str, random: numpy.random.Generator, width: int, height: int) -> Image.Image:
    """Return a drawing of the kind ``name`` (a key of ``KINDS``), RGB, ``width`` by ``height`` pixels."""
    sketch = Sketch(random, width, height)
    KINDS[name](sketch)
    return Image.fromarray((numpy.clip(sketch.pixels, 0, 1) * 255).round().astype(numpy.uint8).transpose(1, 2, 0))
