"""The census of a data set as a page to read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas

from darkroom.census import counts
from darkroom.reporting.templates import render

TEMPLATES = Path(__file__).parent
SPLIT_NAMES = {"train": "training", "validation": "validation", "test": "test"}
MOST_SIZES = 10
"""Sizes named on the page."""
MOST_FILES = 200
"""Files of duplicates, and suspicious ones, named on the page; the tables beside it have all."""
ALIKE = {"bytes": "the same bytes", "pixels": "the same pixels", "looks": "the same looks"}


def compose_page(
    key: str,
    note: str,
    tolerance: float,
    tables: Mapping[str, pandas.DataFrame],
    distance: int | None,
    deep: Sequence[str],
) -> str:
    """Return the page, in Markdown.

    Args:
        key: of the data set.
        note: what every result of these images must say; stands in the headings.
        tolerance: a fraction of a split's mean.
        tables: of the census, by the names of their files.
        distance: bits in which the looks of duplicates may differ; ``None`` where looks were not compared.
        deep: what stands for black and white in images of more than 8 bits, in words.
    """
    classes, sizes, modes, corrupt = (tables[name] for name in ("classes", "sizes", "modes", "corrupt"))
    duplicates = summarize_duplicates(tables["duplicates"])
    suspicions = summarize_suspicions(tables["suspicions"])
    return render(
        TEMPLATES,
        "census.md.j2",
        key=key,
        note=f" ({note})" if note else "",
        splits=summarize_splits(classes),
        classes=classes,
        balances=summarize_balances(classes, tolerance),
        sizes=summarize_sizes(sizes),
        modes=modes,
        readiness={"sizes": len(sizes), "modes": modes["mode"].nunique(), "corrupt": len(corrupt)},
        corrupt=corrupt[["file", "problem"]],
        duplicates={**duplicates, "distance": distance},
        suspicions=suspicions,
        deep=deep,
        warnings=list(tables["warnings"]["what"]),
    )


def describe_balances(classes: pandas.DataFrame, tolerance: float) -> list[str]:
    """Return a paragraph for each split: a verdict on the balance of its classes, and the numbers behind it."""
    balances = summarize_balances(classes, tolerance)
    return [render(TEMPLATES, "balance.md.j2", balance=balance).rstrip() for balance in balances]


def describe_sizes(sizes: pandas.DataFrame) -> str:
    """Return the number of sizes, the most frequent, smallest and largest, and what the others have in common."""
    return render(TEMPLATES, "sizes.md.j2", sizes=summarize_sizes(sizes)).rstrip()


def summarize_splits(classes: pandas.DataFrame) -> list[dict[str, Any]]:
    """Return for each split its name, the number of its images, and that of each class."""
    return [
        {
            "name": SPLIT_NAMES[split],
            "images": classes[split].sum(),
            "classes": dict(zip(classes["class"], classes[split], strict=True)),
        }
        for split in counts.splits_of(classes)
    ]


def summarize_balances(classes: pandas.DataFrame, tolerance: float) -> list[dict[str, Any]]:
    """Return for each split the numbers of its balance, and if it is within ``tolerance``."""
    return [
        {
            "split": SPLIT_NAMES[found.split],
            "balanced": found.is_within(tolerance),
            "mean": found.mean,
            "furthest": found.furthest,
            "count": found.count,
            "deviation": found.deviation,
            "tolerance": tolerance,
        }
        for found in counts.measure_balances(classes)
    ]


def summarize_sizes(sizes: pandas.DataFrame) -> dict[str, Any]:
    """Return the numbers that a page gives of ``sizes``, a table of ``counts.count_by_size``."""
    if sizes.empty:
        return {"all": sizes}
    area = sizes["width"] * sizes["height"]
    usual, smallest, largest = (_write_size(sizes.loc[row]) for row in (0, area.idxmin(), area.idxmax()))
    others = sizes.iloc[1:]
    shared = {side: int(others[side].iloc[0]) for side in ("width", "height") if others[side].nunique() == 1}
    return {
        "all": sizes,
        "images": sizes["images"].sum(),
        "most": MOST_SIZES,
        "usual": usual,
        "usual_images": sizes["images"].iloc[0],
        "smallest": smallest,
        "largest": largest,
        "others": {"images": int(others["images"].sum()), "width": None, "height": None, **shared},
    }


def summarize_duplicates(found: pandas.DataFrame) -> dict[str, Any]:
    """Return the numbers that the page gives of duplicates, and a table of their files."""
    groups = found.drop_duplicates("group")
    kinds = groups["kind"]
    return {
        "groups": len(kinds),
        "leaks": int(kinds.str.contains("leak").sum()),
        "two_labels": int(kinds.str.contains("two labels").sum()),
        "alike": [(int((groups["alike"] == alike).sum()), words) for alike, words in ALIKE.items()],
        "files": found[["group", "kind", "alike", "file"]],
        "most": MOST_FILES,
    }


def summarize_suspicions(found: pandas.DataFrame) -> dict[str, Any]:
    """Return how many suspicions there are of each kind, and a table of them."""
    counted = found["kind"].value_counts(sort=False)
    kinds = {str(kind): int(count) for kind, count in counted.items()}
    return {"kinds": kinds, "files": found[["kind", "file", "what"]], "most": MOST_FILES}


def _write_size(row: pandas.Series) -> str:
    return f"{row['width']}×{row['height']}"
