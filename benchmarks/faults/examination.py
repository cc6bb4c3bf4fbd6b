"""What comes of a fault: injected, mended, made again, and what is true of the study after that."""

import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import trivial
from benchmarks.faults.study import Base
from benchmarks.faults.trial import Fault, Trial

TRIES = 4
"""Runs of snakemake after which a study that is not made counts as stuck."""
UNLOCK = "snakemake --unlock"
UNEXPECTED = re.compile(r"Traceback \(most recent call last\)|unexpected [A-Z]\w+Error|^INTERNALERROR", re.MULTILINE)


@contextmanager
def prepared(fault: Fault, base: Base, place: Path) -> Iterator[Trial]:
    """Give a copy of the study for a fault, and take away the copy, and what the fault has set up."""
    shutil.rmtree(place, ignore_errors=True)
    trial = Trial(base, place, fault.edit)
    with trial.stack:
        yield trial
    shutil.rmtree(place, ignore_errors=True)


def examine(fault: Fault, base: Base, place: Path) -> dict[str, str]:
    """Inject a fault, run and mend until the study is made, and return what came of it, by the table's columns."""
    if fault.edit not in base.wanted:
        base.learn(fault.edit)
    began = time.monotonic()
    with prepared(fault, base, place) as trial:
        fault.inject(trial)
        if not trial.said:
            trial.run()
        fault.mend(trial)
        status, tries = recover(trial)
        wanted, found = base.wanted[trial.edit], base.hashes(trial.folder)
        lost = sorted(wanted.keys() - found.keys())
        stale = sorted(name for name in wanted.keys() & found.keys() if wanted[name] != found[name])
        again = trial.again()
        before = len(trivial.executed(trial.folder))
        trial.run(sys.executable, "-m", "dvc", "status")
        asked = trial.said[-1][1].strip().splitlines()
        quiet = "up to date" in (asked or [""])[-1]
        trial.run()
        idle = "Nothing to be done" in trial.said[-1][1] and len(trivial.executed(trial.folder)) == before
        traced = next((text for _, text in trial.said if UNEXPECTED.search(text)), "")
        outcome = "stuck" if status else "lost" if lost else "stale" if stale else "whole"
        return {
            "reported": trial.told(),
            "ran again": " ".join(again),
            "runs": str(tries),
            "bytes": f"differ: {stale[0]}" if stale else f"missing: {lost[0]}" if lost else "same",
            "dvc status": "quiet" if quiet else "; ".join(asked[-3:]),
            "second run": "nothing" if idle else "something",
            "traceback": traced.strip().splitlines()[-1] if traced else "no",
            "outcome": outcome,
            "seconds": f"{time.monotonic() - began:.0f}",
        }


def recover(trial: Trial) -> tuple[int, int]:
    """Run snakemake until it succeeds, unlocking where it says so; return its status, and how often it ran."""
    status = 1
    for tries in range(1, TRIES + 1):
        status = trial.run()
        if not status:
            return status, tries
        if UNLOCK in trial.said[-1][1]:
            trial.run(sys.executable, "-m", "snakemake", "--unlock")
    return status, TRIES
