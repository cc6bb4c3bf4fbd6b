"""The last line of a run that failed: `error:`, with what went wrong, why, and where to read on.

Snakemake ends with its own words on jobs and locks, after whatever a stage has said. They are listened to, and when the
process ends, the cause is said once more, below all else. What a job on another machine said of its end stands in files
on the shared disk: it is printed here.
"""

import atexit
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from snakemake.logging import LogEvent, logger

from darkroom.core import program
from darkroom.core.one_line import escape_controls
from darkroom.pipeline.command import AT_WORK
from workflow import jobs, logs
from workflow.endings import refuse_unknown

UNKNOWN = "its job ended without a word; the system or a scheduler may have killed it"
SHOWN = 5
"""Failed jobs that are told; the others are counted."""
NO_RULE = r"No rule to produce (\S+)"
KNOWN = {
    NO_RULE: "{}: no study of params.yaml, no rule and no file that a rule makes",
    r"Directory cannot be locked": AT_WORK,
    r"Terminating processes on user request": "stopped; what is done stays, and snakemake goes on from there",
}
"""What Snakemake says, and what that means here; groups of the pattern are filled in."""
Attempt = Mapping[str, str | None]
"""Jobs that failed together: the log of each, by its stage, or the rule of one that is no stage's."""


@contextmanager
def one_line() -> Iterator[None]:
    """End the process with one line that says what is wrong; Snakemake would show an exception inside a traceback."""
    try:
        yield
    except Exception as error:
        print(f"error: {escape_controls(program.describe(error))}", file=sys.stderr, flush=True)
        os._exit(1)


class Failures(logging.Handler):
    """What failed in this process' run, in the order of its being told."""

    def __init__(self, workflow: Any) -> None:
        """Hear all that Snakemake says from now on, and tell at the end of the process what failed."""
        super().__init__(logging.INFO)
        self.workflow, self.since = workflow, jobs.clock()
        self.attempts: list[tuple[Attempt, str]] = []
        self.known: dict[str, None] = {}
        self.studies: list[str] = []
        self.others: dict[str, None] = {}
        logger.addHandler(self)
        atexit.register(self.tell, Path.cwd())

    def emit(self, record: logging.LogRecord) -> None:
        """Note an error of Snakemake's own, or of a job, which may still succeed at another attempt."""
        told: dict[str, Any] = vars(record)
        event = told.get("event")
        if event == LogEvent.GROUP_ERROR:
            self._add(told["job_error_info"], told.get("said"), told["aux_logs"])
        elif event == LogEvent.JOB_ERROR:
            if not told["indent"]:  # not one of a group
                self._add([told], told["rule_msg"], [])
        else:
            self._note(record.getMessage(), record.levelno >= logging.ERROR)

    def _add(self, members: Sequence[dict[str, Any]], said: str | None, scheduler_logs: list[str]) -> None:
        first = [(one, next(iter(one["log"]), None)) for one in members]
        failed = {(log and logs.stage_of(log)) or one["rule_name"]: log for one, log in first}
        self.attempts.append((dict(sorted(failed.items())), " ".join((said or "").split())))
        if not self.workflow.is_local(self.workflow.get_rule(members[0]["rule_name"])):  # whose errors were seen
            written = [*scheduler_logs, *(log for one in members for log in one["log"])]
            for line in logs.errors_since(written, self.since):
                logger.error(line)

    def _note(self, text: str, is_error: bool) -> None:
        found = {pattern: match for pattern in KNOWN if (match := re.search(pattern, text))}
        known = [KNOWN[pattern].format(*match.groups()) for pattern, match in found.items()]
        if NO_RULE in found and "/" not in (target := found[NO_RULE][1]):
            known = [str(refuse_unknown(target, self.studies))]
        self.known |= dict.fromkeys(known)
        if is_error and not known:
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            self.others[": ".join(line.removesuffix(":") for line in lines[:2])] = None

    def clear(self) -> None:
        """Forget all: the run has succeeded, whatever failed at first."""
        for found in (self.attempts, self.known, self.others):
            found.clear()

    def tell(self, folder: Path) -> None:
        """Print what failed in ``folder``, below all that was printed before."""
        sys.stdout.flush()
        with chdir(folder):  # Snakemake goes back to where it was started
            for line in self.lines():
                print(escape_controls(line), file=sys.stderr, flush=True)

    def lines(self) -> Iterator[str]:
        """Yield what failed, a line each; of what is not known, only where no job failed, whose cause comes first."""
        failed = {name: line for members, said in self.attempts for name, line in self._of(members, said)}
        if len(failed) > SHOWN:
            yield f"error: {len(failed)} jobs failed, of which these are {SHOWN}; make status names them"
        yield from list(failed.values())[:SHOWN]
        others = () if failed or self.known else self.others
        yield from (f"error: {text}" for text in (*self.known, *others))

    def _of(self, attempt: Attempt, said: str) -> Iterator[tuple[str, str]]:
        """Yield the name of each job of a failed attempt, and its line; of a group, those that failed of themselves."""
        ended = {name: jobs.last(name) for name in attempt if jobs.last_sign(name) >= self.since}
        failed = {name: logs.error(job) for name, job in ended.items() if job and job.state == "failed"}
        for name in failed or [one for one in attempt if not ((job := ended.get(one)) and job.state == "done")]:
            log = attempt[name]
            last = next(reversed(logs.errors_since([log] if log else [], self.since)), None)
            why = (failed.get(name) or last or said or UNKNOWN).removeprefix("error: ")
            yield name, f"error: {name}: {why}" + (f" (log: {log})" if log else "")
