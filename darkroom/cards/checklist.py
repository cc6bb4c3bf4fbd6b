"""Answers to the Machine Learning Reproducibility Checklist, v2.0, as far as facts of a study give them; the rest open.

Source: Pineau et al., "Improving Reproducibility in Machine Learning Research", JMLR 22(164), 2021.
"""

from pathlib import Path

from darkroom.cards.census import Census
from darkroom.cards.origins import Archive
from darkroom.cards.study import Runs, StudyPlace
from darkroom.core.one_line import LINES, escape_controls
from darkroom.reporting.templates import render


def compose(place: StudyPlace, runs: Runs, census: Census, archives: tuple[Archive, ...], commit: str | None) -> str:
    """Return the checklist, in Markdown: a box that is ticked has its answer below; one that is not is open."""
    text = render(
        Path(__file__).parent,
        "checklist.md.j2",
        place=place,
        dataset=place.dataset.dataset,
        drawn=place.dataset.note,
        runs=runs,
        census=census,
        archives=archives,
        commit=commit,
        results=place.comparison.parent.as_posix(),
    )
    return escape_controls(text, LINES)
