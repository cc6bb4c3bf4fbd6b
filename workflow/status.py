"""Show what is done, running, failed, missing and left, where and why: python -m workflow.status.

Works beside a Snakemake, from any machine that shares the folder, and writes nothing but the hashes that it had to
compute. workflow/standing.py says what it reads.
"""

import argparse
import json
import signal
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from darkroom.pipeline import command
from darkroom.reporting.quantities import counted, duration
from workflow.jobs import Job
from workflow.pipeline import is_running
from workflow.standing import STATES, Standing, Standings, State, standings

BAR = 30
"""Characters of a bar."""
SIGNS: dict[State, str] = {"done": "#", "running": ">", "failed": "!", "lost": "?", "missing": "_", "left": "."}
DETAILED: tuple[State, ...] = ("running", "failed", "lost")
SHOWN = 10
"""Stages of each of these states that are shown, in two lines; the others are counted."""
NAMED = 6
"""Stages that are missing or left, and named."""
HEADINGS: dict[State, str] = {
    "missing": "missing: they were done, but what they wrote is gone; snakemake restores it",
    "left": "left",
}
MOMENT = "%Y-%m-%d %H:%M:%S"


def main(argv: Sequence[str] | None = None) -> None:
    """Print how things stand, as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=["text", "json"], default="text")
    chosen = parser.parse_args(argv).format
    found = standings()
    print("\n".join(text(found, is_running())) if chosen == "text" else json.dumps(document(found), indent=2))


def document(found: Standings) -> dict[str, object]:
    """Return the counts of each study, and every stage with its state and job, for a program to read."""
    return {
        "studies": {study: counts(found, names) for study, names in found.studies.items()},
        "stages": [asdict(one) for one in found.stages.values()],
    }


def counts(found: Standings, names: Iterable[str]) -> dict[State, int]:
    """Return how many of the stages ``names`` are in each state."""
    number = Counter(found.stages[name].state for name in names)
    return {state: number[state] for state in STATES}


def text(found: Standings, is_locked: bool) -> Iterator[str]:
    """Yield the lines that a person reads; ``is_locked`` says whether a Snakemake has locked the folder."""
    width = max(map(len, found.studies), default=0)
    for study, names in found.studies.items():
        number = counts(found, names)
        said = ", ".join(f"{number[state]:,} {state}" for state in STATES if number[state])
        yield f"{study:{width}}  [{bar(number)}]  {counted(len(names), 'stage')}: {said}"
    groups = {state: [one for one in found.stages.values() if one.state == state] for state in STATES}
    if is_locked:
        idle = "; no job of it runs: they are queued, or it was killed (then: snakemake --unlock)"
        yield f"Snakemake is at work here{'' if groups['running'] else idle}"
    for state in DETAILED:
        if groups[state]:
            yield f"\n{state}"
            yield from (line for one in groups[state][:SHOWN] for line in lines(one, found.now))
            yield from more(len(groups[state]) - SHOWN)
    for state, heading in HEADINGS.items():
        if groups[state]:
            yield f"\n{heading}"
            yield f"  {', '.join(one.stage for one in groups[state][:NAMED])}"
            yield from more(len(groups[state]) - NAMED)


def more(number: int) -> Iterator[str]:
    """Yield the line that counts what is not shown, if there is any."""
    if number > 0:
        yield f"  and {number:,} more"


def bar(number: Mapping[State, int]) -> str:
    """Return a bar in which each state has its share of the characters, and at least one if any stage is in it."""
    total = sum(number.values())
    shares = {state: max(1, BAR * count // total) for state, count in number.items() if count}
    if shares:
        shares[max(shares, key=lambda state: shares[state])] += BAR - sum(shares.values())
    return "".join(SIGNS[state] * share for state, share in shares.items())


def lines(one: Standing, now: float) -> Iterator[str]:
    """Yield the lines of a stage that is running, failed or lost: its job, and what that said last."""
    if one.job:
        yield f"  {one.stage}  {_of_job(one, one.job, now)}"
    if one.said:
        yield f"    {one.said}"


def _of_job(one: Standing, job: Job, now: float) -> str:
    began, ended = moment(job.began), moment(job.ended or job.began)
    if one.state == "failed":
        return (
            f"{ended:{MOMENT}} on {job.host}, after {duration((ended - began).total_seconds())}; {job.log or 'no log'}"
        )
    parts = [f"on {job.host}, process {job.pid}"]
    parts += [f"threads {job.threads}"] if job.threads else []
    parts += [f"GPU {job.gpus or 'none'}"] if job.gpus is not None else []
    since = f"since {began:{MOMENT}} ({duration(max(0.0, now - began.timestamp()))})"
    silent = (
        f"; no sign of life for {duration(one.silence or 0.0)}; {job.log or 'no log'}" if one.state == "lost" else ""
    )
    return f"{', '.join(parts)}, {since}{silent}"


def moment(text: str) -> datetime:
    """Return a time that a job wrote, as the clocks here show it."""
    return datetime.fromisoformat(text).astimezone()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` has seen enough
    command.run(main)
