"""Draw the archives of a data set: scenes that stand in for photographs, in the very format of the Kaggle data.

Reads nothing; writes one zip for each split, with JPEG files at ``<name>/<name>/<class>/<number>.jpg``. Each image has
its own random numbers, so that more images of a class leave those drawn before as they were.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy
from PIL import Image, ImageFilter

from stages.errors import UserError
from stages.files import ZIP_TIME, written
from stages.parameters.base import FILE
from stages.parameters.data import Splits, Synthetic
from stages.progress import followed
from stages.scenes import KINDS, scene

SIDE = 150
LOWEST = 76
"""Heights of the images that are not square go from this to one pixel below ``SIDE``."""
SQUARE = 71
"""One image of so many is not square; the real set has 1.4 % of them."""
FIRST_NUMBERS = (0, 20_000)
"""Training images are numbered below the second of these, test images from it on."""
QUALITY = 85
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


def ambiguous(name: str, drawn: Image.Image, random: numpy.random.Generator) -> Image.Image:
    """Return ``drawn`` with a part of it, one side with a soft border, taken by the kind that it is confused with."""
    other = scene(CONFUSED[name], random, drawn.width, drawn.height)
    across = numpy.linspace(-1, 1, drawn.width) * random.choice([-1, 1]) + random.uniform(-0.3, 0.3)
    share = numpy.clip(255 * (0.5 + 4 * across), 0, 255).astype(numpy.uint8)
    return Image.composite(other, drawn, Image.fromarray(numpy.tile(share, (drawn.height, 1))))


def photographed(drawn: Image.Image, random: numpy.random.Generator) -> Image.Image:
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


def picture(name: str, seed: list[int], square: bool) -> bytes:
    """Return the JPEG file of one image of the kind ``name``, drawn from its own ``seed``."""
    random = numpy.random.default_rng(seed)
    height = SIDE if square else int(random.integers(LOWEST, SIDE))
    drawn = scene(name, random, SIDE, height)
    if random.random() < AMBIGUOUS:
        drawn = ambiguous(name, drawn, random)
    file = io.BytesIO()
    photographed(drawn, random).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def numbers(seed: int, split: int, per_class: int) -> numpy.ndarray:
    """Return the number of every image, int64 (``per_class``, kinds): shuffled over the classes, each only once.

    They come in blocks: what follows the first 20,000 images of a split is numbered beyond both splits' first blocks.
    """
    size = FIRST_NUMBERS[1]
    order = numpy.random.default_rng([seed, split]).permutation(size)
    place = numpy.arange(per_class * len(KINDS)).reshape(per_class, len(KINDS))
    return order[place % size] + FIRST_NUMBERS[split] + 2 * size * (place // size)


def pictures(synthetic: Synthetic, split: int, per_class: int) -> Iterator[tuple[str, bytes]]:
    """Yield class and name (``sea/123.jpg``), and the JPEG file, of every image of a split (0 train, 1 test)."""
    named = numbers(synthetic.seed, split, per_class)
    # One of the first 30 images, whatever the classes; SQUARE has no divisor up to six, so each class gets its share.
    odd = int(numpy.random.default_rng([synthetic.seed, split]).integers(30))
    classes = sorted(set(synthetic.classes))
    for index in range(per_class):
        for rank, name in enumerate(classes, start=index * len(classes)):
            kind = list(KINDS).index(name)
            file = picture(name, [synthetic.seed, split, kind, index], rank % SQUARE != odd)
            yield f"{name}/{named[index, kind]}.jpg", file


def archive_names(splits: Splits) -> tuple[str, str]:
    """Return the names of the archives, without ``.zip``, that the splits' first names stand for.

    Raises:
        UserError: a name is no file's name, or both are the same.
    """
    names = []
    for split, given in (("train", splits.train[0]), ("test", splits.test[0])):
        name = re.sub(r"\.zip$", "", given, flags=re.IGNORECASE).replace("*", "") or split
        if Path(name).name != name or name == "..":
            raise UserError(
                f"{FILE}: splits.{split}: {given!r}: not a file name; write one without folders: seg_{split}"
            )
        names.append(name)
    if names[0] == names[1]:
        raise UserError(f"{FILE}: splits.test: {splits.test[0]!r}: train has this archive already; write another name")
    return names[0], names[1]


def draw(synthetic: Synthetic, splits: Splits, out: Path) -> None:
    """Draw the images of both splits into the folder ``out``, an archive for each.

    Raises:
        UserError: the splits' names are no names for two archives.
    """
    counts = (synthetic.train_per_class, synthetic.test_per_class)
    for split, (name, per_class) in enumerate(zip(archive_names(splits), counts, strict=True)):
        total = per_class * len(set(synthetic.classes))
        with written(out / f"{name}.zip") as path, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for member, file in followed(pictures(synthetic, split, per_class), total, f"draw {name}", "images"):
                archive.writestr(zipfile.ZipInfo(f"{name}/{name}/{member}", ZIP_TIME), file)
