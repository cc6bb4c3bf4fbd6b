"""The page and the pictures of what is doubtful about test images."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy
import pandas
from matplotlib.figure import Figure

from darkroom.evaluation.doubts import FAR, FEWEST
from darkroom.evaluation.galleries import draw_rows
from darkroom.images.prepared.views import TEST, View
from darkroom.reporting import galleries
from darkroom.reporting.templates import render


def compose_page(
    title: str,
    note: str,
    model: str,
    predictions: pandas.DataFrame,
    errors: pandas.DataFrame,
    far: pandas.DataFrame,
    most: int,
) -> str:
    """Return the page.

    Args:
        title: the study, and the dataset that it is on.
        note: what every result must say; stands in every heading.
        model: whose predictions and features are used.
        predictions: of its evaluation.
        errors: as ``doubts.tabulate_label_errors`` returns them.
        far: as ``doubts.tabulate_far`` returns them.
        most: rows that are shown of each.
    """
    return render(
        Path(__file__).parent,
        "doubts.md.j2",
        title=title,
        note=f" ({note})" if note else "",
        model=model,
        images=len(predictions),
        accuracy=float((predictions["class"] == predictions["predicted"]).mean()),
        errors=errors,
        far=far,
        most=most,
        limit=FAR,
        fewest=FEWEST,
    )


def draw_figures(
    view: View, errors: pandas.DataFrame, far: pandas.DataFrame, most: int, title: str
) -> Iterator[tuple[str, Figure]]:
    """Yield the galleries of both, by the names of their files; ``most`` images each."""
    rows = {file: row for row, file in enumerate(view.list_files(TEST))}

    def show(table: pandas.DataFrame, captions: list[str], what: str) -> Figure:
        if table.empty:
            return galleries.draw_gallery([], [], f"{title}: no {what}")
        shown = numpy.array([rows[file] for file in table["file"]], dtype=numpy.int64)
        return draw_rows(partial(view.read, TEST), shown, captions, f"{title}: {what}")

    shown = errors.head(most).to_dict("records")
    captions = [f"{one['class']} {one['p_class']:.0%}\n{one['probable']}? {one['p_probable']:.0%}" for one in shown]
    yield "label-errors", show(errors.head(most), captions, "probable label errors")
    shown = far.head(most).to_dict("records")
    captions = [f"{one['class']}\nscore {one['score']:.1f}" for one in shown]
    yield "far-from-class", show(far.head(most), captions, "images far from their class")
