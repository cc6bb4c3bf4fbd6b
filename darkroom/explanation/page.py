"""The page on what a network sees, in Markdown."""

from collections.abc import Sequence
from pathlib import Path

from darkroom.explanation.parts import Part
from darkroom.reporting.templates import render


def compose_page(title: str, note: str, figures: str, parts: Sequence[Part]) -> str:
    """Return the page.

    Args:
        title: the training run, and the dataset that it is tested on.
        note: what every result must say; stands in every heading.
        figures: their folder, as seen from the page.
        parts: in their order.
    """
    note = f" ({note})" if note else ""
    return render(Path(__file__).parent, "explanation.md.j2", title=title, note=note, figures=figures, parts=parts)
