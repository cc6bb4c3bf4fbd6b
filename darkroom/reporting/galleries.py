"""Galleries: pictures side by side, each below its caption.

They are drawn pixel by pixel: an axes for each, as pyplot has it, takes longer than all else in a figure, and so does
scaling pictures that have their size already.
"""

import textwrap
from collections.abc import Sequence

import numpy
from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image

from darkroom.reporting.figures import pyplot
from darkroom.reporting.labels import spell

SIDE, GAP = 220, 22
"""Of a picture, and between two, in pixels of the figure."""
FRAME = 4
"""Thickness of a frame, in pixels."""
CAPTION, LINE, ABOVE, TITLE = 8, 15, 11, 44
"""Size of a caption's letters, in points; height of a line, room below the last, and height of the title, in pixels."""
LETTERS = 34
"""Of a caption, side by side; more stand in a further line."""
MARKED = "firebrick"
"""Colour of what is framed."""
MOST_ROWS = 40
"""Of pictures; more stand in further columns, as WebP takes 16,383 pixels and viewers hardly more."""
COARSE = 3
"""Pixels that become at least so many times larger stay squares."""


def draw_gallery(
    images: Sequence[numpy.ndarray],
    captions: Sequence[str],
    title: str,
    columns: int = 5,
    marked: Sequence[int] = (),
) -> Figure:
    """Return a figure of images, each below its caption; the pictures of a row are level at their upper edge.

    Args:
        images: uint8, each (height, width), (height, width, 1) or (height, width, 3), of any sizes.
        captions: of the images, of one line or several.
        title: stands above.
        columns: pictures side by side, and more than that where there would be too many rows.
        marked: places of those that are framed, with a caption in the frame's colour.
    """
    columns = max(columns, -(-len(images) // MOST_ROWS))
    pictures = [enlarge(image) for image in images]
    texts = [wrap(caption) for caption in captions]
    places, height = arrange([text.count("\n") + 1 for text in texts], [len(one) for one in pictures], columns)
    whole = numpy.full((height, columns * (SIDE + GAP), 4), 255, numpy.uint8)
    figure = pyplot.figure()
    figure.set_size_inches(whole.shape[1] / figure.dpi, height / figure.dpi)
    for number, (picture, text, (middle, top)) in enumerate(zip(pictures, texts, places, strict=True)):
        _paste(whole, picture, top, middle - picture.shape[1] // 2, number in marked)
        at = middle / whole.shape[1], 1 - (top - ABOVE) / height
        figure.text(*at, text, fontsize=CAPTION, color=MARKED if number in marked else "black", ha="center")
    figure.add_artist(_Pixels(whole))
    figure.text(0.5, 1 - TITLE / 2 / height, title, fontsize="large", ha="center", va="center")
    return figure


def arrange(lines: Sequence[int], heights: Sequence[int], columns: int) -> tuple[list[tuple[int, int]], int]:
    """Return the middle and the upper edge of each picture, in pixels from the left and from above, and their height.

    Each has so many ``lines`` above it and is so high; what stands side by side begins at one height.
    """
    places, bottom = [], TITLE
    for start in range(0, len(lines), columns):
        row = slice(start, start + columns)
        top = bottom + LINE * max(lines[row]) + ABOVE
        places += [(column * (SIDE + GAP) + (SIDE + GAP) // 2, top) for column in range(len(lines[row]))]
        bottom = top + max(heights[row]) + GAP
    return places, bottom


class _Pixels(Artist):
    """The ground of a whole figure: uint8 (height, width, 4), as many pixels as the figure has."""

    def __init__(self, pixels: numpy.ndarray) -> None:
        super().__init__()
        self.pixels = numpy.ascontiguousarray(pixels[::-1])  # a renderer counts from below
        self.set_zorder(-1)

    def draw(self, renderer: RendererBase) -> None:
        left, bottom = self.figure.transFigure.transform((0, 0)).round().astype(int).tolist()
        renderer.draw_image(renderer.new_gc(), left, bottom, self.pixels)

    def get_window_extent(self, renderer: RendererBase | None = None) -> Bbox:
        return Bbox.from_extents(*self.figure.bbox.extents)


def enlarge(image: numpy.ndarray) -> numpy.ndarray:
    """Return an image as colours, uint8 (height, width, 3), its longer side brought to ``SIDE`` or a little less.

    What becomes ``COARSE`` times larger is enlarged by a whole number, each pixel to a square.
    """
    picture = Image.fromarray(image[..., 0] if image.shape[2:] == (1,) else image).convert("RGB")
    factor = SIDE / max(picture.size)
    if factor >= COARSE:
        return numpy.asarray(picture).repeat(int(factor), axis=0).repeat(int(factor), axis=1)
    width, height = (max(1, round(side * factor)) for side in picture.size)
    return numpy.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))


def wrap(caption: str) -> str:
    """Return a caption with lines of at most ``LETTERS`` letters, so that it does not touch the next one."""
    caption = "\n".join(map(spell, caption.split("\n")))
    return "\n".join(part for line in caption.split("\n") for part in textwrap.wrap(line, LETTERS) or [""])


def _paste(whole: numpy.ndarray, picture: numpy.ndarray, top: int, left: int, framed: bool) -> None:
    """Put a picture into the whole, within a frame if it is ``framed``."""
    bottom, right = top + picture.shape[0], left + picture.shape[1]
    if framed:
        frame = slice(max(0, top - FRAME), bottom + FRAME), slice(max(0, left - FRAME), right + FRAME)
        whole[frame] = [round(255 * part) for part in to_rgba(MARKED)]
    whole[top:bottom, left:right, :3] = picture
