"""How images are brought to the size of a view."""

import numpy
import pytest
from PIL import Image

from darkroom.core.backend import keras
from darkroom.images.decoding.pixels import resample


@pytest.mark.parametrize("size", [(64, 64), (20, 20), (7, 31), (150, 90)])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_sampled_images_are_those_of_tensorflows_loader(size: tuple[int, int], mode: str) -> None:
    noise = numpy.random.default_rng(0).integers(0, 256, (48, 61, 3), dtype=numpy.uint8)
    image = Image.fromarray(noise).convert(mode)
    given = numpy.atleast_3d(numpy.asarray(image))
    loaded = keras.ops.image.resize(given, size[::-1], interpolation="bilinear", antialias=False)
    ours = numpy.atleast_3d(numpy.asarray(resample(image, size, "bilinear-sampled")))
    assert ours.shape == (size[1], size[0], len(mode))
    assert numpy.abs(ours - keras.ops.convert_to_numpy(loaded).astype(float)).max() <= 1
    plain = numpy.atleast_3d(numpy.asarray(resample(image, size, "bilinear")))
    assert (numpy.abs(ours.astype(int) - plain).max() > 30) == (min(size) < 48), "they differ where an image shrinks"
