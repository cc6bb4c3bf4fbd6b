"""Accuracy class by class: of every model, its means with and without some classes, and before and after fine-tuning.

Pure functions. The accuracy of a class is the share of its test images that are classified correctly: its recall.
"""

import math
from collections.abc import Mapping, Sequence

import pandas

from darkroom.core.errors import UserError
from darkroom.params.yaml_files import FILE as PARAMETERS

FINE_TUNED = ["finetuned", "base", "class", "images", "before", "after", "difference"]


def collect(tables: Mapping[str, pandas.DataFrame]) -> pandas.DataFrame:
    """Return model, class, images and accuracy: one row per model and class with test images, in the order of both.

    Args:
        tables: by model, class, recall and support, as evaluate writes them.
    """
    parts = [
        table.rename(columns={"support": "images", "recall": "accuracy"})[["class", "images", "accuracy"]].assign(
            model=model
        )
        for model, table in tables.items()
    ]
    joined = pandas.concat(parts, ignore_index=True)[["model", "class", "images", "accuracy"]]
    return joined[joined["images"] > 0].reset_index(drop=True)


def check_classes(where: str, without: Sequence[Sequence[str]], accuracies: pandas.DataFrame) -> None:
    """Check that the classes that means leave out are classes, and not all.

    Raises:
        UserError: one is none, or no class is left.
    """
    known = list(accuracies["class"].unique())
    for names in without:
        if unknown := [name for name in names if name not in known]:
            raise UserError(f"{PARAMETERS}: {where}: {unknown[0]!r}: no such class; the classes are {', '.join(known)}")
        if not names or set(names) == set(known):
            raise UserError(f"{PARAMETERS}: {where}: {list(names)}: leave out some of the classes {', '.join(known)}")


def name_without(names: Sequence[str]) -> str:
    """Return the name of the column of means without the classes ``names``."""
    return f"without {' and '.join(names)}"


def average(accuracies: pandas.DataFrame, without: Sequence[Sequence[str]]) -> pandas.DataFrame:
    """Return one row per model: means of its accuracy over classes, each class counting the same.

    The columns are the mean, the mean without the worst class, without the two worst, which these are, and the mean
    without each of the lists of classes in ``without``. A mean that would be that of one class alone is missing:
    without the worst of two classes, or the two worst of three; so is the second worst of two, which is the best.
    """
    rows = []
    for model, group in accuracies.groupby("model", sort=False):
        ascending = group.sort_values("accuracy", kind="stable").set_index("class")["accuracy"]
        row = {
            "model": model,
            "mean": ascending.mean(),
            "without_worst": _average_several(ascending.iloc[1:]),
            "without_two_worst": _average_several(ascending.iloc[2:]),
            "worst": ascending.index[0],
            "second_worst": ascending.index[1] if len(ascending) > 2 else None,
        }
        rows.append(row | {name_without(names): ascending.drop(list(names)).mean() for names in without})
    return pandas.DataFrame(rows)


def _average_several(accuracies: "pandas.Series[float]") -> float:
    return float(accuracies.mean()) if len(accuracies) > 1 else math.nan


def compare_with_bases(bases: Mapping[str, str | None], accuracies: pandas.DataFrame) -> pandas.DataFrame:
    """Return the accuracy of each class before and after each fine-tuning, with the columns ``FINE_TUNED``.

    Args:
        bases: by model, the one that it was fine-tuned from, or nothing.
        accuracies: as ``collect`` returns them.
    """
    of = {model: group.set_index("class") for model, group in accuracies.groupby("model", sort=False)}
    parts = [pandas.DataFrame(columns=FINE_TUNED)]
    for model, base in bases.items():
        if base is None or base not in of:
            continue
        table = of[model][["images"]].assign(before=of[base]["accuracy"], after=of[model]["accuracy"])
        table = table.assign(finetuned=model, base=base, difference=table["after"] - table["before"])
        parts.append(table.reset_index()[FINE_TUNED])
    return pandas.concat(parts[1:], ignore_index=True) if parts[1:] else parts[0]
