"""The last line of a run that failed: `error:`, with what went wrong, why, and where to read on.

Snakemake ends with its own words on jobs and locks, after whatever a stage has said. They are listened to, and when the
process ends, the cause is said once more, below all else.
"""

import atexit
import logging
import re
import sys
from collections.abc import Iterator

from snakemake.jobs import AbstractJob, GroupJob
from snakemake.logging import logger

from workflow import jobs, last_words

SHOWN = 5
"""Failed jobs that are told; the others are counted."""
KNOWN = {
    r"No rule to produce (\S+)": "{}: no study of params.yaml, no rule and no file that a rule makes; "
    "snakemake --list-target-rules names the first two",
    r"Directory cannot be locked": "a snakemake is at work here: wait for its end, or if it was killed: "
    "snakemake --unlock",
    r"Terminating processes on user request": "stopped; what is done stays, and snakemake goes on from there",
}
"""What Snakemake says, and what that means here; groups of the pattern are filled in."""


class Failures(logging.Handler):
    """What failed in this process' run, in the order of its being told."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.jobs: dict[str, str | None] = {}
        self.known: dict[str, None] = {}
        self.others: dict[str, None] = {}

    def listen(self) -> None:
        """Hear all that Snakemake says from now on, and tell at the end of the process what failed."""
        logger.addHandler(self)
        atexit.register(self.tell)

    def emit(self, record: logging.LogRecord) -> None:
        """Note an error of Snakemake's own; those of jobs come to :meth:`add`."""
        text = record.getMessage()
        known = [said.format(*match.groups()) for pattern, said in KNOWN.items() if (match := re.search(pattern, text))]
        self.known |= dict.fromkeys(known)
        if record.levelno >= logging.ERROR and not known:
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            self.others[": ".join(line.removesuffix(":") for line in lines[:2])] = None

    def add(self, job: AbstractJob) -> None:
        """Note a job that failed; it may still succeed at another attempt."""
        for one in job.jobs if isinstance(job, GroupJob) else [job]:
            stage = getattr(one.params, "stage", one.rule.name)
            self.jobs[stage] = next(iter(one.log), None)

    def clear(self) -> None:
        """Forget all: the run has succeeded, whatever failed at first."""
        for found in (self.jobs, self.known, self.others):
            found.clear()

    def lines(self) -> Iterator[str]:
        """Yield what failed, a line each; of what is not known, only where no job failed, whose cause comes first."""
        failed = {stage: log for stage, log in self.jobs.items() if not _is_done(stage)}
        for stage, log in list(failed.items())[:SHOWN]:
            yield f"error: {stage}: {why(stage)}" + (f" (log: {log})" if log else "")
        if len(failed) > SHOWN:
            yield f"error: {len(failed) - SHOWN} more jobs failed; make status names them"
        others = () if self.jobs or self.known else self.others
        yield from (f"error: {text}" for text in (*self.known, *others))

    def tell(self) -> None:
        """Print what failed, below all that was printed before."""
        sys.stdout.flush()
        for line in self.lines():
            print(line, file=sys.stderr, flush=True)


def why(stage: str) -> str:
    """Return why the last job of a stage failed, in a line."""
    job = jobs.last(stage)
    if job is None or job.state != "failed":
        return "its job ended without a word; the system or a scheduler may have killed it"
    return last_words.error(job).removeprefix("error: ")


def _is_done(stage: str) -> bool:
    job = jobs.last(stage)
    return job is not None and job.state == "done"
