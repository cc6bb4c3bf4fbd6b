"""The page that compares the models of a study, in Markdown."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas

from darkroom.comparison.class_accuracies import name_without
from darkroom.comparison.departures import group_models, read_documents
from darkroom.comparison.significance import find_pair
from darkroom.comparison.tables import Tables
from darkroom.comparison.verdict import describe_verdict, rank_models
from darkroom.evaluation.curves import is_validated
from darkroom.evaluation.evaluations import Evaluated, qualification
from darkroom.evaluation.intervals import wilson_interval
from darkroom.params.data import Dataset
from darkroom.params.model import Study
from darkroom.reporting.tables import markdown
from darkroom.reporting.templates import render

SHARES = (
    "accuracy",
    "low",
    "high",
    "training",
    "validation",
    "mean accuracy",
    "deviation",
    "before",
    "after",
    "mean held out",
    "deviation held out",
)
FORMATS = {
    **dict.fromkeys((*SHARES, "mean over classes", "without the worst", "without the two worst"), ".1%"),
    **dict.fromkeys(("loss", "ECE", "macro F1"), ".3f"),
    **dict.fromkeys(("p", "corrected p"), ".2g"),
    "difference": "+.1%",
}
HEADINGS = {
    "trainable_parameters": "trainable",
    "train_accuracy": "training",
    "val_accuracy": "validation",
    "best_epoch": "epoch kept",
    "ece": "ECE",
    "macro_f1": "macro F1",
    "mean_accuracy": "mean accuracy",
    "sd_accuracy": "deviation",
    "mean_held": "mean held out",
    "sd_held": "deviation held out",
    "mean": "mean over classes",
    "without_worst": "without the worst",
    "without_two_worst": "without the two worst",
    "second_worst": "second worst",
    "finetuned": "fine-tuned",
    "only_first_correct": "only first correct",
    "only_second_correct": "only second correct",
    "p_corrected": "corrected p",
    "document": "in the document",
}
MOST_PAIRS = 45
"""The page of a study with more pairs than this, those of ten models, shows those of the best model alone."""


def compose_page(
    tables: Tables,
    firsts: Mapping[str, Evaluated],
    key: str,
    study: Study,
    dataset: Dataset,
    warnings: Sequence[str] = (),
) -> str:
    """Return the page; synthetic images and models without pretraining are named in every heading.

    Args:
        tables: the comparison's.
        firsts: by model, its first training run.
        key: of the study.
        study: its confidence, correction, and the classes that means leave out.
        dataset: what the images are.
        warnings: of the census on them, in sentences.
    """
    best = rank_models(tables.models).iloc[0]
    shown = select_pairs(tables.pairs, best["model"])
    return render(
        Path(__file__).parent,
        "comparison.md.j2",
        key=key,
        title=dataset.title,
        qualification=qualification(firsts.values(), dataset),
        study=study,
        any_ensemble=any(one.is_ensemble for one in firsts.values()),
        verdict=describe_verdict(tables.models, tables.pairs, tables.means, tables.classes, dataset, warnings),
        models=tabulate(drop_unused(tables.models)),
        means=tabulate(tables.means.dropna(axis="columns", how="all"), tuple(map(name_without, study.without))),
        fine_tunes=list(describe_fine_tunes(tables, firsts)),
        documents=[model for model in firsts if model in read_documents()],
        departures=tabulate(group_models(tables.departures)),
        shifts=tabulate_shifts(firsts, study.confidence),
        best=best["model"],
        images=best["images"],
        pairs=tabulate(shown),
        number_of_pairs=len(tables.pairs),
        pairs_left_out=len(tables.pairs) - len(shown),
    )


def tabulate(content: pandas.DataFrame, shares: tuple[str, ...] = ()) -> str:
    """Return a table of the comparison in Markdown, headings in words, and ``shares`` as percentages."""
    return markdown(content.rename(columns=HEADINGS), FORMATS | dict.fromkeys(shares, ".1%")).rstrip()


def tabulate_shifts(firsts: Mapping[str, Evaluated], confidence: float) -> str:
    """Return the models' accuracies on moved images side by side, by pixels, in Markdown; nothing, if none has any."""
    moved = {model: one.shifts for model, one in firsts.items() if len(one.shifts)}
    if not moved:
        return ""
    cells = {
        model: {int(row["pixels"]): _write_accuracy(row, confidence) for _, row in one.iterrows()}
        for model, one in moved.items()
    }
    return markdown(pandas.DataFrame(cells).rename_axis("pixels").reset_index()).rstrip()


def _write_accuracy(row: "pandas.Series[float]", confidence: float) -> str:
    low, high = wilson_interval(row["correct"], int(row["images"]), confidence)
    return f"{row['accuracy']:.1%} ({low:.1%} to {high:.1%})"


def drop_unused(models: pandas.DataFrame) -> pandas.DataFrame:
    """Return the models without what says the same of all of them: test images, or replicates where there are none."""
    unused = ["images"] + ["mean_accuracy", "sd_accuracy"] * bool(models["replicates"].max() == 1)
    unused += ["folds"] * ("folds" in models)
    unused += ["val_accuracy"] * bool(models["val_accuracy"].isna().all())
    return models.drop(columns=unused)


def describe_fine_tunes(tables: Tables, firsts: Mapping[str, Evaluated]) -> Iterator[dict[str, Any]]:
    """Yield each fine-tuning's accuracy by class beside its base's, its course, and the paired test of the two."""
    for model, group in tables.finetuning.groupby("finetuned", sort=False):
        base = group["base"].iloc[0]
        test = find_pair(tables.pairs, base, model)
        alone = {test["first"]: test["only_first_correct"], test["second"]: test["only_second_correct"]}
        yield {
            "model": model,
            "base": base,
            "course": describe_course(firsts[base], firsts[model]),
            "alone": alone[model],
            "base_alone": alone[base],
            "different": test["different"],
            "p": test["p_corrected"],
            "classes": tabulate(group[["class", "images", "before", "after", "difference"]]),
        }


def describe_course(base: Evaluated, tuned: Evaluated) -> dict[str, float] | None:
    """Return validation loss before a fine-tuning, its ``base``'s, and the lowest in it; none, if nothing validated."""
    start = base.kept["val_loss"]
    if math.isnan(start) or not is_validated(tuned.history):
        return None
    lowest = tuned.history.set_index("epoch")["val_loss"]
    return {"start": start, "lowest": float(lowest.min()), "epoch": int(lowest.idxmin())}


def select_pairs(pairs: pandas.DataFrame, best: str) -> pandas.DataFrame:
    """Return the paired tests to show: all, or of many models those of the ``best`` one."""
    if len(pairs) <= MOST_PAIRS:
        return pairs
    return pairs[(pairs["first"] == best) | (pairs["second"] == best)]
