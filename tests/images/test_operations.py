"""RandAugment's operations are those of Pillow, and each image gets those that its own seeds draw."""

from collections.abc import Callable

import numpy
import pytest
from PIL import Image, ImageEnhance, ImageOps

from darkroom.images.prepared.operations import make_operations, operate
from darkroom.params.augmentation import RandAugment

NAMES = (
    *("identity", "stretch", "equalize", "rotate", "solarize", "colour", "posterize", "contrast", "brightness"),
    *("sharpness", "shear-x", "shear-y", "translate-y", "translate-x"),
)
STRENGTH = 0.5


def enhance(kind: Callable) -> Callable[[Image.Image], Image.Image]:
    return lambda image: kind(image).enhance(1 + 0.9 * STRENGTH)


def move(*matrix: float) -> Callable[[Image.Image], Image.Image]:
    """Pillow counts from the corner of a pixel, not from its middle."""
    return lambda image: image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


EXPECTED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "identity": lambda image: image,
    "stretch": ImageOps.autocontrast,
    "equalize": ImageOps.equalize,
    "rotate": lambda image: image.rotate(15, Image.Resampling.BILINEAR),
    "solarize": lambda image: ImageOps.solarize(image, 128),
    "colour": enhance(ImageEnhance.Color),
    "posterize": lambda image: ImageOps.posterize(image, 6),
    "contrast": enhance(ImageEnhance.Contrast),
    "brightness": enhance(ImageEnhance.Brightness),
    "sharpness": enhance(ImageEnhance.Sharpness),
    "shear-x": move(1, 0.15, -0.075, 0, 1, 0),
    "shear-y": move(1, 0, 0, 0.15, 1, -0.075),
    "translate-y": move(1, 0, 0, 0, 1, -40 * 75 / 331),
    "translate-x": move(1, 0, -32 * 75 / 331, 0, 1, 0),
}


def photograph() -> numpy.ndarray:
    """Colours that change slowly, as those of a photograph do, and one edge all around: uint8, (40, 32, 3)."""
    y, x = numpy.indices((40, 32))
    waves = numpy.stack([numpy.sin(x / 9 + y / 11), numpy.cos(y / 7), numpy.sin(x / 5)], axis=-1)
    waves[10:20, 8:16] /= 2
    return (120 + 90 * waves).astype(numpy.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_is_that_of_pillow(name: str) -> None:
    image = photograph()
    operation = make_operations("constant")[NAMES.index(name)]
    found = operation(image[None].astype(numpy.float32), numpy.array([STRENGTH]))[0]
    expected = numpy.asarray(EXPECTED[name](Image.fromarray(image)), dtype=float)
    assert found.shape == expected.shape
    apart = numpy.abs(found - expected)
    assert (apart[3:-3, 3:-3] < 2.1).mean() > 0.93, apart.max()
    assert name == "identity" or numpy.abs(found - image).max() > 2.5


@pytest.mark.parametrize("channels", [1, 3])
def test_images_that_are_flat_or_tiny_stay_images(channels: int) -> None:
    flat = numpy.full((3, 2, 2, channels), 40, numpy.float32)
    for operation in make_operations("nearest"):
        found = operation(flat, numpy.array([-1, 0.2, 1]))
        assert found.shape == flat.shape
        assert ((found >= 0) & (found <= 255)).all()


def test_each_operation_comes_as_often() -> None:
    numbers = numpy.random.default_rng(0).integers(0, 2**31 - 1, (560, 2))
    given = numpy.repeat(photograph()[None, :8, :8].astype(numpy.float32), 560, axis=0)
    found = operate(given, numbers, RandAugment(operations=1, magnitude=0.9), "constant")
    kinds = {image.tobytes() for image in found}
    assert 20 < len(kinds) <= 28, "most operations go either way"
    assert 20 < (found == given).all(axis=(1, 2, 3)).sum() < 120
    numpy.testing.assert_array_equal(given[0], photograph()[:8, :8])
