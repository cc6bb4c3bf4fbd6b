"""How each stage stands at this moment: done, running, failed, lost, missing or left.

Reads params.yaml and dvc.yaml, what dvc.lock and jobs have recorded, the files that stages made, what jobs tell of
themselves (workflow/jobs.py) and what they print. What is done follows from content alone: a stage whose job failed,
and that has been made since, is done.
"""

import os
from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, get_args

from darkroom.params.base import read
from darkroom.params.document import load
from darkroom.pipeline import planning, template
from workflow import jobs, logs, recording
from workflow.changes import Inspection
from workflow.concerned import Concerned, concerned, reached
from workflow.hashes import KEPT, Contents

State = Literal["done", "running", "failed", "lost", "missing", "left"]
"""A job is lost of which nothing is heard any more; of a stage that was done, what it wrote is missing."""
STATES: tuple[State, ...] = get_args(State)
ATTEMPTS = 5
"""Times that outputs are looked at while jobs take away what they make anew."""


@dataclass(frozen=True)
class Standing:
    """How a stage stands; ``job`` is its last one where it is running, failed or lost.

    ``silence`` are the seconds since the job's last sign of life, ``said`` is its last line of progress, or its error.
    """

    stage: str
    state: State
    job: jobs.Job | None = None
    silence: float | None = None
    said: str | None = None


@dataclass(frozen=True)
class Standings:
    """How all stages stand, in the order of dvc.yaml, which of them each study needs, and when that was.

    ``now`` are seconds since 1970 by the clock of the file system.
    """

    stages: Mapping[str, Standing]
    studies: Mapping[str, Set[str]]
    now: float


def standings() -> Standings:
    """Return how all that params.yaml asks for stands.

    Raises:
        UserError: params.yaml is not valid, or dvc.lock is not what DVC writes.
    """
    planned = planning.make_plan(load())  # the plan on disk may be behind; it stays as it is, for jobs at work read it
    stages = template.expand(template.read_definitions(), {**read(), **planned})
    now = jobs.clock()
    found = {name: by_its_job(name, now) for name in stages}
    inspection, to_do = _inspected(stages)  # later, so that what jobs made meanwhile counts as made
    upstream = inspection.upstream()
    ends = {study: planning.list_ends(study, planned) for study in planned["comparisons"]}
    return Standings(
        {name: _settled(one, to_do) for name, one in found.items()},
        {study: reached(names, upstream) for study, names in ends.items()},
        now,
    )


def _settled(by_job: Standing, to_do: Concerned) -> Standing:
    """Return how a stage stands by its job and by what it wrote."""
    name = by_job.stage
    kinds = {change.kind for change in to_do.changes.get(name, ())}
    if by_job.state == "running" or not (kinds or name in to_do.stale | to_do.lacking):
        return by_job if by_job.state == "running" else Standing(name, "done")
    is_missing = name in to_do.lacking or ("missing" in kinds and kinds <= {"missing", "output"})
    return Standing(name, "missing") if is_missing and by_job.state == "left" else by_job


def _inspected(stages: Mapping[str, template.Stage]) -> tuple[Inspection, Concerned]:
    """Return the stages as they are now, and what of them is to be looked at again."""
    contents = Contents()
    for attempt in range(1, ATTEMPTS + 1):
        inspection = Inspection(stages, recording.read(), contents)
        try:
            found = concerned(inspection)
            break
        except FileNotFoundError:  # there a moment ago
            if attempt == ATTEMPTS:
                raise
            contents.forget()
    with suppress(OSError):
        if KEPT.parent.stat().st_uid == os.geteuid():  # or the owner might not be able to read it
            contents.keep()
    return inspection, found


def by_its_job(stage: str, now: float) -> Standing:
    """Return how a stage stands if it is still to be made."""
    job = jobs.last(stage)
    if job is None or job.state == "done":
        return Standing(stage, "left")
    if job.state == "failed":
        return Standing(stage, "failed", job, said=logs.error(job))
    silence = max(0.0, now - jobs.last_sign(stage))
    alive = jobs.is_alive_here(job) if jobs.is_here(job) else silence < jobs.SILENCE
    return Standing(stage, "running" if alive else "lost", job, silence, logs.progress(job.log))
