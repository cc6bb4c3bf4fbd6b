"""Moving the pixels of images: flips, crops, and all that one matrix for each image describes.

Matrices are float64, (images, 3, 3), and lead from a place (x, y, 1) of the changed image to one of the image itself.
"""

import numpy

from darkroom.core.backend import keras

PADDINGS = {"nearest": "edge", "constant": "constant", "reflect": "symmetric", "wrap": "wrap"}
"""numpy's names of the ways to fill what a moved image leaves."""


def flip(images: numpy.ndarray, chosen: numpy.ndarray, axis: int) -> numpy.ndarray:
    """Return images, those ``chosen`` (bool, (images,)) mirrored along an axis."""
    return numpy.where(chosen[:, None, None, None], numpy.flip(images, axis), images)


def crop(images: numpy.ndarray, most: float, numbers: numpy.ndarray, fill: str) -> numpy.ndarray:
    """Return parts of images of their own size, out of the images with ``most`` more at each side.

    ``most`` is in pixels, or if less than 1 a share of the side; ``numbers`` (images, 2) from 0 to 1 place them.
    """
    height, width = images.shape[1:3]
    rows, columns = (int(most if most >= 1 else most * side) for side in (height, width))
    wider = numpy.pad(images, ((0, 0), (rows, rows), (columns, columns), (0, 0)), PADDINGS[fill])  # type: ignore[call-overload]
    places = (numbers * [2 * rows + 1, 2 * columns + 1]).astype(int)
    return numpy.stack(
        [image[top : top + height, left : left + width] for image, (top, left) in zip(wider, places, strict=True)]
    )


def rotate(degrees: numpy.ndarray, height: int, width: int) -> numpy.ndarray:
    """Return the matrices of turns about the centre."""
    cosine, sine = numpy.cos(numpy.radians(degrees)), numpy.sin(numpy.radians(degrees))
    return _about_centre(_fill([[cosine, -sine, 0], [sine, cosine, 0]], len(degrees)), height, width)


def translate(down: numpy.ndarray, right: numpy.ndarray) -> numpy.ndarray:
    """Return the matrices of moves by pixels."""
    return _fill([[1, 0, -right], [0, 1, -down]], len(down))


def zoom(factors: numpy.ndarray, height: int, width: int) -> numpy.ndarray:
    """Return the matrices that make images smaller, about the centre, by factors over 1, or larger by others."""
    return _about_centre(_fill([[factors, 0, 0], [0, factors, 0]], len(factors)), height, width)


def shear(right: numpy.ndarray, down: numpy.ndarray | int = 0) -> numpy.ndarray:
    """Return the matrices that move each row by so much of its place, and each column."""
    return _fill([[1, right, 0], [down, 1, 0]], len(right))


def move(images: numpy.ndarray, matrices: numpy.ndarray, fill: str) -> numpy.ndarray:
    """Return float32 images, each moved by its matrix; pixels between others are linear in these."""
    flat = matrices.reshape(-1, 9)[:, :8].astype(numpy.float32)
    moved = keras.ops.image.affine_transform(
        images.astype(numpy.float32), flat, interpolation="bilinear", fill_mode=fill, data_format="channels_last"
    )
    return keras.ops.convert_to_numpy(moved)


def _fill(rows: list[list], count: int) -> numpy.ndarray:
    matrices = numpy.tile(numpy.eye(3), (count, 1, 1))
    for place, row in enumerate(rows):
        for column, values in enumerate(row):
            matrices[:, place, column] = values
    return matrices


def _about_centre(matrices: numpy.ndarray, height: int, width: int) -> numpy.ndarray:
    centre = numpy.array([[1, 0, (width - 1) / 2], [0, 1, (height - 1) / 2], [0, 0, 1]])
    return centre @ matrices @ numpy.linalg.inv(centre)
