"""What the variants of a model change: the gap between training and images not trained on, and the test accuracy.

Pure functions over evaluations. The gap is the training accuracy less the validation accuracy, both of the epoch whose
weights were kept; where not every variant was validated, less the test accuracy, for all.
"""

import json
from collections.abc import Mapping
from typing import Any

import pandas

from stages import significance
from stages.curves import is_validated
from stages.evaluations import Evaluated
from stages.parameters.model import Study, Sweep
from stages.parameters.sweeps import variant_name

VALIDATION, TEST = "validation", "test"
COLUMNS = [
    *("model", "changes", "epochs", "best_epoch", "train_loss", "val_loss", "train_accuracy", "val_accuracy"),
    *("gap", "gap_change", "against", "images", "right", "accuracy", "low", "high", "accuracy_change"),
    *("only_base_right", "only_variant_right", "p", "p_corrected", "different"),
]
NO_CHANGE = "as it is"


def changes(sweep: Sweep, key: str) -> dict[str, str]:
    """Return what each model of a sweep changes, by the model, as params.yaml has it; of the base ``NO_CHANGE``."""
    texts = {name: json.dumps(content, ensure_ascii=False).replace('"', "") for name, content in sweep.variants.items()}
    return {sweep.of: NO_CHANGE} | {variant_name(key, name): text[1:-1] for name, text in texts.items()}


def table(evaluated: Mapping[str, Evaluated], changed: Mapping[str, str], study: Study) -> pandas.DataFrame:
    """Return one row per model, the base first, with the columns ``COLUMNS``.

    Shares are fractions; ``gap_change`` and ``accuracy_change`` are differences from the base, whose row has none, and
    no paired test.

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
    names = {"only_first_right": "only_base_right", "only_second_right": "only_variant_right"}
    tested = pairs.rename(columns=names).set_index("second").drop(columns="first").astype({"different": "object"})
    return found.join(tested).reset_index()[COLUMNS]


def _row(model: str, one: Evaluated, changed: str, against: str, confidence: float) -> dict[str, Any]:
    known = {name: one.metrics[name] for name in ("epochs", "best_epoch", "images", "right", "accuracy")}
    low, high = significance.interval(known["right"], known["images"], confidence)
    held_out = one.kept["val_accuracy"] if against == VALIDATION else known["accuracy"]
    gap = {"gap": one.kept["train_accuracy"] - held_out, "against": against}
    return {"model": model, "changes": changed, **known, **one.kept, **gap, "low": low, "high": high}


def verdicts(found: pandas.DataFrame) -> list[str]:
    """Return a sentence for the base, one for each variant, and one for all, of a ``table``."""
    base, *variants = found.to_dict("records")
    lines = [
        f"**{base['model']}**, {NO_CHANGE}: {base['train_accuracy']:.1%} in training, {_held_out(base):.1%} in "
        f"{base['against']}, a gap of {points(base['gap'])}; {base['accuracy']:.1%} of the test images right."
    ]
    lines += [_verdict(row, base) for row in variants]
    least = min((base, *variants), key=lambda row: row["gap"])
    best = max((base, *variants), key=lambda row: row["accuracy"])
    beyond = [row["model"] for row in variants if row["different"]]
    lines.append(
        f"Smallest gap: {least['model']} ({points(least['gap'])}). Highest test accuracy: {best['model']} "
        f"({best['accuracy']:.1%}). Different from {base['model']} beyond chance: {', '.join(beyond) or 'none'}."
    )
    return lines


def points(share: float) -> str:
    """Return a difference of accuracies in percentage points."""
    return f"{100 * share:.1f} points"


def _held_out(row: Mapping[str, Any]) -> float:
    return row["val_accuracy"] if row["against"] == VALIDATION else row["accuracy"]


def _verdict(row: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    moved = round(100 * row["gap_change"], 1)
    sizes = f"from {100 * base['gap']:.1f} to {100 * row['gap']:.1f}"
    verb = (
        f"narrows the gap by {-moved:.1f} points, {sizes}"
        if moved < 0
        else f"widens the gap by {moved:.1f} points, {sizes}"
    )
    if moved == 0:
        verb = f"leaves the gap at {points(row['gap'])}"
    change = 100 * row["accuracy_change"]
    test = f"{row['accuracy']:.1%} of the test images right, {change:+.1f} points"
    certain = "beyond chance" if row["different"] else "which may be chance"
    return (
        f"**{row['model']}** ({row['changes']}) {verb}; {test}, {certain} (corrected p {row['p_corrected']:.2g}); "
        f"epoch {row['best_epoch']} of {row['epochs']} kept."
    )
