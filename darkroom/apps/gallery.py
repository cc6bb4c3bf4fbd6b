"""Predictions as a page of pictures, the most certain first, to filter by class: one file with all that it shows.

Each picture is put into a temporary file as it comes, so that memory holds its place in it alone.
"""

import tempfile
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from darkroom.apps.predictions import Prediction, Presentation
from darkroom.core.one_line import escape_controls
from darkroom.pages.style import hash_of, read_style
from darkroom.reporting.templates import render

FOLDER = Path(__file__).parent
PICTURES = "<!-- pictures -->"
"""Where they stand in the page."""


class Place(NamedTuple):
    """The certainty of a picture's prediction, and where its element lies in the file: first byte, and how many."""

    certainty: float
    start: int
    length: int


def format_html(rows: Iterable[Prediction], wish: Presentation) -> Iterator[str]:
    """Yield the page of the gallery; nothing, if there is no prediction."""
    places: list[Place] = []
    counts: Counter[int] = Counter()
    unsure = 0
    with tempfile.TemporaryFile(prefix="darkroom-") as elements:
        for row in rows:
            element = compose_element(row, wish).encode("utf-8")
            places.append(Place(row.certainty, elements.tell(), len(element)))
            elements.write(element)
            counts[row.best] += 1
            unsure += wish.is_unsure(row)
        if not places:
            return
        before, _, after = compose_page(wish, counts, unsure).partition(PICTURES)
        yield before
        for place in sorted(places, key=lambda place: -place.certainty):
            elements.seek(place.start)
            yield elements.read(place.length).decode("utf-8")
        yield after


def compose_element(row: Prediction, wish: Presentation) -> str:
    """Return the element of one picture."""
    return render(
        FOLDER,
        "gallery_element.html.j2",
        picture=f"data:image/jpeg;base64,{b64encode(row.thumbnail).decode()}",
        file=row.file,
        best=row.best,
        ranking=[(escape_controls(wish.classes[at]), row.probabilities[at]) for at in row.rank(wish.most)],
        unsure=wish.is_unsure(row),
    )


def compose_page(wish: Presentation, counts: Counter[int], unsure: int) -> str:
    """Return the page without its pictures, of so many predictions of each class, some of them ``unsure``."""
    style = read_style() + (FOLDER / "gallery.css").read_text(encoding="utf-8")
    script = (FOLDER / "gallery.js").read_text(encoding="utf-8")
    return render(
        FOLDER,
        "gallery.html.j2",
        wish=wish,
        choices=[(place, escape_controls(name), counts[place]) for place, name in enumerate(wish.classes)],
        total=counts.total(),
        unsure=unsure,
        style=style,
        script=script,
        hash_of=hash_of,
        place_of_pictures=PICTURES,
    )
