"""An image a strip at a time: what is done with a strip needs little memory, however large the image is."""

from collections.abc import Iterator

from PIL import Image

ROWS = 512
"""Of a strip."""


def cut_strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Yield the strips of an image from above, each with its first row in the image."""
    for top in range(0, image.height, ROWS):
        yield top, image.crop((0, top, image.width, min(top + ROWS, image.height)))
