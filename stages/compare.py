"""Compare: the models of a study side by side.

Reads the evaluations of the trainings it is given, and studies.<key> and datasets.<key> of params.yaml. Writes a folder
with models.csv, replicates.csv, pairs.csv, classes.csv, means.csv, finetuning.csv (without rows, where no model is a
fine-tune), comparison.md, accuracy.png, curves.png and classes.png. Only the trainings named enter, whatever else lies
there.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas

from darkroom.comparison import class_accuracies, class_figures, significance
from darkroom.comparison import figures as comparison_figures
from darkroom.comparison import text as comparison_text
from darkroom.comparison.text import Tables
from darkroom.core.files import write_table, write_text, written_folder
from darkroom.core.progress import note as say
from darkroom.evaluation import evaluations
from darkroom.evaluation.evaluations import Evaluated
from darkroom.params.base import entry
from darkroom.params.data import Dataset
from darkroom.params.model import Study
from darkroom.pipeline import command
from darkroom.reporting import figures

OWN = [
    "images",
    "correct",
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
IN_TRAINING = ["train_accuracy", "val_accuracy"]
"""Figures of the epoch whose weights were kept."""


def main(argv: Sequence[str] | None = None) -> None:
    """Compare the models of one study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a study of params.yaml")
    parser.add_argument("--models", nargs="+", help="its trainings, in the order to show them")
    parser.add_argument("--evaluations", type=Path, help="folder with an evaluation per training")
    parser.add_argument("--dataset", help="key of the dataset that all are tested on")
    parser.add_argument("--out", type=Path, help="folder to write the comparison to")
    arguments = command.parsed(parser, "compare", argv)
    study, dataset = entry(Study, "studies", arguments.key), entry(Dataset, "datasets", arguments.dataset)
    evaluated = {key: evaluations.open_evaluation(arguments.evaluations, key) for key in arguments.models}
    firsts = evaluations.first_replicates(evaluated)
    tables = compared(arguments.key, evaluated, firsts, study)
    with written_folder(arguments.out) as folder:
        write_tables(folder, tables)
        write_text(folder / "comparison.md", comparison_text.page(tables, firsts, arguments.key, study, dataset))
        write_figures(folder, tables, firsts, study, dataset)
    say(f"compare {arguments.key}", f"{len(tables.models)} models, {len(tables.replicates)} trainings")


def compared(key: str, evaluated: Mapping[str, Evaluated], firsts: Mapping[str, Evaluated], study: Study) -> Tables:
    """Return every table of the comparison.

    Args:
        key: of the study, which errors name.
        evaluated: by training.
        firsts: by model, its first training.
        study: its confidence, correction and the classes that means leave out.

    Raises:
        UserError: the models were tested on different images, or a class to leave out is none.
    """
    replicates = replicate_table(evaluated)
    tests = {model: one.predictions for model, one in firsts.items()}
    classes = class_accuracies.by_class({model: one.classes for model, one in firsts.items()})
    class_accuracies.check_classes(f"studies.{key}.without", study.without, classes)
    return Tables(
        models=model_table(replicates, study.confidence),
        replicates=replicates,
        pairs=significance.pairs(tests, study.confidence, study.correction),
        classes=classes,
        means=class_accuracies.means(classes, study.without),
        finetuning=class_accuracies.fine_tuned({model: one.base for model, one in firsts.items()}, classes),
    )


def replicate_table(evaluated: Mapping[str, Evaluated]) -> pandas.DataFrame:
    """Return one row per training: its key, model and replicate (from 1), and its own figures."""
    rows = []
    for key, one in evaluated.items():
        row = {"training": key, **{name: one.metrics[name] for name in ("model", "replicate", *OWN)}}
        rows.append(row | {name: one.kept[name] for name in IN_TRAINING})
    return pandas.DataFrame(rows)


def model_table(replicates: pandas.DataFrame, confidence: float) -> pandas.DataFrame:
    """Return one row per model: the figures of its first replicate, and the mean and deviation over replicates.

    low and high bound the accuracy's interval; sd_accuracy is the sample's standard deviation. A model trained once has
    neither mean nor deviation.
    """
    rows = []
    for model, group in replicates.groupby("model", sort=False):
        first = group[group["replicate"] == 1].iloc[0]
        row = {"model": model, **first[[*OWN, *IN_TRAINING]].to_dict()}
        row["low"], row["high"] = significance.interval(row["correct"], row["images"], confidence)
        several = group["accuracy"] if len(group) > 1 else pandas.Series(dtype=float)
        row |= {"replicates": len(group), "mean_accuracy": several.mean(), "sd_accuracy": several.std(ddof=1)}
        rows.append(row)
    order = ["model", *OWN[:3], "low", "high", "loss", *IN_TRAINING, *OWN[4:]]
    return pandas.DataFrame(rows)[[*order, "replicates", "mean_accuracy", "sd_accuracy"]]


def write_tables(folder: Path, tables: Tables) -> None:
    """Write every table of the comparison into ``folder``."""
    for name, table in vars(tables).items():
        write_table(folder / f"{name}.csv", table)


def write_figures(
    folder: Path, tables: Tables, firsts: Mapping[str, Evaluated], study: Study, dataset: Dataset
) -> None:
    """Write every figure of the comparison into ``folder``."""
    models, title = tables.models, dataset.title
    histories = {model: one.history for model, one in firsts.items()}
    kept = dict(zip(models["model"], models["best_epoch"], strict=True))
    drawn = {
        "accuracy": comparison_figures.accuracies(models, tables.replicates, study.confidence, f"Accuracy on {title}"),
        "curves": comparison_figures.learning_curves(histories, kept, f"Learning curves on {title}"),
        "classes": class_figures.accuracies(tables.classes, tables.finetuning, f"Accuracy per class of {title}"),
    }
    note = evaluations.qualification(firsts.values(), dataset)
    for name, figure in drawn.items():
        figures.save(figure, folder / f"{name}.png", note)


if __name__ == "__main__":
    command.run(main)
