"""Costs of a study's training runs: the table of the records that training wrote, and the groups that compare.

Pure functions over records and summaries. What a record lacks stays empty.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy
import pandas

from darkroom.images.prepared.batches import Batches

COLUMNS = [
    *("model", "seconds", "frozen_seconds", "epochs", "batch_size", "steps_per_epoch", "seconds_per_step"),
    *("seconds_per_epoch", "images_per_second", "features_per_second", "peak_memory_mib"),
    *("threads", "precision", "processor"),
]
AS_RECORDED = ["seconds", "frozen_seconds", "epochs", "peak_memory_mib", "threads", "precision"]
"""Values of a record that the table repeats."""
BATCH_SIZE = ("training.batch_size", "training.accumulation_steps")
"""Hyperparameters that say how many images a step takes, and in how many parts it is computed."""
FROZEN = ("training.cache_frozen",)
"""The hyperparameter that says if the outputs of frozen layers are computed once or in every epoch."""


def tabulate_costs(
    records: Mapping[str, Mapping[str, Any]], summaries: Mapping[str, Mapping[str, Any]]
) -> pandas.DataFrame:
    """Return one row per record; the processor is the GPU where one computed."""
    rows = []
    for key, content in records.items():
        processor = content.get("gpu") or content.get("machine", {}).get("processor")
        row = {"model": key, **{name: content.get(name) for name in AS_RECORDED}, "processor": processor}
        summary = summaries.get(key, {})
        rows.append(row | name_throughput(content, summary) | measure_steps(content, summary))
    return pandas.DataFrame(rows, columns=COLUMNS)


def name_throughput(record: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a training run took in each second of its epochs: images, or features that frozen layers had given.

    The record calls both images; yet what was computed once, before the epochs, tells nothing of the whole network.
    """
    used = summary.get("hyperparameters", {})
    is_of_features = bool(used.get(FROZEN[0])) and used.get("unfreeze") != "all"
    return {"features_per_second" if is_of_features else "images_per_second": record.get("images_per_second")}


def measure_steps(record: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, float]:
    """Return a training run's batch size, steps per epoch, and seconds per step and epoch, or nothing where unknown.

    A step is one update of the weights, however many parts its batch was accumulated from. The seconds of an epoch
    contain its validation.
    """
    used = summary.get("hyperparameters", {})
    if not {"training.batch_size", "training.accumulation_steps"} <= used.keys() or not record.get("seconds"):
        return {}
    size, parts = used["training.batch_size"], used["training.accumulation_steps"]
    rows = numpy.arange(summary["train_images"])
    steps = len(Batches(numpy.asarray, rows, rows, size, parts, None)) // parts
    epoch = (record["seconds"] - (record.get("frozen_seconds") or 0)) / record["epochs"]
    times = {"seconds_per_step": epoch / steps, "seconds_per_epoch": epoch}
    return {"batch_size": size, "steps_per_epoch": steps, **times}


def select_first_replicates(summaries: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the hyperparameters of each model's first training run, by model, from the summaries of training runs."""
    firsts = (summary for summary in summaries.values() if summary["replicate"] == 1)
    return {summary["model"]: summary["hyperparameters"] for summary in firsts}


def group_by_batch_size(used: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the groups of models that differ in batch size alone, by what they are called."""
    return {f"{models[0]} with other batch sizes": models for models in group_alike(BATCH_SIZE, used)}


def group_by_frozen(used: Mapping[str, Mapping[str, Any]]) -> list[dict[str, bool]]:
    """Return the groups of models that differ only in computing the outputs of frozen layers once (True) or not."""
    return [{model: used[model][FROZEN[0]] for model in models} for models in group_alike(FROZEN, used)]


def group_alike(names: Sequence[str], used: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return the groups of models that differ in the first of ``names``, hyperparameters, in the order given.

    They may differ in the other ``names`` too, and in nothing else, so that what these change, or cost, compares.

    Args:
        names: of hyperparameters.
        used: the value of each hyperparameter, by its name, of each model; view, base and seed are among them.
    """
    groups: dict[str, list[str]] = {}
    for model, values in used.items():
        others = {name: value for name, value in values.items() if name not in names}
        groups.setdefault(json.dumps(others, sort_keys=True), []).append(model)
    return [models for models in groups.values() if len({used[model].get(names[0]) for model in models}) > 1]
