"""The verdict on a study's models: the best one, and by how much it is better."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas

from darkroom.core.provenance import note_on_images
from darkroom.params.data import Dataset
from darkroom.reporting.templates import render

MOST_NAMED = 10
"""Of more models than this a sentence names the first few and the last, or their number."""


def rank_models(models: pandas.DataFrame) -> pandas.DataFrame:
    """Return the models by accuracy, the best first; of equal ones that with the lower loss first."""
    return models.sort_values(["accuracy", "loss"], ascending=[False, True], kind="stable")


def describe_verdict(
    models: pandas.DataFrame,
    pairs: pandas.DataFrame,
    means: pandas.DataFrame,
    classes: pandas.DataFrame,
    dataset: Dataset,
    warnings: Sequence[str] = (),
) -> str:
    """Return the findings as a list in Markdown, from what ``summarize_verdict`` takes."""
    findings = summarize_verdict(models, pairs, means, classes, dataset, warnings)
    return render(Path(__file__).parent, "verdict.md.j2", **findings)


def summarize_verdict(
    models: pandas.DataFrame,
    pairs: pandas.DataFrame,
    means: pandas.DataFrame,
    classes: pandas.DataFrame,
    dataset: Dataset,
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the findings: the names and numbers of the sentences on them.

    Args:
        models: the comparison's, as are ``pairs`` and ``means``.
        pairs: of models.
        means: over classes.
        classes: class and images, its test images, for one model or several.
        dataset: what the images are.
        warnings: of the census on them, in sentences.
    """
    ranked, largest = rank_models(models), find_largest(classes)
    best, equal = ranked.iloc[0], find_equals(ranked, pairs)
    divided = ranked["folds"].notna() if "folds" in ranked else pandas.Series(False, ranked.index)
    beaten = [model for model in ranked["model"][1:] if model not in equal]
    fewest = ranked[ranked["model"].isin([best["model"], *equal])].sort_values("parameters", kind="stable").iloc[0]
    return {
        "title": dataset.title,
        "note": note_on_images(dataset.source),
        "best": best,
        "largest": largest,
        "mean": means.set_index("model").loc[best["model"], "mean"],
        "warnings": warnings,
        "several": len(models) > 1,
        "beaten": beaten,
        "equal": equal,
        "most_named": MOST_NAMED,
        "different": int(pairs["different"].sum()),
        "pairs": len(pairs),
        "smaller": fewest if fewest["parameters"] < best["parameters"] else None,
        "smaller_share": fewest["parameters"] / best["parameters"],
        "any_smaller": bool(models["parameters"].min() < best["parameters"]),
        "repeated": ranked[(ranked["replicates"] > 1) & ~divided].to_dict("records"),
        "divided": ranked[divided].to_dict("records"),
        "margin": float(best["high"] - best["low"]) / 2,
        "widest": float((models["high"] - models["low"]).max()) / 2,
        **select_speeds(ranked, largest["share"]),
    }


def find_largest(classes: pandas.DataFrame) -> pandas.Series:
    """Return the class with most test images, and ``share``: how often always answering with it would be correct."""
    counts = classes.drop_duplicates("class")[["class", "images"]]
    return counts.assign(share=counts["images"] / counts["images"].sum()).sort_values("images", kind="stable").iloc[-1]


def find_equals(ranked: pandas.DataFrame, pairs: pandas.DataFrame) -> list[str]:
    """Return the models, best first, that do not differ significantly from the first of ``ranked``."""
    best = ranked.iloc[0]["model"]
    near = pairs[((pairs["first"] == best) | (pairs["second"] == best)) & ~pairs["different"].astype(bool)]
    names = {*near["first"], *near["second"]} - {best}
    return [model for model in ranked["model"] if model in names]


def select_speeds(ranked: pandas.DataFrame, guessing: float) -> dict[str, Any]:
    """Return the models by how many epochs they took to the weights kept; of many the ``fastest`` and ``slowest``.

    Those that kept their ``last`` weights might have gone on, and have no such number; nor has one that is not clearly
    better than ``guessing``, or an ensemble.
    """
    ranked = ranked.dropna(subset=["best_epoch"]).astype({"epochs": int, "best_epoch": int})
    ranked = ranked[ranked["low"] > guessing]
    is_last = ranked["best_epoch"] == ranked["epochs"]
    rows = ranked[~is_last].sort_values("best_epoch", kind="stable").to_dict("records")
    many = len(rows) > MOST_NAMED
    chosen = {"fastest": rows[:3] if many else rows, "slowest": rows[-1:] if many else []}
    return {**chosen, "last": list(ranked[is_last]["model"])}
