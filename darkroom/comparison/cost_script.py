"""Costs as a script, by which a page of HTML that holds no time shows them: a browser reads no other file from disk."""

import json
from collections.abc import Callable
from typing import Any

import pandas

from darkroom.reporting.quantities import duration, size
from darkroom.reporting.tables import cell

MIB = 1024**2
COLUMNS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "model": ("training run", str),
    "seconds": ("training time", duration),
    "epochs": ("epochs", cell),
    "batch_size": ("batch size", cell),
    "seconds_per_epoch": ("of an epoch", duration),
    "seconds_per_step": ("of a step", duration),
    "images_per_second": ("images per second", cell),
    "peak_memory_mib": ("peak memory", lambda mib: size(mib * MIB)),
    "threads": ("threads", cell),
    "precision": ("precision", str),
    "processor": ("processor", str),
}
"""Columns that are shown, each with its heading, and how its values are written."""


def compose_script(costs: pandas.DataFrame) -> str:
    """Return the script: of each value itself, for sorting, and its words; nothing and a dash where it is not known.

    Args:
        costs: as ``costs.tabulate_costs`` returns it.
    """
    rows = costs.astype(object).where(costs.notna(), None).to_dict("records")
    shown = [[_show(row[key], write) for key, (_, write) in COLUMNS.items()] for row in rows]
    content = {"columns": [[key, heading] for key, (heading, _) in COLUMNS.items()], "rows": shown}
    return f"globalThis.trainingCosts = {json.dumps(content)};\n"


def _show(value: Any, write: Callable[[Any], str]) -> tuple[Any, str]:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value, cell(None) if value is None else write(value)
