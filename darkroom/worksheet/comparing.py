"""Questions on the models side by side: the best one, what a choice changes, fine-tuning, and sweeps."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from darkroom.comparison import sweeps
from darkroom.comparison.class_accuracies import name_without
from darkroom.comparison.significance import find_pair
from darkroom.comparison.verdict import summarize_verdict
from darkroom.reporting.quantities import write_value
from darkroom.worksheet.material import Answer, Material, Question, SweepResult, read_table

FEW = 4
"""Models that differ in more hyperparameters than this say nothing of one of them."""
SHOWN = 20
"""Pairs of such models shown, those that differ least first."""
ONLY_WRITE = (
    *("TensorBoard", "CSVLogger", "ModelCheckpoint", "BackupAndRestore"),
    *("ProgbarLogger", "RemoteMonitor", "LambdaCallback", "DVCLive"),
)
"""Callbacks that write, or let a training run that was killed go on, and change nothing of what is learned."""
NOT_COMPARED = (
    *("training.cache_frozen", "training.precision", "seed"),
    *(f"training.callbacks.{name}" for name in ONLY_WRITE),
)
"""Hyperparameters that change how a network is computed, not what is; those below them, too."""


def find_best(material: Material) -> Answer:
    """Which model is best, and is its lead significant?"""
    files = [material.comparison / name for name in ("models.csv", "pairs.csv", "means.csv")]
    models, pairs, means = (read_table(file) for file in files)
    classes = next(iter(material.evaluated.values())).classes.rename(columns={"support": "images"})
    return {"verdict": summarize_verdict(models, pairs, means, classes, material.dataset), "files": files}


def compare_choices(material: Material) -> Answer | None:
    """What does a single choice change? Shown are pairs of models that differ in little else."""
    file = material.comparison / "pairs.csv"
    tests = read_table(file).set_index(["first", "second"])
    varied = {model for sweep in material.sweeps for model in sweep.table["model"] if model != sweep.of}
    own = [model for model, one in material.evaluated.items() if one.base is None and model not in varied]
    used = {model: material.evaluated[model].hyperparameters for model in own}
    changes = {pair: list_differences(used[pair[0]], used[pair[1]]) for pair in combinations(own, 2)}
    nearest = sorted((pair for pair in changes if 0 < len(changes[pair]) <= FEW), key=lambda pair: len(changes[pair]))
    found = []
    for first, second in nearest[:SHOWN]:
        before, after = (material.evaluated[model].metrics["accuracy"] for model in (first, second))
        test = tests.loc[(first, second)]
        change = {
            "first": first,
            "second": second,
            "changes": "; ".join(changes[first, second]),
            "points": 100 * (after - before),
        }
        found.append({**change, "p": test["p_corrected"], "different": bool(test["different"])})
    return {"rows": found, "files": [material.every("hyperparameters.csv"), file]} if found else None


def list_differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the hyperparameters in which two models differ, each with both values."""
    names = [name for name in dict.fromkeys([*first, *second]) if not is_technical(name)]
    return [
        f"{name} {write_value(first.get(name))} → {write_value(second.get(name))}"
        for name in names
        if first.get(name) != second.get(name)
    ]


def is_technical(name: str) -> bool:
    """Return True if a hyperparameter is one of ``NOT_COMPARED``, or below one, or what the view's name says."""
    return name.startswith("view.") or any(name == known or name.startswith(f"{known}.") for known in NOT_COMPARED)


def average_classes(material: Material) -> Answer:
    """What is the mean accuracy over classes, with and without the worst?"""
    file = material.comparison / "means.csv"
    table = read_table(file)
    known = [name for name in table if not table[name].replace("", None).isna().all()]
    return {
        "rows": table[known],
        "without_worst": "without_worst" in known,
        "without": {name_without(names): names for names in material.study.without},
        "files": [file, material.comparison / "classes.png"],
    }


def compare_fine_tunes(material: Material) -> Answer | None:
    """What does fine-tuning gain, class by class?"""
    if not material.fine_tunes:
        return None
    files = [material.comparison / name for name in ("finetuning.csv", "pairs.csv")]
    gains, pairs = (read_table(file) for file in files)
    found = []
    for model, base in material.fine_tunes.items():
        group = gains[gains["finetuned"] == model].sort_values("difference", ascending=False, kind="stable")
        before, after = (material.evaluated[key].metrics["correct"] for key in (base, model))
        named = {"model": model, "base": base, "before": before, "after": after}
        found.append({**named, "test": find_pair(pairs, model, base), "classes": group.to_dict("records")})
    return {"models": found, "files": files}


def describe_sweep(sweep: SweepResult) -> Answer:
    """What does each variant of a sweep change, compared with the model that is varied?"""
    return {
        "title": sweep.title,
        "of": sweep.of,
        "verdict": sweeps.summarize_verdict(sweep.table),
        "files": [sweep.file],
    }


QUESTIONS: dict[str, Question] = {
    "best": find_best,
    "choices": compare_choices,
    "means": average_classes,
    "fine_tuning": compare_fine_tunes,
}
