"""Changes by the variants of a model: of the gap between training and images not trained on, and of the test accuracy.

Pure functions over evaluations. The gap is the training accuracy less the validation accuracy, both of the epoch whose
weights were kept; where not every variant was validated, less the test accuracy, for all. The gap of a model that is no
better than guessing says nothing.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas

from darkroom.comparison import significance
from darkroom.evaluation.curves import is_validated
from darkroom.evaluation.evaluations import Evaluated
from darkroom.evaluation.intervals import wilson_interval
from darkroom.params.model import Study, Sweep
from darkroom.params.sweeps import name_variant
from darkroom.reporting.tables import markdown
from darkroom.reporting.templates import render

HERE = Path(__file__).parent
VALIDATION, TEST = "validation", "test"
NO_CHANGE = "as it is"
IN_TRAINING = ["epochs", "best_epoch", "train_loss", "val_loss", "train_accuracy", "val_accuracy"]
IN_TEST = ["correct", "accuracy", "low", "high"]
AGAINST_BASE = ["accuracy_change", "only_base_correct", "only_variant_correct", "p", "p_corrected", "different"]
COLUMNS = ["model", "changes", *IN_TRAINING, "gap", "gap_change", "against", "images", *IN_TEST, "largest_class"]
COLUMNS += AGAINST_BASE
HEADINGS = {
    "best_epoch": "epoch kept",
    "train_loss": "training loss",
    "val_loss": "validation loss",
    "train_accuracy": "training",
    "val_accuracy": "validation",
    "gap_change": "change of the gap",
    "accuracy_change": "change of the accuracy",
    "only_base_correct": "only the base correct",
    "only_variant_correct": "only the variant correct",
    "p_corrected": "corrected p",
}
FORMATS = {
    **dict.fromkeys(("training", "validation", "accuracy", "low", "high"), ".1%"),
    **dict.fromkeys(("gap", "change of the gap", "change of the accuracy"), "+.1%"),
    **dict.fromkeys(("training loss", "validation loss"), ".3f"),
    **dict.fromkeys(("p", "corrected p"), ".2g"),
}


def list_changes(sweep: Sweep, key: str) -> dict[str, str]:
    """Return what each model of a sweep changes, by the model, as params.yaml has it; of the base ``NO_CHANGE``."""
    texts = {name: json.dumps(content, ensure_ascii=False).replace('"', "") for name, content in sweep.variants.items()}
    return {sweep.of: NO_CHANGE} | {name_variant(key, name): text[1:-1] for name, text in texts.items()}


def measure_variants(evaluated: Mapping[str, Evaluated], changes: Mapping[str, str], study: Study) -> pandas.DataFrame:
    """Return one row per model, the base first, with the columns ``COLUMNS``.

    Shares are fractions; ``largest_class`` is that of the test images which always naming their largest class gets
    correct. ``gap_change`` and ``accuracy_change`` are differences from the base, whose row has none, and no paired
    test.

    Args:
        evaluated: by model, the base first.
        changes: what each model changes.
        study: confidence of the intervals, and the correction of the paired tests against the base.

    Raises:
        UserError: the models were tested on different images.
    """
    base, *variants = evaluated
    against = VALIDATION if all(is_validated(one.history) for one in evaluated.values()) else TEST
    rows = [_measure(model, one, changes[model], against, study.confidence) for model, one in evaluated.items()]
    table = pandas.DataFrame(rows).set_index("model")
    for ours, theirs in (("gap", "gap_change"), ("accuracy", "accuracy_change")):
        table[theirs] = (table[ours] - table.loc[base, ours]).where(table.index != base)
    predictions = {model: one.predictions for model, one in evaluated.items()}
    against_base = [(base, variant) for variant in variants]
    pairs = significance.compare_pairs(predictions, study.confidence, study.correction, against_base)
    names = {"only_first_correct": "only_base_correct", "only_second_correct": "only_variant_correct"}
    tests = pairs.rename(columns=names).set_index("second").drop(columns="first").astype({"different": "object"})
    return table.join(tests).reset_index()[COLUMNS]


def _measure(model: str, one: Evaluated, change: str, against: str, confidence: float) -> dict[str, Any]:
    known = {name: one.metrics[name] for name in ("epochs", "best_epoch", "images", "correct", "accuracy")}
    low, high = wilson_interval(known["correct"], known["images"], confidence)
    held_out = one.kept["val_accuracy"] if against == VALIDATION else known["accuracy"]
    gap = {"gap": one.kept["train_accuracy"] - held_out, "against": against}
    largest = float(one.classes["support"].max() / one.classes["support"].sum())
    test = {"low": low, "high": high, "largest_class": largest}
    return {"model": model, "changes": change, **known, **one.kept, **gap, **test}


def has_learned(row: Mapping[str, Any]) -> bool:
    """Return True if a model of ``measure_variants`` is significantly better than always naming the largest class.

    It is not, where the interval of its test accuracy reaches down to that and its training accuracy is not above both
    either: what it learned of the training images alone is no guessing.
    """
    return bool(row["low"] > row["largest_class"] or row["train_accuracy"] > max(row["high"], row["largest_class"]))


def describe_verdict(table: pandas.DataFrame) -> str:
    """Return an item for the base, one for each variant, and one for all, as a list in Markdown."""
    return render(HERE, "sweep_verdict.md.j2", **summarize_verdict(table))


def summarize_verdict(table: pandas.DataFrame) -> dict[str, Any]:
    """Return the names and numbers of these sentences: the rows of the base and the variants, and the best of them."""
    base, *variants = ({**row, "learned": has_learned(row)} for row in table.to_dict("records"))
    learned = [row for row in (base, *variants) if row["learned"]]
    return {
        "base": base,
        "held_out": base["val_accuracy"] if base["against"] == VALIDATION else base["accuracy"],
        "variants": variants,
        "all_learned": len(learned) == len(table),
        "least": min(learned, key=lambda row: row["gap"], default=None),
        "best": max((base, *variants), key=lambda row: row["accuracy"]),
        "different": [row["model"] for row in variants if row["different"]],
    }


def describe_gap(table: pandas.DataFrame) -> str:
    """Return a paragraph on how the gap was measured."""
    return render(HERE, "sweep_gap.md.j2", against=table["against"].iloc[0])


def compose_page(table: pandas.DataFrame, title: str, note: str, study: Study) -> str:
    """Return the page in Markdown; ``note``, what every result must say, stands in every heading."""
    known = [name for name in IN_TRAINING if not table[name].isna().all()]
    return render(
        HERE,
        "sweep.md.j2",
        title=title,
        qualification=note,
        study=study,
        verdict=describe_verdict(table),
        training=tabulate(table[["model", "changes", *known, "gap", "gap_change"]]),
        gap=describe_gap(table),
        test=tabulate(table[["model", *IN_TEST, *AGAINST_BASE]]),
        images=table["images"].iloc[0],
        base=table["model"].iloc[0],
        variants=len(table) - 1,
    )


def tabulate(content: pandas.DataFrame) -> str:
    """Return a table of the sweep in Markdown, with headings in words."""
    return markdown(content.rename(columns=HEADINGS), FORMATS).rstrip()
