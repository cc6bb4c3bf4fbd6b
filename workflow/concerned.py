"""Which stages DVC must look at again, and why, before Snakemake plans its jobs."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from workflow.changes import Change, Inspection, is_elsewhere


@dataclass(frozen=True)
class Concerned:
    """What DVC must look at again.

    A stage without a reason of its own comes after one whose inputs changed, or between two that are concerned.
    """

    changes: Mapping[str, list[Change]]
    """By the stage, why."""
    stale: Set[str]
    """Those whose command may have to be executed; of the others, outputs are restored."""
    lacking: Set[str]
    """Stages not concerned: what they wrote is missing, no stage that may run reads it, and here, without its source,
    it can't be made."""

    @property
    def missing(self) -> list[Change]:
        """What is missing of what stages wrote."""
        return [change for found in self.changes.values() for change in found if change.kind == "missing"]


def concerned(inspection: Inspection) -> Concerned:
    """Return every stage that DVC must look at again, with why."""
    stages, upstream = inspection.stages, inspection.upstream()
    downstream: dict[str, set[str]] = {name: set() for name in upstream}
    for name, before in upstream.items():
        for producer in before:
            downstream[producer].add(name)
    inputs = {name: inspection.inputs_changed(name) for name in stages}
    outputs = {name: inspection.outputs_changed(name) for name in stages}
    missing = {name: inspection.outputs_missing(name) for name in stages}
    changed = {name for name in stages if inputs[name]}
    lost = {name for name in stages if missing[name] and not inspection.is_kept(name)}
    away = {name for name in lost if any(map(is_elsewhere, stages[name].deps))}
    unmakeable = reached(away, {name: after & lost for name, after in downstream.items()})
    needed = {one for name in reached(changed | (lost - unmakeable), downstream) for one in upstream[name]}
    lacking = unmakeable - reached(
        needed & unmakeable, {name: before & unmakeable for name, before in upstream.items()}
    )
    stale = reached(changed | (lost - lacking), downstream)
    direct = stale | {name for name in stages if outputs[name] or missing[name]} - lacking
    between = reached(direct, downstream) & reached(direct, upstream)
    found = {name: inputs[name] + outputs[name] + missing[name] for name in stages if name in direct | between}
    return Concerned(found, stale, lacking)


def reached(start: Iterable[str], neighbours: Mapping[str, Iterable[str]]) -> set[str]:
    """Return all that can be reached in a graph, the ``start`` included."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(neighbours[name])
    return found
