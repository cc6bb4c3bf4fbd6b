"""Changing the colours of images (float32, 0 to 255, four axes), each by a strength of its own."""

import numpy

from darkroom.core.backend import keras

LUMA = numpy.array([0.299, 0.587, 0.114], dtype=numpy.float32)
"""Shares of red, green and blue in grey: ITU-R 601-2, as Pillow has them."""


def spread(strengths: numpy.ndarray) -> numpy.ndarray:
    """Return strengths (images,) so that they go with images."""
    return strengths.astype(numpy.float32)[:, None, None, None]


def brighten(images: numpy.ndarray, shares: numpy.ndarray) -> numpy.ndarray:
    """Return images brighter by a share of the full range, or darker."""
    return numpy.clip(images + 255 * spread(shares), 0, 255)


def change_contrast(images: numpy.ndarray, factors: numpy.ndarray) -> numpy.ndarray:
    """Return images whose values differ more, by a factor, from the mean of their channel."""
    mean = images.mean(axis=(1, 2), keepdims=True)
    return numpy.clip((images - mean) * spread(factors) + mean, 0, 255)


def change_colours(images: numpy.ndarray, factors: numpy.ndarray, degrees: numpy.ndarray) -> numpy.ndarray:
    """Return images whose saturation is changed by factors, and their hue on its circle by degrees; grey ones stay."""
    if images.shape[-1] == 1:
        return images
    hues = keras.ops.convert_to_numpy(keras.ops.image.rgb_to_hsv(images / 255, data_format="channels_last"))
    turned = (hues[..., 0] + spread(degrees / 360)[..., 0]) % 1
    saturated = numpy.clip(hues[..., 1] * spread(factors)[..., 0], 0, 1)
    changed = numpy.stack([turned, saturated, hues[..., 2]], axis=-1)
    return 255 * keras.ops.convert_to_numpy(keras.ops.image.hsv_to_rgb(changed, data_format="channels_last"))


def to_grey(images: numpy.ndarray) -> numpy.ndarray:
    """Return images of one channel: (images, height, width, 1)."""
    return images if images.shape[-1] == 1 else (images @ LUMA)[..., None]


def blend(others: numpy.ndarray, images: numpy.ndarray, factors: numpy.ndarray) -> numpy.ndarray:
    """Return what lies between ``others``, at factor 0, and images, at 1, or beyond these."""
    return numpy.clip(others + (images - others) * spread(factors), 0, 255)
