"""What the comparison of a study's models comes to, in sentences."""

from collections.abc import Sequence

import pandas

from darkroom.core.provenance import note_on_images
from darkroom.params.data import Dataset
from darkroom.reporting.tables import escaped

SHOWN = 10
"""Of more models than this a sentence names the first few and the last."""


def ranked(models: pandas.DataFrame) -> pandas.DataFrame:
    """Return the models by accuracy, the best first; of equal ones that with the lower loss first."""
    return models.sort_values(["accuracy", "loss"], ascending=[False, True], kind="stable")


def verdict(models: pandas.DataFrame, pairs: pandas.DataFrame, dataset: Dataset) -> list[str]:
    """Return the findings, a sentence or two each."""
    order = ranked(models)
    best = order.iloc[0]
    lines = [
        f"Highest accuracy: **{best['model']}**, {best['correct']:,} of {best['images']:,} test images correct "
        f"({best['accuracy']:.1%}, interval {best['low']:.1%} to {best['high']:.1%})."
    ]
    if len(models) > 1:
        lines += [differences(order, pairs), sizes(order, pairs), speed(order)]
    if models["replicates"].max() > 1:
        lines.append(spread(order))
    lines.append(caveats(best["images"], models, dataset))
    return lines


def differences(order: pandas.DataFrame, pairs: pandas.DataFrame) -> str:
    """Return which models the best one beats by more than chance, and how many pairs differ in all."""
    alike = equals_of_best(order, pairs)
    beaten = [model for model in order["model"][1:] if model not in alike]
    found = [
        f"beyond chance, after correction, it is better than {listed(beaten)}" if beaten else "",
        f"its lead over {listed(alike)} may be chance" if alike else "",
    ]
    text = "; ".join(filter(None, found))
    total = f"{int(pairs['different'].sum())} of {len(pairs)} pairs of models differ beyond chance"
    return f"{text[0].upper()}{text[1:]}. In all, {total}."


def sizes(order: pandas.DataFrame, pairs: pandas.DataFrame) -> str:
    """Return what the best model costs in parameters, and the smallest model that is not worse beyond chance."""
    best = order.iloc[0]
    good = order[order["model"].isin([best["model"], *equals_of_best(order, pairs)])]
    small = good.sort_values("parameters", kind="stable").iloc[0]
    text = f"Parameters: {best['model']} has {best['parameters']:,}"
    if small["model"] != best["model"] and small["parameters"] < best["parameters"]:
        text += (
            f"; {small['model']} does with {small['parameters']:,}, {small['parameters'] / best['parameters']:.0%} of "
            "them, without being worse beyond chance"
        )
    elif order["parameters"].min() < best["parameters"]:
        text += "; every model with fewer is worse beyond chance"
    else:
        text += ", and no model has fewer"
    return text + "."


def speed(order: pandas.DataFrame) -> str:
    """Return how many epochs each model took to the weights that were kept, the fastest first."""
    fastest = order.sort_values("best_epoch", kind="stable")
    rows = zip(fastest["model"], fastest["best_epoch"], fastest["epochs"], strict=True)
    named = [f"{name} {kept} (of {run})" for name, kept, run in rows]
    if len(named) > SHOWN:
        named = [*named[:3], "…", named[-1]]
    return f"Epochs to the weights that were kept: {', '.join(named)}."


def spread(order: pandas.DataFrame) -> str:
    """Return the mean accuracy and deviation of the models trained more than once."""
    repeated = order[order["replicates"] > 1]
    rows = zip(
        repeated["model"], repeated["mean_accuracy"], repeated["sd_accuracy"], repeated["replicates"], strict=True
    )
    named = (
        f"{name} {mean:.1%} ± {100 * deviation:.1f} points ({count} seeds)" for name, mean, deviation, count in rows
    )
    return f"Over seeds, mean accuracy ± standard deviation: {', '.join(named)}."


def caveats(images: int, models: pandas.DataFrame, dataset: Dataset) -> str:
    """Return what the comparison cannot say."""
    half = float((models["high"] - models["low"]).max()) / 2
    seeds = (
        "The tests compare trainings, one seed of each model: another seed may order close models differently."
        if len(models) > 1
        else "One seed was tested: another gives another accuracy."
    )
    note = note_on_images(dataset.source)
    synthetic = f" These are {note}: the figures say nothing about photographs." if note else ""
    uncertain = f"{images:,} test images leave an accuracy uncertain by some ±{100 * half:.1f} points"
    return f"{escaped(dataset.title)}: {uncertain}. {seeds}{synthetic}"


def equals_of_best(order: pandas.DataFrame, pairs: pandas.DataFrame) -> list[str]:
    """Return the models, best first, that do not differ beyond chance from the first of ``order``."""
    best = order.iloc[0]["model"]
    near = pairs[((pairs["first"] == best) | (pairs["second"] == best)) & ~pairs["different"].astype(bool)]
    names = {*near["first"], *near["second"]} - {best}
    return [model for model in order["model"] if model in names]


def listed(names: Sequence[str]) -> str:
    """Return names as words: ``a, b and c``; of many their number."""
    if len(names) > SHOWN:
        return f"{len(names)} models"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
