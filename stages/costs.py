"""What each training of a study cost: a table of the records that training wrote.

Records hold times and machines, which differ from run to run, so nothing but these two files is made from them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas

from stages import record
from stages.files import read_json, write_table, write_text, written_folder
from stages.parameters.data import Dataset
from stages.tables import escaped, markdown

COLUMNS = [
    "model",
    "seconds",
    "frozen_seconds",
    "epochs",
    "images_per_second",
    "peak_memory_mib",
    "threads",
    "precision",
    "processor",
]
FORMATS = {"seconds": ",.1f", "frozen_seconds": ",.1f", "images_per_second": ",.1f", "peak_memory_mib": ",.0f"}
HEADINGS = {
    "seconds": "training time (s)",
    "frozen_seconds": "of which frozen layers (s)",
    "images_per_second": "images per second",
    "peak_memory_mib": "peak memory (MiB)",
}


def read(folder: Path, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the records of the trainings ``keys``, whose folders lie in ``folder``, by key and in that order."""
    files = {key: folder / key / record.FILE for key in keys}
    return {key: read_json(file) for key, file in files.items() if file.is_file()}


def table(records: Mapping[str, Mapping[str, Any]]) -> pandas.DataFrame:
    """Return one row per record; the processor is the GPU where one computed. What a record lacks stays empty."""
    rows = []
    for key, content in records.items():
        processor = content.get("gpu") or content.get("machine", {}).get("processor")
        rows.append({"model": key, **{name: content.get(name) for name in COLUMNS[1:-1]}, "processor": processor})
    return pandas.DataFrame(rows, columns=COLUMNS)


def page(costs: pandas.DataFrame, missing: Sequence[str], study: str, dataset: Dataset) -> str:
    """Return the cost table as a page in Markdown, which names the trainings that have no record."""
    qualified = f" ({dataset.note})" if dataset.note else ""
    formats = {HEADINGS.get(name, name): specification for name, specification in FORMATS.items()}
    lines = [
        f"# Cost of the trainings of {study}, on {escaped(dataset.title)}{qualified}\n",
        "Each training's own measurement, on the machine and under the load of its day. What frozen layers give is "
        "computed once, or read where an earlier training kept it; images per second are those of the rest.\n",
        markdown(costs.rename(columns=HEADINGS), formats) if len(costs) else "No training has left a record.\n",
    ]
    if missing:
        lines.append(f"Without a record, so left out: {', '.join(missing)}.\n")
    return "\n".join(lines)


def write(out: Path, trained: Path, keys: Sequence[str], study: str, dataset: Dataset) -> None:
    """Write costs.csv and costs.md into ``out``, from the records of the trainings ``keys``."""
    found = read(trained, keys)
    costs = table(found)
    with written_folder(out) as folder:
        write_table(folder / "costs.csv", costs)
        write_text(folder / "costs.md", page(costs, [key for key in keys if key not in found], study, dataset))
