"""The page that compares the models of a study, in Markdown."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas

from darkroom.comparison.class_accuracies import left_out
from darkroom.comparison.significance import between
from darkroom.comparison.verdict import ranked, verdict
from darkroom.evaluation.evaluations import Evaluated, qualification
from darkroom.params.data import Dataset
from darkroom.params.model import Study
from darkroom.reporting.tables import escaped, markdown

SHARES = ("accuracy", "low", "high", "training", "validation", "mean accuracy", "deviation", "before", "after")
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
    "mean": "mean over classes",
    "without_worst": "without the worst",
    "without_two_worst": "without the two worst",
    "second_worst": "second worst",
    "finetuned": "fine-tuned",
    "only_first_correct": "only first correct",
    "only_second_correct": "only second correct",
    "p_corrected": "corrected p",
}
CORRECTIONS = {"holm": "Holm's", "bonferroni": "Bonferroni's", "fdr_bh": "Benjamini and Hochberg's"}
MOST_PAIRS = 45
"""The page of a study with more pairs than this, those of ten models, shows those of the best model alone."""


@dataclass(frozen=True)
class Tables:
    """The comparison's tables, each written to a file of its name."""

    models: pandas.DataFrame
    """One row per model: its first training's figures, and mean and deviation over all."""
    replicates: pandas.DataFrame
    """One row per training."""
    pairs: pandas.DataFrame
    """As ``significance.pairs`` returns them."""
    classes: pandas.DataFrame
    """As ``class_accuracies.by_class`` returns them."""
    means: pandas.DataFrame
    """As ``class_accuracies.means`` returns them."""
    finetuning: pandas.DataFrame
    """As ``class_accuracies.fine_tuned`` returns it."""


def page(tables: Tables, firsts: Mapping[str, Evaluated], key: str, study: Study, dataset: Dataset) -> str:
    """Return the page; synthetic images and models without pretraining are named in every heading.

    Args:
        tables: the comparison's.
        firsts: by model, its first training.
        key: of the study.
        study: its confidence, correction, and the classes that means leave out.
        dataset: what the images are.
    """
    sections = {
        "Verdict": "\n".join([f"- {line}" for line in verdict(tables.models, tables.pairs, dataset)]) + "\n",
        "Models": f"{model_table(tables.models)}\n{intervals(study)}",
        "Accuracy per class": class_means(tables.means, study),
        "Before and after fine-tuning": "\n".join(fine_tuning(tables)),
        "Pairs": paired(tables, study),
    }
    qualified = qualification(firsts.values(), dataset)
    qualified = f" ({qualified})" if qualified else ""
    parts = [f"# Comparison of {key}, on {escaped(dataset.title)}{qualified}\n"]
    return "\n".join(parts + [f"## {title}{qualified}\n\n{body}" for title, body in sections.items() if body])


def table(content: pandas.DataFrame, shares: tuple[str, ...] = ()) -> str:
    """Return a table of the comparison in Markdown, headings in words, and ``shares`` as percentages."""
    return markdown(content.rename(columns=HEADINGS), FORMATS | dict.fromkeys(shares, ".1%"))


def model_table(models: pandas.DataFrame) -> str:
    """Return the models without what says the same of all of them: test images, or replicates where there are none."""
    unused = ["images"] + ["mean_accuracy", "sd_accuracy"] * bool(models["replicates"].max() == 1)
    unused += ["val_accuracy"] * bool(models["val_accuracy"].isna().all())
    return table(models.drop(columns=unused))


def intervals(study: Study) -> str:
    """Return what stands below the models."""
    return (
        f"low and high: {study.confidence:.4g} interval of the accuracy (Wilson). training and validation: accuracy at "
        "the epoch kept, whose weights were tested; training's is measured while the epoch runs, with dropout and "
        "augmentation at work.\n"
    )


def class_means(means: pandas.DataFrame, study: Study) -> str:
    """Return the means over classes, with and without the worst and those that the study names."""
    named = tuple(left_out(names) for names in study.without)
    return (
        f"Means over classes, each counting the same; every class of every model is in classes.csv:\n\n"
        f"{table(means.dropna(axis='columns', how='all'), named)}\n![Accuracy per class](classes.png)\n"
    )


def fine_tuning(tables: Tables) -> list[str]:
    """Return each fine-tuning's accuracy by class beside its base's, and the paired test of the two; or nothing."""
    parts = []
    for model, group in tables.finetuning.groupby("finetuned", sort=False):
        base = group["base"].iloc[0]
        test = between(tables.pairs, base, model)
        words = "beyond chance" if test["different"] else "not beyond chance"
        discordant = {test["first"]: test["only_first_correct"], test["second"]: test["only_second_correct"]}
        parts += [
            f"**{model}**, fine-tuned from {base}: {discordant[model]:,} test images are correct for it alone, "
            f"{discordant[base]:,} for its base alone; they differ {words} "
            f"(corrected p {test['p_corrected']:.2g}).\n",
            table(group[["class", "images", "before", "after", "difference"]]),
        ]
    return parts


def paired(tables: Tables, study: Study) -> str:
    """Return the paired tests, or of many models those of the best one."""
    pairs, best = tables.pairs, ranked(tables.models).iloc[0]
    if pairs.empty:
        return "One model alone has nothing to be compared with.\n"
    shown, where = pairs, ""
    if len(pairs) > MOST_PAIRS:
        shown = pairs[(pairs["first"] == best["model"]) | (pairs["second"] == best["model"])]
        where = f" Shown: those of {best['model']}; all are in pairs.csv."
    return (
        f"{table(shown)}\nMcNemar's test on the same {best['images']:,} test images, replicate 1 of each model; p "
        f"corrected for {len(pairs)} tests by {CORRECTIONS[study.correction]} method; different: corrected p below "
        f"{1 - study.confidence:.4g}.{where}\n"
    )
