"""The environments that models were made in, and the kinds of processors: what of the records differs, no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darkroom.core.filenames import NETWORK
from workflow.audit.lineage import Step

FACTS = ("machine", "python", "versions", "backend", "gpu", "threads")
"""Keys of a record that describe the environment; others are measurements, and parameters that dvc.lock has."""


@dataclass(frozen=True)
class Environment:
    """The steps whose models were made in it, and what sets it apart; what is not known of it is left out."""

    steps: tuple[str, ...]
    facts: Mapping[str, Any]


def is_model(step: Step) -> bool:
    """Return whether the step made a model."""
    return any(Path(out.path).name == NETWORK for out in step.outs)


def list_different(steps: Sequence[Step]) -> list[Environment]:
    """Return the environments in which the models among ``steps`` were made, none where they do not differ."""
    known = {step.name: _collect_facts(step.record) for step in steps if is_model(step)}
    names = dict.fromkeys(name for facts in known.values() for name in facts)
    values = {fact: {step: facts[fact] for step, facts in known.items() if fact in facts} for fact in names}
    differing = {fact: keep_different(found) for fact, found in values.items() if _differ(list(found.values()))}
    apart: dict[str, dict[str, Any]] = {step: {} for step in known}
    for fact, found in differing.items():
        for step, value in found.items():
            apart[step][fact] = value
    environments = [facts for number, facts in enumerate(apart.values()) if facts not in list(apart.values())[:number]]
    grouped = [Environment(tuple(step for step in apart if apart[step] == facts), facts) for facts in environments]
    return grouped if differing else []


def list_processors(steps: Sequence[Step]) -> dict[str, tuple[str, ...]]:
    """Return the steps by the kind of processor that they ran on; nothing where that is one, as far as is known.

    A kind is the processor's name and those of its features that decide about bits and that not all of them have.
    """
    machines = {step.name: step.record.get("machine", {}) for step in steps}
    known = {step: machine for step, machine in machines.items() if "processor" in machine}
    features = keep_different({step: list(machine.get("features", [])) for step, machine in known.items()})
    kinds: dict[str, tuple[str, ...]] = {}
    for step, machine in known.items():
        kind = " ".join([machine["processor"], *features[step]])
        kinds[kind] = (*kinds.get(kind, ()), step)
    return kinds if len(kinds) > 1 else {}


def list_facts(environments: Sequence[Environment]) -> list[str]:
    """Return the names of the facts that set environments apart."""
    return list(dict.fromkeys(fact for environment in environments for fact in environment.facts))


def keep_different(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return values by step as they stand; of lists, only what is not in every one of them."""
    if not all(isinstance(value, list) for value in values.values()):
        return values
    shared = set.intersection(*(set(value) for value in values.values())) if values else set()
    return {step: [part for part in value if part not in shared] for step, value in values.items()}


def _differ(values: Sequence[Any]) -> bool:
    return any(value != values[0] for value in values)


def _collect_facts(record: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in FACTS:
        value = record.get(name)
        if isinstance(value, Mapping):
            found |= {f"{name}.{part}": one for part, one in value.items()}
        elif name in record:
            found[name] = value
    return found
