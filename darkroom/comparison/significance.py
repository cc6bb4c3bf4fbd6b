"""Significance of differences between accuracies: intervals, paired tests, correction for their number.

Pure functions over tables of predictions, as evaluate writes them.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

import numpy
import pandas

from darkroom.core.errors import UserError

FEW = 25
"""Below so many images that one model alone classifies correctly, McNemar's p-value is computed exactly."""
COLUMNS = ["first", "second", "only_first_correct", "only_second_correct", "p", "p_corrected", "different"]


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Return the p-value of McNemar's test, two-sided, that two models are wrong equally often.

    Exact (binomial) below ``FEW`` discordant images, else chi-squared with continuity correction.
    Source: Dietterich, "Approximate Statistical Tests for Comparing Supervised Classification Learning Algorithms",
    Neural Computation 10, 1998, section 3.1.

    Args:
        only_first: images that the first model alone classifies correctly.
        only_second: images that the second model alone classifies correctly.
    """
    from statsmodels.stats.contingency_tables import mcnemar

    table = [[0, only_first], [only_second, 0]]
    return float(mcnemar(table, exact=only_first + only_second < FEW, correction=True).pvalue)


def check_same_images(predictions: Mapping[str, pandas.DataFrame]) -> None:
    """Check that all models were tested on the same images in the same order.

    Raises:
        UserError: two were not.
    """
    names = list(predictions)
    reference = predictions[names[0]][["file", "class"]]
    for name in names[1:]:
        if not predictions[name][["file", "class"]].equals(reference):
            raise UserError(
                f"{name}: not tested on the same images as {names[0]} ({len(predictions[name]):,} and "
                f"{len(reference):,} images), so they cannot be compared; check that their views leave out the same "
                f"corrupt images, and run python -m stages.evaluate {name}"
            )


def compare_pairs(
    predictions: Mapping[str, pandas.DataFrame],
    confidence: float,
    correction: str,
    chosen: Iterable[tuple[str, str]] | None = None,
) -> pandas.DataFrame:
    """Return McNemar's test between models: one row per pair, with the columns ``COLUMNS``.

    Args:
        predictions: by model, in the order to pair them; file, class and predicted of the same images.
        confidence: a pair is different if its corrected p-value is below one less this.
        correction: of statsmodels' ``multipletests``: holm, bonferroni or fdr_bh.
        chosen: the pairs to test; every two models where there is none.
    """
    from statsmodels.stats.multitest import multipletests

    check_same_images(predictions)
    correct = {name: (table["class"] == table["predicted"]).to_numpy() for name, table in predictions.items()}
    asked = combinations(predictions, 2) if chosen is None else chosen
    rows = [_compare_pair(first, second, correct) for first, second in asked]
    if not rows:
        return pandas.DataFrame(columns=COLUMNS)
    table = pandas.DataFrame(rows)
    table["p_corrected"] = multipletests(table["p"], method=correction)[1]
    table["different"] = table["p_corrected"] < 1 - confidence
    return table[COLUMNS]


def find_pair(tests: pandas.DataFrame, one: str, other: str) -> pandas.Series:
    """Return the row of a table of ``compare_pairs`` that tests two models, whichever stands first."""
    return tests[tests["first"].isin([one, other]) & tests["second"].isin([one, other])].iloc[0]


def _compare_pair(first: str, second: str, correct: Mapping[str, numpy.ndarray]) -> dict[str, Any]:
    only_first = int((correct[first] & ~correct[second]).sum())
    only_second = int((correct[second] & ~correct[first]).sum())
    counts = {"only_first_correct": only_first, "only_second_correct": only_second}
    return {"first": first, "second": second, **counts, "p": mcnemar_p(only_first, only_second)}
