"""Figures whose bytes are the same whenever their numbers are."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy
from matplotlib import pyplot
from matplotlib.figure import Figure

from darkroom.core.files import replace_file

matplotlib.rcdefaults()  # a user's matplotlibrc must not change a result
matplotlib.use("Agg")
pyplot.rcParams.update({"figure.dpi": 110, "font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
pyplot.rcParams["text.parse_math"] = False  # a class may be called "$5 or $10"


def save(figure: Figure, path: Path, note: str = "") -> None:
    """Save ``figure`` as PNG and close it; ``note`` (such as "synthetic images") stands small below it."""
    if note:
        figure.text(0.995, -0.005, note, ha="right", va="top", fontsize=8, color="firebrick", style="italic")
    with replace_file(path) as temporary:
        figure.savefig(temporary, metadata={"Software": None}, bbox_inches="tight")
    pyplot.close(figure)


def draw_gallery(images: Sequence[numpy.ndarray], captions: Sequence[str], title: str, columns: int = 5) -> Figure:
    """Return a figure of ``images``, each uint8 (height, width, 3) or (height, width), above its caption."""
    rows = max(1, -(-len(images) // columns))
    figure, axes = pyplot.subplots(rows, columns, figsize=(2.2 * columns, 2.5 * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, caption in zip(axes.flat, images, captions, strict=False):
        axis.imshow(image.squeeze(), cmap="gray" if image.ndim == 2 or image.shape[-1] == 1 else None, vmin=0, vmax=255)
        axis.set_title(caption, fontsize=8)
    figure.suptitle(title)
    figure.tight_layout()
    return figure
