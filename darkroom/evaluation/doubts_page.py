"""The page and the pictures of what is doubtful about test images, and about labels of training images."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy
import pandas
from matplotlib.figure import Figure

from darkroom.evaluation.cross_validation import CrossValidated
from darkroom.evaluation.doubts import FAR, FEWEST
from darkroom.evaluation.galleries import draw_rows
from darkroom.images.prepared.views import TEST, TRAIN, View
from darkroom.reporting import galleries
from darkroom.reporting.templates import render


def compose_page(
    title: str,
    note: str,
    model: str,
    predictions: pandas.DataFrame,
    errors: pandas.DataFrame,
    far: pandas.DataFrame,
    held: CrossValidated | None,
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
        held: what its folds say of the training images, if it has folds.
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
        held=held,
        most=most,
        limit=FAR,
        fewest=FEWEST,
    )


def draw_figures(
    view: View, errors: pandas.DataFrame, far: pandas.DataFrame, training: pandas.DataFrame, most: int, title: str
) -> Iterator[tuple[str, Figure]]:
    """Yield the galleries of all, by the names of their files; ``most`` images each.

    ``errors`` and ``far`` are of test images, ``training`` has label errors of training images.
    """

    def show(split: str, table: pandas.DataFrame, captions: list[str], what: str) -> Figure:
        if table.empty:
            return galleries.draw_gallery([], [], f"{title}: no {what}")
        rows = {file: row for row, file in enumerate(view.list_files(split))}
        shown = numpy.array([rows[file] for file in table["file"]], dtype=numpy.int64)
        return draw_rows(partial(view.read, split), shown, captions, f"{title}: {what}")

    yield "label-errors.webp", show(TEST, errors.head(most), caption_errors(errors.head(most)), "probable label errors")
    captions = [f"{one['class']}\nscore {one['score']:.1f}" for one in far.head(most).to_dict("records")]
    yield "far-from-class.webp", show(TEST, far.head(most), captions, "images far from their class")
    what = "probable label errors of training images"
    yield "training-label-errors.webp", show(TRAIN, training.head(most), caption_errors(training.head(most)), what)


def caption_errors(errors: pandas.DataFrame) -> list[str]:
    """Return for each probable label error its class and the probable one, each with its probability."""
    shown = errors.to_dict("records")
    return [f"{one['class']} {one['p_class']:.0%}\n{one['probable']}? {one['p_probable']:.0%}" for one in shown]
