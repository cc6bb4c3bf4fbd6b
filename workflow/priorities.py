"""Which training runs are started first: the longest, so that none is left alone at the end."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

TRAINED = ("trainings", "transfers", "finetunings")
"""Sections of the plan that hold training runs, by key."""


def rank_work(values: Mapping[str, Any]) -> dict[str, float]:
    """Return the work of each training run as a share of the longest's, above 0 and up to 1, by key.

    It is pixels times epochs, as the models of a study are trained on the same images; the longest chain of fine-tunes
    that wait for a run's end is added to it.

    Args:
        values: params.yaml and the plan, as ``template.read_documents`` returns them.
    """
    runs = {key: run for section in TRAINED for key, run in values[section].items()}
    own = {key: _expect_work(run, values) for key, run in runs.items()}
    waiting: dict[str, list[str]] = {}
    for key, run in runs.items():
        waiting.setdefault(run.get("base", ""), []).append(key)
    total = {key: _add_up(key, own, waiting) for key in own}
    longest = max(total.values(), default=1)
    return {key: work / longest for key, work in total.items()}


def _expect_work(run: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    views = {**values["preparations"], **values["divisions"]}
    size = int(_find(views[run["view"]]["at"]["size"], values))
    return size * size * int(_find(run["at"]["training"]["epochs"], values))


def _find(place: str, values: Mapping[str, Any]) -> Any:
    """Return what stands at a dotted place of params.yaml."""
    return reduce(lambda node, name: node[name], place.split("."), values)


def _add_up(key: str, own: Mapping[str, int], waiting: Mapping[str, list[str]]) -> int:
    return own[key] + max((_add_up(one, own, waiting) for one in waiting.get(key, [])), default=0)
