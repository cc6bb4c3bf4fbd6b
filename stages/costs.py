"""Costs: a table of the records that a study's training runs wrote, the answers that it gives, and a figure.

Reads the records and summaries of the training runs it is given, and datasets.<key> of params.yaml; writes a folder
with costs.csv, costs.md, steps.png and costs.js, which brings the times into the study's page. Records hold times and
machines, which differ from run to run, so nothing but these four files is made from them.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from darkroom.comparison import cost_figures, cost_page, cost_script
from darkroom.comparison import costs as study_costs
from darkroom.core.filenames import RECORD, SUMMARY
from darkroom.core.files import read_json, replace_folder, write_text
from darkroom.core.provenance import note_on_images
from darkroom.params.base import NO_NAME, read_entry
from darkroom.params.data import Dataset
from darkroom.pipeline import command
from darkroom.reporting import figures
from darkroom.reporting.spreadsheets import write_sheet


def main(argv: Sequence[str] | None = None) -> None:
    """Write what the training runs of one study cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a study of params.yaml")
    parser.add_argument("--models", nargs="+", help="its training runs, in the order to show them")
    parser.add_argument("--combined", nargs="+", help=f"its ensembles, each as <key>=<run>,<run>; or {NO_NAME}")
    parser.add_argument("--trained", type=Path, help="folder with a folder per training run, each with its record")
    parser.add_argument("--dataset", help="key of the dataset that all were trained on")
    parser.add_argument("--out", type=Path, help="folder to write")
    arguments = command.parse(parser, "costs", argv)
    key, dataset = arguments.key, read_entry(Dataset, "datasets", arguments.dataset)
    records, summaries = (read(arguments.trained, arguments.models, name) for name in (RECORD, SUMMARY))
    costs, used = study_costs.tabulate_costs(records, summaries), study_costs.select_first_replicates(summaries)
    batches, frozen = study_costs.group_by_batch_size(used), study_costs.group_by_frozen(used)
    missing = [name for name in arguments.models if name not in records]
    named = (one.split("=") for one in arguments.combined if one != NO_NAME)
    combined = {name: members.split(",") for name, members in named}
    figure = cost_figures.draw_steps(costs, batches, f"Batch size and time on {dataset.title}")
    with replace_folder(arguments.out) as folder:
        write_sheet(folder / "costs.csv", costs)
        page = cost_page.compose_page(costs, batches, frozen, missing, key, dataset, combined)
        write_text(folder / "costs.md", page)
        write_text(folder / "costs.js", cost_script.compose_script(costs))
        figures.save(figure, folder / "steps.png", note_on_images(dataset.source))


def read(folder: Path, keys: Sequence[str], name: str) -> dict[str, dict[str, Any]]:
    """Return the files ``name`` of the runs ``keys``, whose folders lie in ``folder``, by key, those there are."""
    files = {key: folder / key / name for key in keys}
    return {key: read_json(file) for key, file in files.items() if file.is_file()}


if __name__ == "__main__":
    command.run(main)
