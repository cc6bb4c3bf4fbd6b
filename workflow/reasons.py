"""Why Snakemake runs a job: a small file per stage, which is the only input whose time counts.

Snakemake judges by times, which a clone, a pull or a switch of branches sets at will, and by its own notes, which a
clone has not. So the rules call their other inputs ancient, and what DVC's hashes say is put into these files before
Snakemake looks: older than any output where a stage holds, new, with the reasons in it, where it does not.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from pathlib import Path

from darkroom.core.files import write_text
from workflow.changes import Change, Kind
from workflow.concerned import Concerned
from workflow.words import named

FOLDER = Path(".snakemake/reasons")
LONG_AGO = 1
"""Seconds since 1970: before any output was written."""
RESTORED = "outputs on disk are not those that dvc.lock records"
MISSING = "outputs are missing; they are restored from DVC's cache or the remote, or else made again"
LACKING = "outputs are missing, and cannot be made here, where their source is not; make pull brings them"
OF_OUTPUTS: Mapping[Kind, str] = {"output": RESTORED, "missing": MISSING}
"""Reasons that are told once for all outputs of a stage."""
MARK = ".snakemake_timestamp"
"""What Snakemake leaves in folders that jobs made; its time stands for theirs."""
SHOWN = 12
"""Reasons that are told at the start, and stages of each; the rest are counted."""


def file(stage: str) -> Path:
    """Return the file that holds why a stage must be looked at again."""
    return FOLDER / stage


def settle(stage: str) -> None:
    """Say that nothing asks for a stage."""
    if not file(stage).exists():
        write_text(file(stage), "nothing changed\n")
    if file(stage).stat().st_mtime != LONG_AGO:
        os.utime(file(stage), (LONG_AGO, LONG_AGO))


def ask(stage: str, changes: Iterable[Change]) -> None:
    """Say that a stage must be looked at again, and why.

    The file differs from what it was in every earlier run, or Snakemake would take it for unchanged.
    """
    said = [str(change) for change in changes] or ["what comes before it is made again"]
    write_text(file(stage), "\n".join([*said, f"seen at {time.time_ns()}"]) + "\n")


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
        if stage not in wanted:
            continue
        known = [change for change in changes if change.kind != "missing"]
        for change in known or changes:
            if change.kind != "new":
                stages[OF_OUTPUTS.get(change.kind) or str(change)][stage] = None
    if lacking := concerned.lacking & wanted:
        stages[LACKING] = dict.fromkeys(sorted(lacking))
    lines = [f"{reason}: {named(list(names), SHOWN)}" for reason, names in stages.items()]
    more = [f"and {len(lines) - SHOWN} more reasons, in {FOLDER}"] if len(lines) > SHOWN else []
    return lines[:SHOWN] + more
