"""Which models differ in certain hyperparameters alone, so that what these change, or cost, compares."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

BATCH_SIZE = ("training.batch_size", "training.accumulation_steps")
"""Hyperparameters that say how many images a step takes, and in how many parts it is computed."""
FROZEN = ("training.cache_frozen",)
"""The hyperparameter that says whether what frozen layers give is computed once or in every epoch."""


def alike_but_for(names: Sequence[str], used: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return the groups of models that differ in the first of ``names``, hyperparameters, in the order given.

    They may differ in the other ``names`` too, and in nothing else.

    Args:
        names: of hyperparameters.
        used: the value of each hyperparameter, by its name, of each model; view, base and seed are among them.
    """
    groups: dict[str, list[str]] = {}
    for model, values in used.items():
        others = {name: value for name, value in values.items() if name not in names}
        groups.setdefault(json.dumps(others, sort_keys=True), []).append(model)
    return [models for models in groups.values() if len({used[model].get(names[0]) for model in models}) > 1]
