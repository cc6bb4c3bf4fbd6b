"""The datasheet of a dataset: the questions of "Datasheets for Datasets", as far as facts answer them; the rest open.

Source: Gebru, Morgenstern, Vecchione, Vaughan, Wallach, Daumé, Crawford, "Datasheets for Datasets", CACM 64(12), 2021.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from darkroom.cards.census import Census
from darkroom.cards.origins import Archive
from darkroom.cards.places import DatasetPlace
from darkroom.core.one_line import LINES, escape_controls
from darkroom.reporting.templates import render


def compose_datasheet(
    place: DatasetPlace,
    census: Census,
    archives: Iterable[Archive],
    tolerance: float,
    facts: Mapping[str, str | None],
    commit: str | None,
) -> str:
    """Return the datasheet, in Markdown.

    Args:
        place: the dataset.
        census: of its images.
        archives: that they were delivered in.
        tolerance: distance from the mean, a fraction, up to which classes count as balanced.
        facts: what only people know, by name: ``licence``, ``creator``, ``url``; ``None`` is left open.
        commit: of the project, where git knows it.
    """
    text = render(
        Path(__file__).parent,
        "datasheet.md.j2",
        key=place.key,
        dataset=place.dataset,
        drawn=place.note,
        origin=facts.get("url") or place.origin,
        facts=facts,
        census=census,
        balances=census.describe_balances(tolerance),
        archives=list(archives),
        commit=commit,
    )
    return escape_controls(text, LINES)
