"""Intervals, paired tests and their correction, against published numbers."""

from typing import Any

import pandas
import pytest
from scipy.stats import binomtest, chi2

from darkroom.comparison import significance
from darkroom.core.errors import UserError
from darkroom.evaluation.intervals import wilson_interval

TABLE = pandas.DataFrame({"file": ["a", "b"], "class": ["x", "y"], "predicted": ["x", "x"]})


@pytest.mark.parametrize(("first", "second"), [(0, 0), (10, 0), (3, 9), (12, 12)])
def test_few_discordant_images_are_tested_exactly(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue if first + second else 1
    assert significance.mcnemar_p(first, second) == pytest.approx(expected)


def test_mcnemar_on_agrestis_approval_ratings() -> None:
    """Agresti, Categorical Data Analysis, 1990, p. 350: 150 and 86 changed their mind."""
    assert significance.mcnemar_p(150, 86) == pytest.approx(chi2.sf((abs(150 - 86) - 1) ** 2 / (150 + 86), 1))
    assert significance.mcnemar_p(150, 86) == pytest.approx(4.11e-5, rel=0.01)


def test_wilson_interval_is_the_published_one() -> None:
    """Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I: 81 of 263, and 0 of 20."""
    assert wilson_interval(81, 263, 0.95) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20, 0.95) == pytest.approx((0, 0.1611), abs=5e-5)


@pytest.mark.parametrize(
    ("correction", "expected"),
    [("bonferroni", [0.03, 0.12, 0.09]), ("holm", [0.03, 0.06, 0.06]), ("fdr_bh", [0.03, 0.04, 0.04])],
)
def test_corrections(correction: str, expected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    chances = iter([0.01, 0.04, 0.03])
    monkeypatch.setattr(significance, "mcnemar_p", lambda only_first, only_second: next(chances))
    pairs = significance.compare_pairs(dict.fromkeys("abc", TABLE), 0.95, correction)
    assert pairs["p_corrected"].tolist() == pytest.approx(expected)
    assert pairs["different"].tolist() == [value < 0.05 for value in expected]


def test_only_the_pairs_asked_for_are_tested_and_counted_in_the_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(significance, "mcnemar_p", lambda only_first, only_second: 0.02)
    pairs = significance.compare_pairs(dict.fromkeys("abc", TABLE), 0.95, "bonferroni", [("a", "b"), ("a", "c")])
    assert pairs[["first", "second"]].values.tolist() == [["a", "b"], ["a", "c"]]
    assert pairs["p_corrected"].tolist() == pytest.approx([0.04, 0.04])


def test_models_tested_on_other_images_are_refused() -> None:
    other = TABLE.assign(file=["c", "d"])
    with pytest.raises(UserError, match=r"b: not tested on the same images as a \(2 and 2 images\)"):
        significance.compare_pairs({"a": TABLE, "b": other}, 0.95, "holm")
