"""The last line of a run that failed: `error:`, with what went wrong, why, and where to read on.

Snakemake ends with its own words on jobs and locks, after whatever a stage has said. They are listened to, and when the
process ends, the cause is said once more, below all else.
"""

import atexit
import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

from snakemake.jobs import AbstractJob, GroupJob
from snakemake.jobs import Job as SnakemakeJob
from snakemake.logging import logger

from darkroom.pipeline.command import AT_WORK
from workflow import jobs, last_words

UNKNOWN = "its job ended without a word; the system or a scheduler may have killed it"
SHOWN = 5
"""Failed jobs that are told; the others are counted."""
KNOWN = {
    r"No rule to produce (\S+)": "{}: no study of params.yaml, no rule and no file that a rule makes; "
    "snakemake --list-target-rules names the first two",
    r"Directory cannot be locked": AT_WORK,
    r"Terminating processes on user request": "stopped; what is done stays, and snakemake goes on from there",
}
"""What Snakemake says, and what that means here; groups of the pattern are filled in."""


class Failures(logging.Handler):
    """What failed in this process' run, in the order of its being told."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.before: set[str] = set()
        self.since = 0.0
        self.attempts: list[tuple[list[SnakemakeJob], str]] = []
        self.known: dict[str, None] = {}
        self.others: dict[str, None] = {}

    def listen(self) -> None:
        """Hear all that Snakemake says from now on, and tell at the end of the process what failed."""
        self.before, self.since = jobs.tokens(), time.time()
        logger.addHandler(self)
        atexit.register(self.tell, Path.cwd())

    def emit(self, record: logging.LogRecord) -> None:
        """Note an error of Snakemake's own; those of jobs come to :meth:`add`."""
        text = record.getMessage()
        known = [said.format(*match.groups()) for pattern, said in KNOWN.items() if (match := re.search(pattern, text))]
        self.known |= dict.fromkeys(known)
        if record.levelno >= logging.ERROR and not known:
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            self.others[": ".join(line.removesuffix(":") for line in lines[:2])] = None

    def add(self, job: AbstractJob, said: str | None) -> None:
        """Note a job that failed, and what its scheduler ``said``; it may still succeed at another attempt."""
        members = job.jobs if isinstance(job, GroupJob) else [job]
        self.attempts.append((sorted(members, key=lambda one: one.rule.name), " ".join((said or "").split())))

    def clear(self) -> None:
        """Forget all: the run has succeeded, whatever failed at first."""
        for found in (self.attempts, self.known, self.others):
            found.clear()

    def lines(self) -> Iterator[str]:
        """Yield what failed, a line each; of what is not known, only where no job failed, whose cause comes first."""
        failed = {name: line for members, said in self.attempts for name, line in self._of(members, said)}
        if len(failed) > SHOWN:
            yield f"error: {len(failed)} jobs failed, of which these are {SHOWN}; make status names them"
        yield from list(failed.values())[:SHOWN]
        others = () if failed or self.known else self.others
        yield from (f"error: {text}" for text in (*self.known, *others))

    def tell(self, folder: Path) -> None:
        """Print what failed in ``folder``, below all that was printed before."""
        sys.stdout.flush()
        with chdir(folder):  # Snakemake goes back to where it was started
            for line in self.lines():
                print(line, file=sys.stderr, flush=True)

    def _of(self, attempt: list[SnakemakeJob], said: str) -> Iterator[tuple[str, str]]:
        """Yield the name of each job of a failed attempt, and its line; of a group, those that failed of themselves."""
        last = {one: self._last(one) for one in attempt}
        failed = [one for one, job in last.items() if job and job.state == "failed"]
        for one in failed or [one for one, job in last.items() if not (job and job.state == "done")]:
            log, job = next(iter(one.log), None), last[one]
            told = last_words.error(job) if job and one in failed else last_words.error_since(log, self.since)
            why = (told or said or UNKNOWN).removeprefix("error: ")
            yield _name(one), f"error: {_name(one)}: {why}" + (f" (log: {log})" if log else "")

    def _last(self, job: SnakemakeJob) -> jobs.Job | None:
        """Return what a job has told of itself, if it came so far in this run."""
        found = jobs.last(_name(job))
        return None if found is None or found.token in self.before else found


def _name(job: SnakemakeJob) -> str:
    """Return the stage of a job, or the rule of one that is no stage's."""
    return str(getattr(job.params, "stage", job.rule.name))
