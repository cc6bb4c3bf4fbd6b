"""What each training of a study cost: a table of the records that training wrote, what it answers, and a figure.

Reads the records and summaries of the trainings it is given, and datasets.<key> and the study's sweeps of params.yaml;
writes a folder with costs.csv, costs.md and steps.png. Records hold times and machines, which differ from run to run,
so nothing but these three files is made from them. As every change of params.yaml that concerns the plan brings this
stage to run, it is the one that sees to it that DVC has not worked over an old plan.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import pandas

from stages import command, cost_answers, cost_figures, cost_text, figures, plan, record, sweep_choices
from stages.batches import Batches
from stages.files import read_json, write_table, write_text, written_folder
from stages.parameters.base import entry
from stages.parameters.data import Dataset
from stages.parameters.document import Parameters
from stages.parameters.model import Model
from stages.parameters.transfer import TransferModel
from stages.trained import SUMMARY

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
    arguments = command.parsed(parser, "costs", argv)
    parameters = plan.checked()
    lines = alike(parameters, arguments.key, sweep_choices.BATCH_SIZE)
    dataset = entry(Dataset, "datasets", arguments.dataset)
    records = read(arguments.trained, arguments.models, record.FILE)
    costs = table(records, read(arguments.trained, arguments.models, SUMMARY))
    answers = cost_answers.answers(costs, lines, frozen_kept(parameters, arguments.key))
    missing = [key for key in arguments.models if key not in records]
    with written_folder(arguments.out) as folder:
        write_table(folder / "costs.csv", costs)
        write_text(folder / "costs.md", cost_text.page(costs, answers, missing, arguments.key, dataset))
        figures.save(
            cost_figures.steps(costs, lines, f"Batch size and time on {dataset.title}"),
            folder / "steps.png",
            dataset.note,
        )


def alike(parameters: Parameters, study: str, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the models of each sweep that differ in ``names``, keys of training, alone, by what is varied."""
    sweeps = {key: parameters.sweeps[key] for key in parameters.studies[study].sweeps}
    found = {
        f"{sweep.title} of {sweep.of}": sweep_choices.alike_but_for(names, sweep, key) for key, sweep in sweeps.items()
    }
    return {title: models for title, models in found.items() if models}


def frozen_kept(parameters: Parameters, study: str) -> list[dict[str, bool]]:
    """Return, for each sweep that varies it, whether each model computes what frozen layers give once."""
    groups = alike(parameters, study, sweep_choices.FROZEN).values()
    return [{model: keeps_frozen(parameters.trained[model]) for model in models} for models in groups]


def keeps_frozen(model: Model | TransferModel) -> bool:
    """Return whether a model's training computes what frozen layers give once for all epochs."""
    return isinstance(model, TransferModel) and model.training.cache_frozen


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
