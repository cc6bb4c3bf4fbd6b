"""What a run on this machine shows: a line for each job that has ended, and on a terminal what runs now, below them.

Snakemake itself says some ten lines of each job. All of them still reach its log in .snakemake/log; here they are
replaced, unless the command line asks for more (--verbose, --printshellcmds) or less (--quiet), or for a dry run. Runs
on a cluster keep Snakemake's words, as those of its schedulers stand among them.
"""

import atexit
import logging
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TextIO

from snakemake.logging import ColorizingTextHandler, LogEvent, logger

from darkroom.core.one_line import escape_controls
from darkroom.reporting.quantities import counted, duration
from workflow import logs

QUIETLY = "DARKROOM_LINES"
"""The variable that keeps workflow/logged from showing what jobs say: it is read from their logs here."""
BEAT = 1.0
"""Seconds between two looks at what runs now, on a terminal."""
SILENCE = 60.0
"""Seconds without a line after which what runs is told where there is no terminal."""
BAR = 12
"""Characters of the bar."""
NOTHING = "Nothing to be done"
"""How Snakemake says that there is nothing to do."""
HIDDEN = (
    *("Assuming unrestricted", "Building DAG", "Using shell", "Provided ", "Rules claiming", "Conda environments"),
    *("Singularity containers", "Group jobs", "Select jobs", "Execute ", "Removing output files", "Trying to restart"),
    *("Complete log", "Elapsed time", "Shutting down"),
)
"""How that begins of which Snakemake need not tell a user."""
CLEAR = "\r\x1b[K"
"""Takes back the line that the cursor is on."""


@dataclass(frozen=True)
class Running:
    """A job at work: what it does in words, its log if it has one, and when it began, by the monotonic clock."""

    does: str
    log: str | None
    began: float


class Terminal(logging.Handler):
    """Tells of a run in a line for each job that has ended."""

    stream: TextIO = sys.stderr
    """Where the lines go."""

    def __init__(self, targets: Collection[str], known: Collection[str], nothing: Callable[[], str]) -> None:
        """Begin.

        Args:
            targets: rules that stand for others, and are no jobs of their own.
            known: patterns of errors that are told in other words at the end of the process.
            nothing: what to say where there is nothing to do.
        """
        super().__init__(logging.INFO)
        self.targets, self.known, self.nothing = set(targets), known, nothing
        self.began = time.monotonic()
        self.running: dict[int, Running] = {}
        self.done = self.total = 0
        self.has_failed = False
        self.spoke = time.monotonic()
        self.over = threading.Event()

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began

    def emit(self, record: logging.LogRecord) -> None:
        """Show what an event of Snakemake's means, if a user needs it."""
        told: dict[str, Any] = vars(record)
        event = told.get("event")
        if event == LogEvent.RUN_INFO and isinstance(told.get("stats"), dict):
            self._begin(told["stats"])
        elif event == LogEvent.JOB_INFO and told["rule_name"] not in self.targets:
            does = (told["rule_msg"] or told["rule_name"]).removesuffix(".")
            self.running[told["jobid"]] = Running(does, next(iter(told["log"]), None), time.monotonic())
        elif event == LogEvent.JOB_FINISHED and (job := self.running.pop(told["job_id"], None)):
            self.done += 1
            self._end(job, logs.outcome(job.log))
        elif event == LogEvent.JOB_ERROR and (job := self.running.pop(told["jobid"], None)):
            self.has_failed = True
            self._end(job, f"failed, see {job.log}" if job.log else "failed")
        elif event is None:
            self._pass_on(record)

    def _begin(self, stats: dict[str, int]) -> None:
        self.total = sum(number for rule, number in stats.items() if rule not in {"total", *self.targets})
        if self.total:
            os.environ[QUIETLY] = "1"
            self.say(f"{counted(self.total, 'job')} to do")
            threading.Thread(target=self._watch, daemon=True).start()

    def _end(self, job: Running, outcome: str | None) -> None:
        took, width = duration(round(time.monotonic() - job.began)), len(str(self.total))
        self.say(f"[{self.done:>{width}}/{self.total}] {job.does}{f': {outcome}' if outcome else ''} ({took})")
        for line in logs.notes(job.log):
            self.say(f"{' ' * (2 * width + 4)}{line}")

    def _pass_on(self, record: logging.LogRecord) -> None:
        """Show what is neither usual nor told at the end of the process."""
        text = record.getMessage()
        is_error = record.levelno >= logging.ERROR
        if text.startswith(NOTHING):
            self.say(*self.nothing().splitlines())
        elif not text.startswith(HIDDEN) and not (is_error and (self.has_failed or self._is_known(text))):
            self.say(*text.splitlines())

    def _is_known(self, text: str) -> bool:
        return any(re.search(pattern, text) for pattern in self.known)

    def say(self, *lines: str) -> None:
        """Write lines, above the one that tells what runs now."""
        with self._one_at_a_time():
            self.stream.write(CLEAR if self.stream.isatty() else "")
            self.stream.writelines(f"{escape_controls(line)}\n" for line in lines)
            self.stream.flush()
            self.spoke = time.monotonic()

    def _one_at_a_time(self) -> Any:
        return self.lock  # made by logging.Handler, and held by who emits

    def _watch(self) -> None:
        """Show what runs now: on a terminal in a line of its own, elsewhere after a time without any other."""
        while not self.over.wait(BEAT):
            with self._one_at_a_time():
                if self.over.is_set() or not self.running:
                    continue
                if self.stream.isatty():
                    width = shutil.get_terminal_size().columns - 1
                    self.stream.write(f"{CLEAR}{escape_controls(self._describe())[:width]}")
                    self.stream.flush()
                elif time.monotonic() - self.spoke > SILENCE:
                    self.say(self._describe())

    def _describe(self) -> str:
        """Return how far the run is, and how far each job at work."""
        filled = BAR * self.done // self.total if self.total else 0
        jobs = "; ".join(logs.progress(job.log) or job.does for job in self.running.values())
        return f"{'#' * filled}{'.' * (BAR - filled)} {self.done} of {self.total} done; now {jobs}"

    def close(self) -> None:
        """Stop telling what runs now, and leave the line to what comes next."""
        if not self.over.is_set():
            self.over.set()
            with self._one_at_a_time():
                if self.stream.isatty():
                    self.stream.write(CLEAR)
                    self.stream.flush()
        super().close()


def take_over(workflow: Any, terminal: Terminal) -> None:
    """Let ``terminal`` show a run on this machine, where Snakemake would write its own lines."""
    asked = workflow.output_settings
    levels = {quietness.name for quietness in asked.quiet or ()}
    is_asked = asked.dryrun or asked.verbose or asked.debug_dag or asked.printshellcmds
    if is_asked or not levels <= {"HOST", "REASON"}:
        return

    def is_here(record: logging.LogRecord) -> bool:
        return bool(workflow.local_exec and not workflow.remote_exec)  # known only after the rules were read

    for handler in [one for one in logger.handlers if isinstance(one, ColorizingTextHandler)]:
        handler.addFilter(lambda record: not is_here(record))
        terminal.stream = handler.stream
    terminal.addFilter(is_here)
    logger.addHandler(terminal)
    atexit.register(terminal.close)
