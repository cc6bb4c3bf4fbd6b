"""Figures whose bytes are the same whenever their numbers are."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image

from darkroom.core.files import replace_file

matplotlib.rcdefaults()  # a user's matplotlibrc must not change a result
matplotlib.use("Agg")
pyplot.rcParams.update({"figure.dpi": 110, "font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
pyplot.rcParams["font.sans-serif"] = ["DejaVu Sans"]  # matplotlib's own; for what it lacks no font of the system
pyplot.rcParams["text.parse_math"] = False  # a class may be called "$5 or $10"

COMPRESSION = {"compress_level": 4, "compress_type": Image.DEFAULT_STRATEGY}
"""As zlib has them: photographs take a third of the time that Pillow's choice does, and 7% more bytes."""
GALLERY = ".webp"
"""Ending of the files of galleries: photographs take a tenth of what they do as PNG, and look the same."""
LOSSY = {"quality": 85, "method": 4}
EXACT = {"lossless": True, "quality": 75, "method": 4}
"""As WebP has pictures whose colours are values, such as heat maps: every pixel as it is drawn, smaller than as PNG."""
LOSSLESS = {"pil_kwargs": COMPRESSION, "metadata": {"Software": None}}
MARGIN = 0.1
"""White around what is drawn, in inches."""


def save(figure: Figure, path: Path, note: str = "", exact: bool = False) -> None:
    """Save ``figure`` as what the ending of ``path`` says, PNG or WebP, and close it.

    WebP is lossy, for photographs, unless its colours are to be ``exact``. A ``note`` (such as "synthetic images")
    stands small below it.
    """
    if note:
        figure.text(0.995, -0.005, note, ha="right", va="top", fontsize=8, color="firebrick", style="italic")
    part: Bbox | str = "tight"
    if figure.get_layout_engine() is None:  # nothing moves when it is drawn, so once is enough
        part = figure.get_tightbbox().padded(MARGIN)
    how: dict[str, Any] = {"pil_kwargs": EXACT if exact else LOSSY} if path.suffix == GALLERY else LOSSLESS
    with replace_file(path) as temporary:
        figure.savefig(temporary, bbox_inches=part, pad_inches=MARGIN, **how)
    pyplot.close(figure)
