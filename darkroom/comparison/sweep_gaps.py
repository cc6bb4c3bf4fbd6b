"""What the variants of a model change: the gap between training and images not trained on, and the test accuracy.

Pure functions over evaluations. The gap is the training accuracy less the validation accuracy, both of the epoch whose
weights were kept; where not every variant was validated, less the test accuracy, for all. The gap of a model that is no
better than guessing says nothing.
"""

import json
from collections.abc import Mapping
from typing import Any

import pandas

from darkroom.comparison import significance
from darkroom.evaluation.curves import is_validated
from darkroom.evaluation.evaluations import Evaluated
from darkroom.params.model import Study, Sweep
from darkroom.params.sweeps import name_variant

VALIDATION, TEST = "validation", "test"
COLUMNS = [
    *("model", "changes", "epochs", "best_epoch", "train_loss", "val_loss", "train_accuracy", "val_accuracy"),
    *("gap", "gap_change", "against", "images", "correct", "accuracy", "low", "high", "largest_class"),
    *("accuracy_change", "only_base_correct", "only_variant_correct", "p", "p_corrected", "different"),
]
NO_CHANGE = "as it is"


def changes(sweep: Sweep, key: str) -> dict[str, str]:
    """Return what each model of a sweep changes, by the model, as params.yaml has it; of the base ``NO_CHANGE``."""
    texts = {name: json.dumps(content, ensure_ascii=False).replace('"', "") for name, content in sweep.variants.items()}
    return {sweep.of: NO_CHANGE} | {name_variant(key, name): text[1:-1] for name, text in texts.items()}


def table(evaluated: Mapping[str, Evaluated], changed: Mapping[str, str], study: Study) -> pandas.DataFrame:
    """Return one row per model, the base first, with the columns ``COLUMNS``.

    Shares are fractions; ``largest_class`` is that of the test images which always naming their largest class has
    right. ``gap_change`` and ``accuracy_change`` are differences from the base, whose row has none, and no paired test.

    Args:
        evaluated: by model, the base first.
        changed: what each model changes.
        study: confidence of the intervals, and the correction of the paired tests against the base.

    Raises:
        UserError: the models were tested on different images.
    """
    base, *variants = evaluated
    against = VALIDATION if all(is_validated(one.history) for one in evaluated.values()) else TEST
    rows = [_row(model, one, changed[model], against, study.confidence) for model, one in evaluated.items()]
    found = pandas.DataFrame(rows).set_index("model")
    for ours, theirs in (("gap", "gap_change"), ("accuracy", "accuracy_change")):
        found[theirs] = (found[ours] - found.loc[base, ours]).where(found.index != base)
    tests = {model: one.predictions for model, one in evaluated.items()}
    pairs = significance.pairs(tests, study.confidence, study.correction, [(base, variant) for variant in variants])
    names = {"only_first_correct": "only_base_correct", "only_second_correct": "only_variant_correct"}
    tested = pairs.rename(columns=names).set_index("second").drop(columns="first").astype({"different": "object"})
    return found.join(tested).reset_index()[COLUMNS]


def _row(model: str, one: Evaluated, changed: str, against: str, confidence: float) -> dict[str, Any]:
    known = {name: one.metrics[name] for name in ("epochs", "best_epoch", "images", "correct", "accuracy")}
    low, high = significance.interval(known["correct"], known["images"], confidence)
    held_out = one.kept["val_accuracy"] if against == VALIDATION else known["accuracy"]
    gap = {"gap": one.kept["train_accuracy"] - held_out, "against": against}
    guessed = float(one.classes["support"].max() / one.classes["support"].sum())
    tested = {"low": low, "high": high, "largest_class": guessed}
    return {"model": model, "changes": changed, **known, **one.kept, **gap, **tested}


def learned(row: Mapping[str, Any]) -> bool:
    """Return whether a model of a ``table`` is better, beyond chance, than always naming the largest class.

    It is not, where the interval of its test accuracy reaches down to that and its training accuracy is not above both
    either: what it learned of the training images alone is no guessing.
    """
    return bool(row["low"] > row["largest_class"] or row["train_accuracy"] > max(row["high"], row["largest_class"]))


def verdicts(found: pandas.DataFrame) -> list[str]:
    """Return a sentence for the base, one for each variant, and one for all, of a ``table``."""
    base, *variants = found.to_dict("records")
    lines = [
        f"**{base['model']}**, {NO_CHANGE}: {base['train_accuracy']:.1%} in training, {_held_out(base):.1%} in "
        f"{base['against']}, a gap of {points(base['gap'])}; {base['accuracy']:.1%} of the test images correct"
        f"{'' if learned(base) else f'; it {_guessing(base)}'}."
    ]
    lines += [_verdict(row, base) for row in variants]
    able = [row for row in (base, *variants) if learned(row)]
    least = min(able, key=lambda row: row["gap"], default=None)
    best = max((base, *variants), key=lambda row: row["accuracy"])
    beyond = [row["model"] for row in variants if row["different"]]
    unable = "" if len(able) == len(found) else " of those that learned"
    smallest = f"{least['model']} ({points(least['gap'])})" if least else "none"
    lines.append(
        f"Smallest gap{unable}: {smallest}. Highest test accuracy: {best['model']} ({best['accuracy']:.1%}). "
        f"Different from {base['model']} beyond chance: {', '.join(beyond) or 'none'}."
    )
    return lines


def points(share: float) -> str:
    """Return a difference of accuracies in percentage points."""
    return f"{100 * share:.1f} points"


def _held_out(row: Mapping[str, Any]) -> float:
    return row["val_accuracy"] if row["against"] == VALIDATION else row["accuracy"]


def _guessing(row: Mapping[str, Any]) -> str:
    return (
        f"did not learn: neither its {row['train_accuracy']:.1%} in training nor its {row['accuracy']:.1%} in test "
        f"is beyond chance better than always naming the largest class, {row['largest_class']:.1%}; its gap says "
        "nothing"
    )


def _moved(row: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    if not learned(row):
        return _guessing(row)
    moved = round(100 * row["gap_change"], 1)
    if not learned(base):
        return f"has a gap of {points(row['gap'])}"
    if moved == 0:
        return f"leaves the gap at {points(row['gap'])}"
    sizes = f"from {100 * base['gap']:.1f} to {100 * row['gap']:.1f}"
    return f"{'narrows' if moved < 0 else 'widens'} the gap by {abs(moved):.1f} points, {sizes}"


def _verdict(row: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    change = 100 * row["accuracy_change"]
    test = f"{row['accuracy']:.1%} of the test images correct, {change:+.1f} points"
    certain = "beyond chance" if row["different"] else "which may be chance"
    return (
        f"**{row['model']}** ({row['changes']}) {_moved(row, base)}; {test}, {certain} (corrected p "
        f"{row['p_corrected']:.2g}); epoch {row['best_epoch']} of {row['epochs']} kept."
    )
