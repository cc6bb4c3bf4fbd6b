"""What each training of a study cost: a table of the records that training wrote, what it answers, and a figure.

Reads the records and summaries of the trainings it is given, and datasets.<key> of params.yaml; writes a folder with
costs.csv, costs.md and steps.png. Records hold times and machines, which differ from run to run, so nothing but these
three files is made from them.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import pandas

from darkroom.comparison import cost_answers, cost_figures, cost_text
from darkroom.comparison.alike import BATCH_SIZE, FROZEN, alike_but_for
from darkroom.core.filenames import RECORD, SUMMARY
from darkroom.core.files import read_json, replace_folder, write_table, write_text
from darkroom.core.provenance import note_on_images
from darkroom.images.prepared.batches import Batches
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from darkroom.pipeline import command
from darkroom.reporting import figures

COLUMNS = [
    *("model", "seconds", "frozen_seconds", "epochs", "batch_size", "steps_per_epoch", "seconds_per_step"),
    *("seconds_per_epoch", "images_per_second", "peak_memory_mib", "threads", "precision", "processor"),
]
AS_RECORDED = ["seconds", "frozen_seconds", "epochs", "images_per_second", "peak_memory_mib", "threads", "precision"]
"""What the table repeats of a record."""


def main(argv: Sequence[str] | None = None) -> None:
    """Write what the trainings of one study cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a study of params.yaml")
    parser.add_argument("--models", nargs="+", help="its trainings, in the order to show them")
    parser.add_argument("--trained", type=Path, help="folder with a folder per training, each with its record")
    parser.add_argument("--dataset", help="key of the dataset that all were trained on")
    parser.add_argument("--out", type=Path, help="folder to write")
    arguments = command.parse(parser, "costs", argv)
    dataset = read_entry(Dataset, "datasets", arguments.dataset)
    records, summaries = (read(arguments.trained, arguments.models, name) for name in (RECORD, SUMMARY))
    costs, used = table(records, summaries), of_first_replicates(summaries)
    lines = by_batch_size(used)
    answers = cost_answers.answers(costs, lines, by_frozen(used))
    missing = [key for key in arguments.models if key not in records]
    with replace_folder(arguments.out) as folder:
        write_table(folder / "costs.csv", costs)
        write_text(folder / "costs.md", cost_text.page(costs, answers, missing, arguments.key, dataset))
        figures.save(
            cost_figures.steps(costs, lines, f"Batch size and time on {dataset.title}"),
            folder / "steps.png",
            note_on_images(dataset.source),
        )


def of_first_replicates(summaries: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the hyperparameters of each model's first training, by model, from the trainings' summaries."""
    firsts = (summary for summary in summaries.values() if summary["replicate"] == 1)
    return {summary["model"]: summary["hyperparameters"] for summary in firsts}


def by_batch_size(used: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the groups of models that differ in batch size alone, by what they are called."""
    return {f"{models[0]} with other batch sizes": models for models in alike_but_for(BATCH_SIZE, used)}


def by_frozen(used: Mapping[str, Mapping[str, Any]]) -> list[dict[str, bool]]:
    """Return the groups of models that differ in nothing but whether they compute what frozen layers give once."""
    return [{model: used[model][FROZEN[0]] for model in models} for models in alike_but_for(FROZEN, used)]


def read(folder: Path, keys: Sequence[str], name: str) -> dict[str, dict[str, Any]]:
    """Return the files ``name`` of the trainings ``keys``, whose folders lie in ``folder``, by key, those there are."""
    files = {key: folder / key / name for key in keys}
    return {key: read_json(file) for key, file in files.items() if file.is_file()}


def table(records: Mapping[str, Mapping[str, Any]], summaries: Mapping[str, Mapping[str, Any]]) -> pandas.DataFrame:
    """Return one row per record; the processor is the GPU where one computed. What a record lacks stays empty."""
    rows = []
    for key, content in records.items():
        processor = content.get("gpu") or content.get("machine", {}).get("processor")
        row = {"model": key, **{name: content.get(name) for name in AS_RECORDED}, "processor": processor}
        rows.append(row | stepped(content, summaries.get(key, {})))
    return pandas.DataFrame(rows, columns=COLUMNS)


def stepped(content: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, float]:
    """Return a training's batch size, steps per epoch, and seconds per step and epoch, or nothing where unknown.

    A step is one update of the weights, however many parts its batch was accumulated from. The seconds of an epoch
    contain its validation.
    """
    used = summary.get("hyperparameters", {})
    if not {"training.batch_size", "training.accumulation_steps"} <= used.keys() or not content.get("seconds"):
        return {}
    size, parts = used["training.batch_size"], used["training.accumulation_steps"]
    rows = numpy.arange(summary["train_images"])
    steps = len(Batches(numpy.asarray, rows, rows, size, parts, None)) // parts
    epoch = (content["seconds"] - (content.get("frozen_seconds") or 0)) / content["epochs"]
    times = {"seconds_per_step": epoch / steps, "seconds_per_epoch": epoch}
    return {"batch_size": size, "steps_per_epoch": steps, **times}


if __name__ == "__main__":
    command.run(main)
