"""Which stages DVC must look at again, and why: a small file per stage, the only input of its rule whose time counts.

Snakemake judges by times, which a clone, a pull or a switch of branches sets at will, and by its own notes, which a
clone has not. So the rules call their other inputs ancient, and what DVC's hashes say is put into these files before
Snakemake looks: older than any output where a stage holds, new, with the reasons in it, where it does not.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from darkroom.core.files import write_text
from workflow.changes import Change, Inspection, is_elsewhere

FOLDER = Path(".snakemake/reasons")
LONG_AGO = 1
"""Seconds since 1970: before any output was written."""
RESTORED = "outputs on disk are not those that dvc.lock records"
MISSING = "outputs are missing; they are restored from DVC's cache or the remote, or else made again"
LACKING = "outputs are missing, and cannot be made here, where their source is not; make pull brings them"
OF_OUTPUTS = {"output": RESTORED, "missing": MISSING}
"""Reasons that are told once for all outputs of a stage."""
MARK = ".snakemake_timestamp"
"""What Snakemake leaves in folders that jobs made; its time stands for theirs."""
SHOWN = 12
"""Reasons that are told at the start, and stages of each; the rest are counted."""


@dataclass(frozen=True)
class Concerned:
    """What DVC must look at again, and why (``changes``, by the stage).

    A stage without a reason of its own comes after one whose inputs changed, or between two that are concerned. The
    command of a ``stale`` one may have to be executed; of the others, outputs are restored. Not concerned are those
    ``lacking``: what they wrote is missing, no stage that may run reads it, and here, without its source, it can't be
    made.
    """

    changes: Mapping[str, list[Change]]
    stale: Set[str]
    lacking: Set[str]


def concerned(inspection: Inspection) -> Concerned:
    """Return every stage that DVC must look at again, with why."""
    stages, upstream = inspection.stages, inspection.upstream()
    downstream: dict[str, set[str]] = {name: set() for name in stages}
    for name, before in upstream.items():
        for one in before:
            downstream[one].add(name)
    inputs = {name: inspection.inputs_changed(name) for name in stages}
    outputs = {name: inspection.outputs_changed(name) for name in stages}
    changed = {name for name in stages if inputs[name]}
    missing = {name for name in stages if any(change.kind == "missing" for change in outputs[name])}
    lost = {name for name in stages if outputs[name] and not inspection.is_kept(name)}
    away = {name for name in lost & missing if any(map(is_elsewhere, stages[name].deps))}
    unmakeable = reached(away, downstream, lost)
    needed = {one for name in reached(changed | (lost - unmakeable), downstream) for one in upstream[name]}
    lacking = unmakeable - reached(needed & unmakeable, upstream, unmakeable)
    stale = reached(changed | (lost - lacking), downstream)
    direct = stale | {name for name in stages if outputs[name]} - lacking
    between = reached(direct, downstream) & reached(direct, upstream)
    return Concerned({name: inputs[name] + outputs[name] for name in stages if name in between}, stale, lacking)


def reached(start: Iterable[str], neighbours: Mapping[str, Set[str]], within: Set[str] | None = None) -> set[str]:
    """Return all that can be reached in a graph, the ``start`` included; ``within`` some of it, where that is given."""
    found: set[str] = set()
    waiting = set(start)
    while waiting:
        found.add(name := waiting.pop())
        waiting |= (neighbours[name] if within is None else neighbours[name] & within) - found
    return found


def file(stage: str) -> Path:
    """Return the file that holds why a stage must be looked at again."""
    return FOLDER / stage


def give(stages: Iterable[str], changes: Mapping[str, Iterable[Change]]) -> None:
    """Say of each stage why it must be looked at again, or that nothing asks for it.

    What says why differs from what it was in every earlier run, or Snakemake would take it for unchanged.
    """
    for stage in stages:
        if stage in changes:
            said = [str(change) for change in changes[stage]] or ["what comes before it is made again"]
            write_text(file(stage), "\n".join([*said, f"seen at {time.time_ns()}"]) + "\n")
            continue
        if not file(stage).exists():
            write_text(file(stage), "nothing changed\n")
        if file(stage).stat().st_mtime != LONG_AGO:
            os.utime(file(stage), (LONG_AGO, LONG_AGO))


def date_back(paths: Iterable[str]) -> None:
    """Give files and folders of ours that a faster clock dated ahead of now a time that has been.

    Snakemake would take such an output for newer than the reason to make it, and fails a job with such an input.
    """
    now = time.time()
    for path in map(Path, paths):
        for dated in (path, path / MARK):
            if dated.exists() and dated.stat().st_mtime > now:
                os.utime(dated, (now - 1, now - 1))


def told(concerned: Concerned, wanted: Set[str]) -> list[str]:
    """Return a line for each reason, with the ``wanted`` stages that it concerns, and one for all reasons left out."""
    stages: dict[str, dict[str, None]] = defaultdict(dict)
    for stage, changes in concerned.changes.items():
        known = [change for change in changes if change.kind != "missing"]
        for change in known or changes:
            if stage in wanted and change.kind != "new":
                stages[OF_OUTPUTS.get(change.kind) or str(change)][stage] = None
    if lacking := concerned.lacking & wanted:
        stages[LACKING] = dict.fromkeys(sorted(lacking))
    lines = [f"{reason}: {named(list(names), SHOWN)}" for reason, names in stages.items()]
    more = [f"and {len(lines) - SHOWN} more reasons, in {FOLDER}"] if len(lines) > SHOWN else []
    return lines[:SHOWN] + more


def named(names: Sequence[str], most: int) -> str:
    """Return at most so many names, and how many there are beside them."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
