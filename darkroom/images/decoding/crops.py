"""A part of an image: the box that a table gives, cut out of what was decoded, in an upright image's pixels."""

from math import ceil, floor

from PIL import Image

from darkroom.images.decoding.formats import Box, CorruptImageError
from darkroom.images.decoding.turns import LYING, TURNS, read_orientation

KEPT = ("icc_profile", "transparency")
"""What an image's information says of its values, which a part of it has as well."""


def is_inside(box: Box, size: tuple[int, int]) -> bool:
    """Return whether a box lies in an upright image of that width and height."""
    left, top, right, bottom = box
    return left < right <= size[0] and top < bottom <= size[1]


def crop(image: Image.Image, stored: tuple[int, int], box: Box) -> Image.Image:
    """Return a part of a decoded image, upright; of one that was read at a part of its size so much smaller.

    Args:
        image: as it was decoded.
        stored: width and height of the image in its file.
        box: in the upright image at its full size.

    Raises:
        CorruptImageError: the box does not lie in the image.
    """
    orientation = read_orientation(image)
    width, height = stored[::-1] if orientation in LYING else stored
    if not is_inside(box, (width, height)):
        raise CorruptImageError(f"the box {box} does not lie in its {width}×{height} pixels")
    turn = TURNS.get(orientation)
    upright = image if turn is None else image.transpose(turn)
    across, down = upright.width / width, upright.height / height
    left, top, right, bottom = box
    part = upright.crop((floor(left * across), floor(top * down), ceil(right * across), ceil(bottom * down)))
    part.info = {key: image.info[key] for key in KEPT if key in image.info}  # no orientation: it is upright
    part.format = image.format
    if tags := getattr(image, "tag_v2", None):
        part.tag_v2 = tags  # type: ignore[attr-defined]  # which say how many bits its values have
    return part
