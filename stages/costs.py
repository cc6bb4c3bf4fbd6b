"""What each training of a study cost: a table of the records that training wrote.

Reads the records of the trainings it is given, and datasets.<key> of params.yaml; writes a folder with costs.csv and
costs.md. Records hold times and machines, which differ from run to run, so nothing but these two files is made from
them. As every change of params.yaml that concerns the plan brings this stage to run, it is the one that sees to it that
DVC has not worked over an old plan.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas

from stages import command, plan, record
from stages.files import read_json, write_table, write_text, written_folder
from stages.parameters.base import entry
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


def main(argv: Sequence[str] | None = None) -> None:
    """Write what the trainings of one study cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a study of params.yaml")
    parser.add_argument("--models", nargs="+", help="its trainings, in the order to show them")
    parser.add_argument("--trained", type=Path, help="folder with a folder per training, each with its record")
    parser.add_argument("--dataset", help="key of the dataset that all were trained on")
    parser.add_argument("--out", type=Path, help="folder to write")
    arguments = command.parsed(parser, "costs", argv)
    plan.checked()
    dataset = entry(Dataset, "datasets", arguments.dataset)
    write(arguments.out, arguments.trained, arguments.models, arguments.key, dataset)


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


if __name__ == "__main__":
    command.run(main)
