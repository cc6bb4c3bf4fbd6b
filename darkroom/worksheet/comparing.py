"""Questions on the models side by side: the best one, what a choice changes, fine-tuning, and sweeps."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from darkroom.comparison import sweep_gaps, sweep_text
from darkroom.comparison import verdict as comparison_verdict
from darkroom.comparison.class_accuracies import left_out
from darkroom.comparison.significance import between
from darkroom.reporting.tables import markdown
from darkroom.worksheet.hyperparameters import as_written
from darkroom.worksheet.material import Answer, Material, Question, Swept, read, rows

FEW = 4
"""Models that differ in more hyperparameters than this say nothing of one of them."""
SHOWN = 20
"""Pairs of such models shown, those that differ least first."""
ONLY_WRITE = ("TensorBoard", "CSVLogger", "ModelCheckpoint", "BackupAndRestore")
"""Callbacks that write, or let a training that was killed go on, and change nothing of what is learned."""
NOT_COMPARED = (
    *("training.accumulation_steps", "training.cache_frozen", "training.precision", "seed"),
    *(f"training.callbacks.{name}" for name in ONLY_WRITE),
)
"""Hyperparameters that change how a network is computed, not what is; those below them, too."""


MEANS = {
    "without_worst": "without the worst",
    "without_two_worst": "without the two worst",
    "second_worst": "second worst",
}
"""Columns of the table of means, in words."""


def best(material: Material) -> Answer:
    """Which model is best, and which differences are beyond chance."""
    files = [material.comparison / name for name in ("models.csv", "pairs.csv")]
    models, pairs = (read(file) for file in files)
    lines = comparison_verdict.verdict(models, pairs, material.dataset)
    return Answer(
        "Which model is best, and is it by more than chance?", "".join(f"- {line}\n" for line in lines), files
    )


def choices(material: Material) -> Answer | None:
    """What one choice changes: of two models that differ in little else."""
    file = material.comparison / "pairs.csv"
    tests = read(file).set_index(["first", "second"])
    varied = {model for sweep in material.sweeps for model in sweep.table["model"] if model != sweep.of}
    own = [model for model, one in material.evaluated.items() if one.base is None and model not in varied]
    used = {model: material.evaluated[model].hyperparameters for model in own}
    alike = {pair: differences(used[pair[0]], used[pair[1]]) for pair in combinations(own, 2)}
    nearest = sorted((pair for pair in alike if 0 < len(alike[pair]) <= FEW), key=lambda pair: len(alike[pair]))
    found = []
    for first, second in nearest[:SHOWN]:
        before, after = (material.evaluated[model].metrics["accuracy"] for model in (first, second))
        test = tests.loc[(first, second)]
        change = {
            "from": first,
            "to": second,
            "what differs": "; ".join(alike[first, second]),
            "accuracy (points)": 100 * (after - before),
        }
        found.append({**change, "corrected p": test["p_corrected"], "beyond chance": bool(test["different"])})
    question = "What does one choice change? (Two models that differ in little else.)"
    answer = rows(found, {"accuracy (points)": "+.1f", "corrected p": ".2g"})
    return Answer(question, answer, [material.every("hyperparameters.csv"), file]) if found else None


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return in which hyperparameters two models differ, each with both values."""
    names = [name for name in dict.fromkeys([*first, *second]) if not is_technical(name)]
    return [
        f"{name} {as_written(first.get(name))} → {as_written(second.get(name))}"
        for name in names
        if first.get(name) != second.get(name)
    ]


def is_technical(name: str) -> bool:
    """Return whether a hyperparameter is one of ``NOT_COMPARED``, or below one."""
    return any(name == known or name.startswith(f"{known}.") for known in NOT_COMPARED)


def means(material: Material) -> Answer:
    """The mean of the accuracies of the classes, with and without the worst."""
    file = material.comparison / "means.csv"
    table = read(file)
    told = [name for name in table if not table[name].replace("", None).isna().all()]
    table = table[told].rename(columns=MEANS)
    shares = ["mean", *MEANS.values(), *map(left_out, material.study.without)]
    worst = ", and without the worst ones" if MEANS["without_worst"] in table else ""
    question = f"What is the mean accuracy over classes{worst}?"
    return Answer(question, markdown(table, dict.fromkeys(shares, ".1%")), [file, material.comparison / "classes.png"])


def fine_tuning(material: Material) -> Answer | None:
    """What fine-tuning gained, class by class."""
    if not material.fine_tuned:
        return None
    files = [material.comparison / name for name in ("finetuning.csv", "pairs.csv")]
    gains, pairs = (read(file) for file in files)
    parts = []
    for model, base in material.fine_tuned.items():
        group = gains[gains["finetuned"] == model].sort_values("difference", ascending=False, kind="stable")
        named = zip(group["class"], group["before"], group["after"], group["difference"], strict=True)
        text = ", ".join(
            f"{name} {before:.1%} → {after:.1%} ({100 * gain:+.1f})" for name, before, after, gain in named
        )
        test = between(pairs, model, base)
        correct = [material.evaluated[key].metrics["correct"] for key in (base, model)]
        words = "beyond chance" if test["different"] else "which may be chance"
        before, after, p = *correct, test["p_corrected"]
        gain = f"{before:,} images correct before, {after:,} after, {words} (corrected p {p:.2g})"
        parts.append(f"- **{model}**, from {base}: {gain}. By class, change in points: {text}.\n")
    return Answer("What does fine-tuning gain, class by class?", "".join(parts), files)


def sweeps(material: Material) -> list[Answer]:
    """What each sweep's variants change."""
    return [_changed(sweep) for sweep in material.sweeps]


def _changed(sweep: Swept) -> Answer:
    lines = "".join(f"- {line}\n" for line in sweep_gaps.verdicts(sweep.table))
    question = f"{sweep.title}: what does each value change, beside {sweep.of}?"
    return Answer(question, f"{lines}\n{sweep_text.measured(sweep.table)}", [sweep.file])


QUESTIONS: tuple[Question, ...] = (best, choices, means, fine_tuning)
