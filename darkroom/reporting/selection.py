"""Selection of the test images to show, by what a model predicted for them.

Pure functions. ``predictions`` is a table as an evaluation writes it, one row per test image in the view's order: file,
class, predicted, probability (of the predicted class), and p_<class> of each class.
"""

from collections.abc import Sequence

import numpy
import pandas

from darkroom.core.errors import UserError

KINDS = ("true positives", "false negatives", "false positives")


def select_images(predictions: pandas.DataFrame, files: Sequence[str], images: int, seed: int) -> list[int]:
    """Return the rows of ``files``, then rows sampled with ``seed`` until there are ``images`` in all.

    Raises:
        UserError: a file is not among the test images.
    """
    known = {file: row for row, file in enumerate(predictions["file"])}
    for file in files:
        if file not in known:
            raise UserError(
                f"files: {file!r}: no such test image; give files as predictions.csv does: {next(iter(known))}"
            )
    named = list(dict.fromkeys(known[file] for file in files))
    order = numpy.random.default_rng(seed).permutation(len(predictions)).tolist()
    return named + [row for row in order if row not in named][: max(0, images - len(named))]


def true_probability(predictions: pandas.DataFrame) -> numpy.ndarray:
    """Return the probability that each image's true class was given: float64 (images,)."""
    found = numpy.zeros(len(predictions))
    for name in predictions["class"].unique():
        own = (predictions["class"] == name).to_numpy()
        found[own] = predictions.loc[own, f"p_{name}"]
    return found


def find_worst_errors(predictions: pandas.DataFrame, most: int) -> list[int]:
    """Return the rows of the ``most`` mistakes that gave the true class the lowest probability, lowest first."""
    wrong = numpy.flatnonzero((predictions["class"] != predictions["predicted"]).to_numpy())
    return wrong[numpy.argsort(true_probability(predictions)[wrong], kind="stable")][:most].tolist()


def group_by_outcome(predictions: pandas.DataFrame, name: str) -> dict[str, list[int]]:
    """Return the rows of a class's true positives, false negatives and false positives, by these names.

    The clearest come first: true and false positives by falling, false negatives by rising probability of the class.

    Raises:
        UserError: there is no such class.
    """
    if f"p_{name}" not in predictions:
        classes = ", ".join(column.removeprefix("p_") for column in predictions if column.startswith("p_"))
        raise UserError(f"classes: {name!r}: no such class; there is {classes}")
    true, predicted = (predictions[column].to_numpy() == name for column in ("class", "predicted"))
    probability = predictions[f"p_{name}"].to_numpy()
    masks = dict(zip(KINDS, (true & predicted, true & ~predicted, ~true & predicted), strict=True))
    return {kind: _sort_rows(mask, probability if kind == KINDS[1] else -probability) for kind, mask in masks.items()}


def _sort_rows(mask: numpy.ndarray, by: numpy.ndarray) -> list[int]:
    rows = numpy.flatnonzero(mask)
    return rows[numpy.argsort(by[rows], kind="stable")].tolist()
