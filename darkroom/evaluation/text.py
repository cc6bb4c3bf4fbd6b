"""The page that sums up one model's evaluation, in Markdown."""

from collections.abc import Mapping
from typing import Any

import pandas

from darkroom.evaluation.curve_shape import still_falling
from darkroom.evaluation.curves import Verdict, is_cross_entropy, judged
from darkroom.reporting.tables import escaped, markdown

MORE_THAN_CROSS_ENTROPY = (
    "- The losses of the curves hold an L2 penalty or weights of classes as well, which the cross-entropy of the test "
    "does not.\n"
)
SHOWN = 5
"""Classes named as those predicted most often, and images as the most ambiguous."""
UNVALIDATED = "nothing validated"
HEADLINES = {
    "overfitting": "Overfitting",
    "underfit": "Not learned to the end",
    "converged": "Converged",
    "unstable": "Unstable",
}


def page(
    title: str,
    note: str,
    test: Mapping[str, Any],
    summary: Mapping[str, Any],
    history: pandas.DataFrame,
    per_class: pandas.DataFrame,
    pairs: pandas.DataFrame,
    unsure: pandas.DataFrame,
) -> str:
    """Return the page.

    Args:
        title: the training, and the dataset that it is tested on.
        note: what every result must say; stands in every heading.
        test: figures of the test set, as ``metrics.summary`` returns them.
        summary: of the training, as summary.json holds it.
        history: one row per epoch.
        per_class: as ``metrics.per_class`` returns it.
        pairs: as ``metrics.confused_pairs`` returns it.
        unsure: as ``metrics.ambiguous`` returns it.
    """
    sections = {
        "Test figures": figures(test, summary),
        "Classes": markdown(per_class, dict.fromkeys(("precision", "recall", "f1"), ".3f"))
        + "\n"
        + favourites(per_class),
        "Most-confused pairs": confusions(pairs),
        "Most ambiguous": ambiguous(unsure),
        "Overfitting and convergence": course(history, len(per_class), summary),
        "Layers with most parameters": markdown(pandas.DataFrame(summary["largest_layers"]), {"share": ".1%"}),
    }
    if "backbone" in summary:
        sections["Backbone"] = backbone(summary["backbone"])
    qualified = f" ({note})" if note else ""
    parts = [f"# {escaped(title)}{qualified}\n"]
    return "\n".join(parts + [f"## {heading}{qualified}\n\n{body}" for heading, body in sections.items()])


def figures(test: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    """Return the figures of the whole test set, and the training they come from, as a table."""
    validated = f"{summary['validation_images']:,} more validated" if summary["validation_images"] else UNVALIDATED
    rows = {
        "Correct": f"{test['correct']:,} of {test['images']:,} images",
        "Accuracy": f"{test['accuracy']:.2%}",
        "Loss (cross-entropy)": f"{test['loss']:.4f}",
        "Precision, recall, F1 (means over classes)": ", ".join(
            f"{test[f'macro_{name}']:.3f}" for name in ("precision", "recall", "f1")
        ),
        "Expected calibration error": f"{test['ece']:.4f}",
        "Parameters": f"{summary['parameters']:,}, of which {summary['trainable_parameters']:,} trainable",
        "Weights": summary["weights"] + (f", by way of {summary['base']}" if "base" in summary else ""),
        "Trained on": f"{summary['train_images']:,} images; {validated}",
        "Epochs": f"{summary['epochs']}, the weights of epoch {summary['best_epoch']} kept",
    }
    return markdown(pandas.DataFrame(rows.items(), columns=["figure", "value"]))


def backbone(description: Mapping[str, Any]) -> str:
    """Return how many layers a backbone has, and which of them work at each size of feature maps."""
    shape = " x ".join(map(str, description["output_shape"]))
    text = (
        f"{description['name']}: {description['layers']} layers, from {description['first']} to {description['last']}; "
        f"it gives feature maps of {shape}.\n"
    )
    return f"{text}\n{markdown(pandas.DataFrame(description['sizes']))}"


def favourites(per_class: pandas.DataFrame) -> str:
    """Return which classes were predicted most often, beside how often they occur."""
    most = per_class.sort_values("predicted", ascending=False, kind="stable").head(SHOWN)
    named = (
        f"{escaped(name)} ({predicted:,} times; the class has {support:,} images)"
        for name, predicted, support in zip(most["class"], most["predicted"], most["support"], strict=True)
    )
    return f"Predicted most often: {', '.join(named)}.\n"


def confusions(pairs: pandas.DataFrame) -> str:
    """Return the most-confused pairs as a table, or that there are none."""
    if pairs.empty:
        return "None: every test image was recognised.\n"
    return markdown(pairs.rename(columns={"share": "share of the true class"}), {"share of the true class": ".1%"})


def ambiguous(unsure: pandas.DataFrame) -> str:
    """Return the images whose two best classes are closest, as a table."""
    columns = {"p_best": "its probability", "p_second": "that of second"}
    shown = unsure.rename(columns=columns).head(SHOWN)
    return markdown(shown, dict.fromkeys(columns.values(), ".1%"))


def course(history: pandas.DataFrame, classes: int, summary: Mapping[str, Any]) -> str:
    """Return what the learning curves say, in words."""
    plain = is_cross_entropy(summary["hyperparameters"])
    verdict = judged(history, classes, summary["stopped_early"], plain)
    kept = f"- The weights kept are those of epoch {summary['best_epoch']}.\n"
    kept += "" if plain else MORE_THAN_CROSS_ENTROPY
    return (explained(verdict) if verdict else unvalidated(history)) + kept


def unvalidated(history: pandas.DataFrame) -> str:
    """Return what the curve of training alone says."""
    loss = history["loss"].to_numpy(float)
    falling = "was still falling" if still_falling(loss) else "was no longer falling"
    return (
        f"**{UNVALIDATED.capitalize()}**: the curves show training alone, so they cannot tell overfitting.\n\n"
        f"- Training loss went from {loss[0]:.3f} to {loss[-1]:.3f} in {len(loss)} epochs; when training stopped it "
        f"{falling}.\n"
    )


def explained(verdict: Verdict) -> str:
    """Return a verdict in words, with the numbers it rests on."""
    falling = "was still falling" if verdict.still_falling else "was no longer falling"
    lines = [
        f"**{HEADLINES[verdict.outcome]}**: {verdict.reason}.\n",
        f"- Validation loss was lowest, {verdict.lowest:.3f}, after {verdict.best_epoch} of {verdict.epochs} epochs, "
        f"and ended {verdict.rise:.1%} above that; when training stopped it {falling}.",
        f"- Validation loss less training loss: {verdict.gap_best:+.3f} at the best epoch, {verdict.gap_last:+.3f} at "
        "the last. (Dropout works in training alone, so the difference can be negative.)",
    ]
    return "\n".join(lines) + "\n"
