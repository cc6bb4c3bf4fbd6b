"""Compare: the models of a study side by side.

Reads the evaluations of the trainings it is given, and studies.<key> and datasets.<key> of params.yaml. Writes a folder
with models.csv, replicates.csv, pairs.csv, comparison.md, accuracy.png and curves.png. Only the trainings named enter,
whatever else lies there.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas

from stages import command, comparison_figures, comparison_text, figures, plan, significance
from stages.errors import UserError
from stages.files import read_json, write_table, write_text, written_folder
from stages.parameters.base import entry
from stages.parameters.data import Dataset
from stages.parameters.model import Study
from stages.progress import note as say

OWN = [
    "images",
    "right",
    "accuracy",
    "loss",
    "parameters",
    "trainable_parameters",
    "epochs",
    "best_epoch",
    "ece",
    "macro_f1",
    "weights",
]
"""Figures of metrics.json that the comparison repeats."""


@dataclass(frozen=True)
class Evaluated:
    """One training's evaluation, read: metrics.json, predictions.csv (file, class, predicted) and history.csv."""

    metrics: dict[str, Any]
    predictions: pandas.DataFrame
    history: pandas.DataFrame


def main(argv: Sequence[str] | None = None) -> None:
    """Compare the models of one study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a study of params.yaml")
    parser.add_argument("--models", nargs="+", help="its trainings, in the order to show them")
    parser.add_argument("--evaluations", type=Path, help="folder with an evaluation per training")
    parser.add_argument("--dataset", help="key of the dataset that all are tested on")
    parser.add_argument("--out", type=Path, help="folder to write the comparison to")
    arguments = command.parsed(parser, "compare", argv)
    plan.checked()
    study, dataset = entry(Study, "studies", arguments.key), entry(Dataset, "datasets", arguments.dataset)
    evaluated = {key: opened(arguments.evaluations, key) for key in arguments.models}
    replicates = replicate_table(evaluated)
    models = model_table(replicates, study.confidence)
    with written_folder(arguments.out) as folder:
        write_comparison(folder, arguments.key, evaluated, models, replicates, study, dataset)
    say(f"compare {arguments.key}", f"{len(models)} models, {len(replicates)} trainings")


def opened(evaluations: Path, key: str) -> Evaluated:
    """Return the evaluation of the training ``key``.

    Raises:
        UserError: a file of it is missing.
    """
    folder = evaluations / key
    for name in ("metrics.json", "predictions.csv", "history.csv"):
        if not (folder / name).is_file():
            raise UserError(f"{folder / name}: no such file; run python -m stages.evaluate {key}")
    names = ["file", "class", "predicted"]
    predictions = pandas.read_csv(folder / "predictions.csv", usecols=names, dtype=str, keep_default_na=False)
    return Evaluated(read_json(folder / "metrics.json"), predictions, pandas.read_csv(folder / "history.csv"))


def replicate_table(evaluated: Mapping[str, Evaluated]) -> pandas.DataFrame:
    """Return one row per training: its key, model and replicate (from 1), and its own figures."""
    rows = [
        {"training": key, **{name: one.metrics[name] for name in ("model", "replicate", *OWN)}}
        for key, one in evaluated.items()
    ]
    return pandas.DataFrame(rows)


def model_table(replicates: pandas.DataFrame, confidence: float) -> pandas.DataFrame:
    """Return one row per model: the figures of its first replicate, and the mean and deviation over replicates.

    low and high bound the accuracy's interval; sd_accuracy is the sample's standard deviation. A model trained once has
    neither mean nor deviation.

    Raises:
        UserError: the first replicate of a model is not among the trainings.
    """
    rows = []
    for model, group in replicates.groupby("model", sort=False):
        first = group[group["replicate"] == 1]
        if first.empty:
            raise UserError(
                f"--models: {', '.join(group['training'])}: replicates of {model} without {model} itself; name it too"
            )
        row = {"model": model, **first.iloc[0][OWN].to_dict()}
        row["low"], row["high"] = significance.interval(row["right"], row["images"], confidence)
        several = group["accuracy"] if len(group) > 1 else pandas.Series(dtype=float)
        row |= {"replicates": len(group), "mean_accuracy": several.mean(), "sd_accuracy": several.std(ddof=1)}
        rows.append(row)
    order = ["model", *OWN[:3], "low", "high", *OWN[3:], "replicates", "mean_accuracy", "sd_accuracy"]
    return pandas.DataFrame(rows)[order]


def write_comparison(
    folder: Path,
    key: str,
    evaluated: Mapping[str, Evaluated],
    models: pandas.DataFrame,
    replicates: pandas.DataFrame,
    study: Study,
    dataset: Dataset,
) -> None:
    """Write every table and figure of the comparison into ``folder``."""
    firsts = replicates[replicates["replicate"] == 1].set_index("model")["training"]
    first = {model: evaluated[firsts[model]] for model in models["model"]}
    tests = {model: one.predictions for model, one in first.items()}
    pairs = significance.pairs(tests, study.confidence, study.correction)
    write_table(folder / "models.csv", models)
    write_table(folder / "replicates.csv", replicates)
    write_table(folder / "pairs.csv", pairs)
    notes = {model: one.metrics["note"] for model, one in first.items()}
    write_text(folder / "comparison.md", comparison_text.page(models, pairs, notes, key, study, dataset))
    accuracy = comparison_figures.accuracies(models, replicates, study.confidence, f"Accuracy on {dataset.title}")
    histories = {model: one.history for model, one in first.items()}
    best_epochs = dict(zip(models["model"], models["best_epoch"], strict=True))
    curves = comparison_figures.learning_curves(histories, best_epochs, f"Learning curves on {dataset.title}")
    note = comparison_text.qualification(notes, dataset)
    figures.save(accuracy, folder / "accuracy.png", note)
    figures.save(curves, folder / "curves.png", note)


if __name__ == "__main__":
    command.run(main)
