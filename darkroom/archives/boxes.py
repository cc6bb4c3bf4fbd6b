"""Boxes of a table: the parts of images that are used, each with the row that gives it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor, isfinite

from darkroom.core.errors import UserError
from darkroom.images.decoding.formats import Box

FORMS = {"corners": "left, top, right, bottom", "size": "left, top, width, height"}
BETWEEN = re.compile(r"[\s,;]+")
"""What stands between numbers in one cell."""


@dataclass(frozen=True, slots=True)
class Part:
    """A box, whole pixels, and the row that gives it."""

    box: Box
    where: str = field(compare=False)
    """The row in a message, with what it says."""

    def __str__(self) -> str:
        """The last part of the image's path in the index."""
        return ",".join(map(str, self.box))


def read_part(where: str, cells: Sequence[str], form: str) -> Part:
    """Return the box that these cells give; of fractions of pixels it holds all that it touches.

    Raises:
        UserError: they are not four numbers, or those of no box; ``where`` is the row.
    """
    text = " ".join(cells)
    said = f"{where}: box {text!r}"
    words = [word for word in BETWEEN.split(text.strip(" ()[]")) if word] if len(cells) == 1 else cells
    try:
        left, top, right, bottom = numbers = [float(word) for word in words]
    except ValueError:
        raise UserError(f"{said}: not four numbers ({FORMS[form]}); mend that line") from None
    if not all(map(isfinite, numbers)):
        raise UserError(f"{said}: not four numbers ({FORMS[form]}); mend that line")
    if form == "size":
        right, bottom = left + right, top + bottom
    if not (left < right and top < bottom):
        raise UserError(
            f"{said}: empty, as table.box_form: {form} means {FORMS[form]}; mend that line, or write the other form"
        )
    if left < 0 or top < 0:
        raise UserError(f"{said}: begins outside the image; mend that line")
    return Part((floor(left), floor(top), ceil(right), ceil(bottom)), said)
