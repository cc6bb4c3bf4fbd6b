"""The page of a sweep, in Markdown."""

import pandas

from darkroom.comparison.sweep_gaps import TEST, verdicts
from darkroom.comparison.text import CORRECTIONS
from darkroom.params.model import Study
from darkroom.reporting.tables import escaped, markdown

SHARES = ("training", "validation", "accuracy", "low", "high")
FORMATS = {
    **dict.fromkeys(SHARES, ".1%"),
    **dict.fromkeys(("gap", "change of the gap", "change of the accuracy"), "+.1%"),
    **dict.fromkeys(("training loss", "validation loss"), ".3f"),
    **dict.fromkeys(("p", "corrected p"), ".2g"),
}
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
LEARNED = ["model", "changes", "epochs", "best_epoch", "train_loss", "val_loss", "train_accuracy", "val_accuracy"]
GAPS = ["gap", "gap_change"]
TESTED = ["model", "correct", "accuracy", "low", "high", "accuracy_change", "only_base_correct", "only_variant_correct"]
TESTED += ["p", "p_corrected", "different"]


def page(found: pandas.DataFrame, title: str, note: str, study: Study) -> str:
    """Return the page; what every result must say stands in every heading.

    Args:
        found: as ``sweep_gaps.table`` returns it.
        title: what is varied, and on which images.
        note: what every result must say, or nothing.
        study: its confidence and correction.
    """
    sections = {
        "Verdict": "".join(f"- {line}\n" for line in verdicts(found)),
        "In training": f"{learned(found)}\n{measured(found)}\n![Learning curves](curves.png)\n\n![Gaps](gap.png)\n",
        "On the test images": f"{table(found[TESTED])}\n{tested(found, study)}",
    }
    qualified = f" ({note})" if note else ""
    parts = [f"# {escaped(title)}{qualified}\n"]
    return "\n".join(parts + [f"## {heading}{qualified}\n\n{body}" for heading, body in sections.items()])


def table(content: pandas.DataFrame) -> str:
    """Return a table of the sweep in Markdown, with headings in words."""
    return markdown(content.rename(columns=HEADINGS), FORMATS)


def learned(found: pandas.DataFrame) -> str:
    """Return what each variant changes and how it learned, as a table."""
    columns = [name for name in LEARNED if not found[name].isna().all()]
    return table(found[columns + GAPS])


def measured(found: pandas.DataFrame) -> str:
    """Return how the gap was measured."""
    against = found["against"].iloc[0]
    why = "; not all of these were validated, so test accuracy stands for it" if against == TEST else ""
    return (
        f"Gap: training accuracy less {against} accuracy, both of the epoch kept{why}. Training accuracy is measured "
        "while the epoch runs, with dropout and augmentation at work, so a gap can be negative. Losses contain the L2 "
        "penalty, where there is one.\n"
    )


def tested(found: pandas.DataFrame, study: Study) -> str:
    """Return how the test figures were made, and what they cannot say."""
    images, base = found["images"].iloc[0], found["model"].iloc[0]
    return (
        f"{images:,} test images; low and high: {100 * study.confidence:.4g} % interval (Wilson). McNemar's test of "
        f"each variant against {base}, p corrected for {len(found) - 1} tests by {CORRECTIONS[study.correction]} "
        "method. The first training of each: another seed may order close variants differently.\n"
    )
