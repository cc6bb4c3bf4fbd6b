"""Names and numbers on figures that can be read: short, in letters that the font has, in a colour that stands out."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font

from darkroom.reporting.figures import pyplot

LONGEST = 24
"""Letters of a name on an axis."""
MOST_NAMED = 60
"""Classes named along an axis; of more, every second, third and so on."""
SMALLEST = 6.0
"""Points of the letters along an axis of many classes."""
RED, GREEN, BLUE = 0.2126, 0.7152, 0.0722
"""Parts of a colour's luminance, by WCAG 2."""


@cache
def _list_glyphs() -> frozenset[int]:
    """Return the code points that the figures' font has."""
    return frozenset(FT2Font(findfont(pyplot.rcParams["font.sans-serif"][0])).get_charmap())


def spell(name: str) -> str:
    """Return a name in letters that the figures' font has; of others, which it would show as boxes, the code points."""
    glyphs = _list_glyphs()
    if all(ord(letter) in glyphs for letter in name):
        return name
    parts = [letter if ord(letter) in glyphs else f" U+{ord(letter):04X} " for letter in name]
    return " ".join("".join(parts).split())


def abbreviate(name: str) -> str:
    """Return a name as an axis has room for it: both of its ends, where it is long; see :func:`spell`."""
    text = spell(name)
    half = (LONGEST - 1) // 2
    return text if len(text) <= LONGEST else f"{text[:half]}…{text[-half:]}"


def name_ticks(axis: Axes, names: Sequence[str], along: str, size: float, **how: Any) -> None:
    """Name the places 0, 1, … along the axis ``"x"`` or ``"y"``; of more than ``MOST_NAMED``, as many as fit."""
    step = -(-len(names) // MOST_NAMED)
    places = range(0, len(names), step)
    setter = axis.set_xticks if along == "x" else axis.set_yticks
    setter(places, [abbreviate(names[place]) for place in places], fontsize=size, **how)


def choose_text_color(background: Any) -> str:
    """Return black or white, whichever stands out more, by 4.5:1 at least.

    Args:
        background: red, green and blue, each from 0 to 1; what follows is ignored.
    """
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in background[:3]]
    luminance = RED * linear[0] + GREEN * linear[1] + BLUE * linear[2]
    return "white" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "black"
