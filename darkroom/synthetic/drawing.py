"""One drawn image of any class, as a camera would take it; reads and writes nothing.

The natural scenes are drawn as such, the digits as digits, and any other class as a pattern. Each image has its own
random numbers, so that more images of a class leave those drawn before as they were.
"""

import numpy
from PIL import Image, ImageFilter

from darkroom.core.splits import TEST, TRAIN, VALIDATION
from darkroom.params.data import Synthetic
from darkroom.synthetic.scenes import KINDS, draw_scene
from darkroom.synthetic.shapes import draw_digit, draw_pattern

NUMBERS = {TRAIN: 0, TEST: 1, VALIDATION: 2}
"""The number of each split in the seeds of its images."""
AMBIGUOUS = 0.04
"""Share of the images that show, in part, the kind most like theirs."""
CONFUSED = {
    "buildings": "street",
    "forest": "mountain",
    "glacier": "mountain",
    "mountain": "glacier",
    "sea": "glacier",
    "street": "buildings",
}
LIGHTS = ((1, 1, 1), (1, 1, 1), (1.05, 1, 0.92), (1.1, 0.97, 0.84), (0.93, 0.98, 1.06), (0.96, 1, 1.02))
"""Gains of red, green and blue: white twice, warm, evening, cold, cool."""


def count_images(synthetic: Synthetic, split: str, name: str) -> int:
    """Return how many images the class ``name`` has in the archives of ``split``."""
    images = getattr(synthetic, f"{split}_per_class")
    return max(1, round(synthetic.fewer.get(name, 1) * images)) if images else 0


def count_all_images(synthetic: Synthetic, split: str) -> int:
    """Return how many images the archives of ``split`` hold."""
    return sum(count_images(synthetic, split, name) for name in set(synthetic.classes))


def number_classes(synthetic: Synthetic) -> dict[str, int]:
    """Return the number of each class in the seeds of its images; scenes have their own, whatever is drawn beside."""
    classes = sorted(set(synthetic.classes))
    order = [*KINDS, *(name for name in classes if name not in KINDS)]
    return {name: order.index(name) for name in classes}


def draw_picture(synthetic: Synthetic, split: str, name: str, index: int, lower: bool = False) -> Image.Image:
    """Return one image of the class ``name``: RGB, or grey of a digit; ``lower`` than the others if so asked."""
    random = numpy.random.default_rng([synthetic.seed, NUMBERS[split], number_classes(synthetic)[name], index])
    width, height = synthetic.width, synthetic.height
    if synthetic.sizes == "many":
        width = int(random.integers(width // 2, width + 1))
    if lower or synthetic.sizes == "many":
        height = int(random.integers(height // 2 + 1, height))
    if name.isdecimal() and len(name) == 1:
        return draw_digit(name, random, width, height)
    drawn = draw_subject(synthetic, name, random, width, height)
    if random.random() < AMBIGUOUS:
        other = draw_subject(synthetic, find_confused(synthetic, name), random, width, height)
        drawn = blend(drawn, other, random)
    return photograph(drawn, random)


def draw_subject(
    synthetic: Synthetic, name: str, random: numpy.random.Generator, width: int, height: int
) -> Image.Image:
    """Return a drawing of a class that is no digit, RGB, before it is photographed."""
    if name in KINDS:
        return draw_scene(name, random, width, height)
    classes = sorted(set(synthetic.classes))
    return draw_pattern(classes.index(name), len(classes), random, width, height)


def find_confused(synthetic: Synthetic, name: str) -> str:
    """Return what a class is confused with: of a scene the one most like it, else the class after it."""
    if name in CONFUSED:
        return CONFUSED[name]
    classes = [other for other in sorted(set(synthetic.classes)) if other not in KINDS]
    return classes[(classes.index(name) + 1) % len(classes)]


def blend(drawn: Image.Image, other: Image.Image, random: numpy.random.Generator) -> Image.Image:
    """Return ``drawn`` with a part of it, one side with a soft border, taken by the kind that it is confused with."""
    across = numpy.linspace(-1, 1, drawn.width) * random.choice([-1, 1]) + random.uniform(-0.3, 0.3)
    share = numpy.clip(255 * (0.5 + 4 * across), 0, 255).astype(numpy.uint8)
    return Image.composite(other, drawn, Image.fromarray(numpy.tile(share, (drawn.height, 1))))


def photograph(drawn: Image.Image, random: numpy.random.Generator) -> Image.Image:
    """Return a drawing as a camera would take it: something in the way, colour, light, exposure, blur and noise."""
    if random.random() < 0.15:
        edge = numpy.linspace(0, 1, drawn.width) + 0.04 * numpy.sin(numpy.linspace(0, 12, drawn.height))[:, None]
        near = (edge < random.uniform(0.05, 0.25))[:, :: random.choice([-1, 1])]
        drawn.paste(tuple(random.integers(10, 110, 3).tolist()), mask=Image.fromarray(near))
    colourful = 0.05 if random.random() < 0.04 else random.uniform(0.7, 1.35)
    drawn = Image.blend(drawn.convert("L").convert("RGB"), drawn, colourful)
    contrast = random.uniform(0.8, 1.2)
    gains = contrast * random.normal(LIGHTS[random.integers(len(LIGHTS))], 0.03)
    shift = 255 * (random.uniform(-0.08, 0.06) + 0.5 - 0.5 * contrast)
    levels = numpy.clip(gains[:, None] * numpy.arange(256) + shift, 0, 255)
    pixels = numpy.asarray(drawn.point(levels.round().astype(int).ravel().tolist()), numpy.float32)
    noise = random.standard_normal((*pixels.shape[:2], 1), numpy.float32) * numpy.float32(random.uniform(1, 12))
    taken = Image.fromarray(numpy.clip(pixels + noise, 0, 255).astype(numpy.uint8))
    return taken.filter(ImageFilter.BoxBlur(random.uniform(0.1, 0.8)))
