"""Show what is done, running, failed, missing and left, where and why: python -m workflow.status.

Studies of which nothing was begun are named in a line; python -m workflow.status all shows them as well.

Works beside a Snakemake, from any machine that shares the folder, and writes nothing but the hashes that it had to
compute. It reads params.yaml and dvc.yaml, what dvc.lock and jobs have recorded, the files that stages made, what jobs
tell of themselves (workflow/jobs.py) and what they print. What is done follows from content alone: a stage whose job
failed, and that has been made since, is done.
"""

import argparse
import json
import os
import signal
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from darkroom.core.one_line import LINES, escape_controls
from darkroom.params.base import read
from darkroom.params.document import load
from darkroom.pipeline import command, planning, template
from darkroom.reporting.templates import render
from workflow import jobs, logs, recording
from workflow.changes import Inspection
from workflow.contents import KEPT, Contents
from workflow.endings import ALL, refuse_unknown
from workflow.reasons import Concerned, concerned, reached

State = Literal["done", "running", "failed", "lost", "missing", "left"]
"""A job is lost of which nothing is heard any more; of a stage that was done, what it wrote is missing."""
STATES: tuple[State, ...] = get_args(State)
ATTEMPTS = 5
"""Times that outputs are looked at while jobs take away what they make anew."""
BAR = 30
"""Characters of a bar."""
SIGNS: dict[State, str] = {"done": "#", "running": ">", "failed": "!", "lost": "?", "missing": "_", "left": "."}
SHOWN = 10
"""Stages that run, failed or are lost, of each state, that are shown, in two lines; the others are counted."""
NAMED = 6
"""Stages that are missing or left, and named."""
MOMENT = "%Y-%m-%d %H:%M:%S"


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
    """How all stages stand, in the order of dvc.yaml, how many of each study are in each state, and when that was.

    ``now`` are seconds since 1970 by the clock of the file system.
    """

    stages: Mapping[str, Standing]
    studies: Mapping[str, Mapping[State, int]]
    members: Mapping[str, Set[str]]
    """The stages of each study; some are of several."""
    recorded: Set[str]
    """The stages that were ever executed, even if what they made no longer holds."""
    now: float

    def begun(self) -> list[str]:
        """Return the studies that somebody asked for, as a stage of theirs alone shows; where there is none, all."""
        times = Counter(name for names in self.members.values() for name in names)
        own = {study: [name for name in names if times[name] == 1] for study, names in self.members.items()}
        at_work = {name for name, one in self.stages.items() if one.state != "left"} | self.recorded
        return [study for study, names in own.items() if at_work & {*names}] or list(self.studies)


def standings() -> Standings:
    """Return how all that params.yaml asks for stands.

    Raises:
        UserError: params.yaml is not valid, or dvc.lock is not what DVC writes.
    """
    planned = planning.make_plan(load())  # the plan on disk may be behind; it stays as it is, for jobs at work read it
    stages = template.expand(template.read_definitions(), {**read(), **planned})
    now = jobs.clock()
    found = {name: _by_its_job(name, now) for name in stages}
    inspection, to_do = _inspected(stages)  # later, so that what jobs made meanwhile counts as made
    settled = {name: _settled(one, to_do) for name, one in found.items()}
    upstream, studies, members = inspection.upstream(), {}, {}
    for study in planned["comparisons"]:
        members[study] = reached(planning.list_ends(study, planned), upstream)
        number = Counter(settled[name].state for name in members[study])
        studies[study] = {state: number[state] for state in STATES}
    return Standings(settled, studies, members, inspection.entries.keys() & stages.keys(), now)


def _by_its_job(stage: str, now: float) -> Standing:
    """Return how a stage stands if it is still to be made."""
    job = jobs.last(stage)
    if job is None or job.state == "done":
        return Standing(stage, "left")
    if job.state == "failed":
        return Standing(stage, "failed", job, said=logs.error(job))
    silence = max(0.0, now - jobs.last_sign(stage))
    return Standing(stage, "running" if jobs.is_alive(job, silence) else "lost", job, silence, logs.progress(job.log))


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


def _settled(by_job: Standing, to_do: Concerned) -> Standing:
    """Return how a stage stands by its job and by what it wrote."""
    name, kinds = by_job.stage, {change.kind for change in to_do.changes.get(by_job.stage, ())}
    if by_job.state == "running":
        return by_job
    if not (kinds or name in to_do.stale | to_do.lacking):
        return Standing(name, "done")
    is_missing = name in to_do.lacking or ("missing" in kinds and kinds <= {"missing", "output"})
    return Standing(name, "missing") if is_missing and by_job.state == "left" else by_job


def text(found: Standings, is_locked: bool, wanted: Sequence[str] = ()) -> str:
    """Return what a person reads of the ``wanted`` studies, else of those begun, and the names of the others.

    ``is_locked`` says whether a Snakemake has locked the folder.
    """
    chosen = list(wanted) or found.begun()
    others = [study for study in found.studies if study not in chosen]
    ignored = {name for study in others for name in found.members[study]} - {
        name for study in chosen for name in found.members[study]
    }
    shown = [one for name, one in found.stages.items() if name not in ignored]
    groups = {state: [one for one in shown if one.state == state] for state in STATES}
    studies = {study: found.studies[study] for study in chosen}
    values = {"studies": studies, "others": others, "groups": groups, "is_locked": is_locked, "now": found.now}
    more = {"bar": bar, "moment": moment, "shown": SHOWN, "named": NAMED, "format": MOMENT}
    return render(Path(__file__).parent, "status.txt.j2", **values, **more)


def bar(number: Mapping[State, int]) -> str:
    """Return a bar in which each state has its share of the characters, and at least one if any stage is in it."""
    total = sum(number.values())
    shares = {state: max(1, BAR * count // total) for state, count in number.items() if count}
    if shares:
        shares[max(shares, key=lambda state: shares[state])] += BAR - sum(shares.values())
    return "".join(SIGNS[state] * share for state, share in shares.items())


def moment(text: str) -> datetime:
    """Return a time that a job wrote, as the clocks here show it."""
    return datetime.fromisoformat(text).astimezone()


def main(argv: Sequence[str] | None = None) -> None:
    """Print how things stand, as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument("studies", nargs="*", help="studies to show, or all; else those that were begun")
    options = parser.parse_args(argv)
    found = standings()
    for study in options.studies:
        if study not in (ALL, *found.studies):
            raise refuse_unknown(study, found.studies)
    wanted = list(found.studies) if ALL in options.studies else options.studies
    if options.format == "json":
        print(
            json.dumps({"studies": found.studies, "stages": [asdict(one) for one in found.stages.values()]}, indent=2)
        )
    else:
        print(escape_controls(text(found, command.is_snakemake_at_work(), wanted), kept=LINES), end="")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` has seen enough
    command.run(main)
