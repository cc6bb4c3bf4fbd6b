"""Tables of a comparison: the models of a study side by side, their pairs, and their accuracies class by class.

Pure functions over evaluations.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas

from darkroom.comparison import class_accuracies, significance
from darkroom.comparison.departures import list_departures
from darkroom.evaluation.evaluations import Evaluated
from darkroom.evaluation.intervals import wilson_interval
from darkroom.params.model import Study

FROM_METRICS = [
    *("images", "correct", "accuracy", "loss", "parameters", "trainable_parameters", "epochs", "best_epoch"),
    *("ece", "macro_f1", "weights"),
]
"""Values of metrics.json that the comparison repeats."""
IN_TRAINING = ["train_accuracy", "val_accuracy"]
"""Values of the epoch whose weights were kept."""
FOLDS = ["folds", "mean_held", "sd_held"]
"""Columns of models whose replicates are folds: how many, and mean and deviation of the accuracy on those held out."""


@dataclass(frozen=True)
class Tables:
    """The comparison's tables, each written to a file of its name."""

    models: pandas.DataFrame
    """One row per model: the metrics of its first training run, and mean and deviation over all."""
    replicates: pandas.DataFrame
    """One row per training run."""
    pairs: pandas.DataFrame
    """As ``significance.compare_pairs`` returns them."""
    classes: pandas.DataFrame
    """As ``class_accuracies.collect`` returns them."""
    means: pandas.DataFrame
    """As ``class_accuracies.average`` returns them."""
    finetuning: pandas.DataFrame
    """As ``class_accuracies.compare_with_bases`` returns it."""
    departures: pandas.DataFrame
    """As ``departures.list_departures`` returns them."""


def compare_models(
    key: str, evaluated: Mapping[str, Evaluated], firsts: Mapping[str, Evaluated], study: Study
) -> Tables:
    """Return every table of the comparison.

    Args:
        key: of the study, which errors name.
        evaluated: by training run.
        firsts: by model, its first training run.
        study: its confidence, correction and the classes that means leave out.

    Raises:
        UserError: the models were tested on different images, or a class to leave out is none.
    """
    replicates = tabulate_replicates(evaluated)
    tests = {model: one.predictions for model, one in firsts.items()}
    classes = class_accuracies.collect({model: one.classes for model, one in firsts.items()})
    class_accuracies.check_classes(f"studies.{key}.without", study.without, classes)
    return Tables(
        models=tabulate_models(replicates, study.confidence),
        replicates=replicates,
        pairs=significance.compare_pairs(tests, study.confidence, study.correction),
        classes=classes,
        means=class_accuracies.average(classes, study.without),
        finetuning=class_accuracies.compare_with_bases({model: one.base for model, one in firsts.items()}, classes),
        departures=list_departures(firsts),
    )


def tabulate_replicates(evaluated: Mapping[str, Evaluated]) -> pandas.DataFrame:
    """Return one row per training run: its key, model and replicate (from 1), and its own metrics.

    Where a model has ``folds``, their number is a column; its replicate n held out fold n.
    """
    rows = []
    for key, one in evaluated.items():
        row = {"training": key, **{name: one.metrics[name] for name in ("model", "replicate", *FROM_METRICS)}}
        divided = {"folds": one.hyperparameters["folds"]} if "folds" in one.hyperparameters else {}
        rows.append(row | {name: one.kept[name] for name in IN_TRAINING} | divided)
    table = pandas.DataFrame(rows)
    return write_whole(table, {"epochs", "best_epoch", "folds"} & set(table))


def tabulate_models(replicates: pandas.DataFrame, confidence: float) -> pandas.DataFrame:
    """Return one row per model: the metrics of its first replicate, and the mean and deviation over replicates.

    low and high bound the accuracy's interval; sd_accuracy is the sample's standard deviation. A model trained once has
    neither mean nor deviation. Where a model has folds, the columns ``FOLDS`` stand behind.
    """
    rows = []
    divided = "folds" in replicates
    for model, group in replicates.groupby("model", sort=False):
        first = group[group["replicate"] == 1].iloc[0]
        row = {"model": model, **first[[*FROM_METRICS, *IN_TRAINING]].to_dict()}
        row["low"], row["high"] = wilson_interval(row["correct"], row["images"], confidence)
        several = group["accuracy"] if len(group) > 1 else pandas.Series(dtype=float)
        row |= {"replicates": len(group), "mean_accuracy": several.mean(), "sd_accuracy": several.std(ddof=1)}
        rows.append(row | (average_folds(group) if divided else {}))
    order = ["model", *FROM_METRICS[:3], "low", "high", "loss", *IN_TRAINING, *FROM_METRICS[4:]]
    table = pandas.DataFrame(rows)[[*order, "replicates", "mean_accuracy", "sd_accuracy", *FOLDS * divided]]
    return write_whole(table, ["epochs", "best_epoch", *FOLDS[:1] * divided])


def write_whole(table: pandas.DataFrame, names: Iterable[str]) -> pandas.DataFrame:
    """Return a table whose columns ``names`` hold whole numbers, even where one is missing, as of an ensemble."""
    return table.astype({name: "Int64" for name in names if table[name].isna().any()})


def average_folds(replicates: pandas.DataFrame) -> dict[str, float]:
    """Return how many folds the replicates of a model are, and mean and deviation of the accuracy on those held out.

    They are missing, where the replicates are no folds.
    """
    held = replicates["val_accuracy"].where(replicates["folds"].notna())
    return {"folds": replicates["folds"].iloc[0], "mean_held": held.mean(), "sd_held": held.std(ddof=1)}
