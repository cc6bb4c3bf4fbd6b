"""What Snakemake's executors for clusters keep silent about, or get wrong: mended where Snakemake runs.

Tried with Snakemake 9.27 and its executor for Slurm 2.8; tests/cluster shows what each of them is for.
"""

import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from snakemake.jobs import AbstractJob, GroupJob, Job
from snakemake.logging import logger

from workflow.failures import Failures

SLURM = "snakemake_executor_plugin_slurm"
ERROR = re.compile(r"(error|ERROR|slurmstepd|srun: error)\b")
"""How a line of a log begins that tells of an error: of a stage, of DVC, of Slurm."""


def mend(workflow: Any, failures: Failures) -> None:
    """Let failures be explained here, those on other machines too, and squeue be asked wherever a profile wants it."""
    failures.listen()
    explain_failures(failures)
    ask_squeue(workflow)


def explain_failures(failures: Failures) -> None:
    """Print with a failed job what the scheduler says of it, and the errors in its logs, and add it to ``failures``.

    Snakemake drops the first for a group of jobs, so that a partition or account that Slurm refuses fails without a
    word; the second stand in files on the shared disk.
    """
    began = time.time()
    of_job, of_group = Job.log_error, GroupJob.log_error

    def tell(job: AbstractJob, scheduler_logs: list[str] | None) -> None:
        if not job.is_local:  # a local job's errors have reached the terminal
            for line in dict.fromkeys(errors(scheduler_logs or job.log, began)):
                logger.error(line)

    def job_error(
        self: Job, msg: str | None = None, indent: bool = False, aux_logs: list[str] | None = None, **details: Any
    ) -> None:
        of_job(self, msg, indent, aux_logs, **details)
        if not indent:  # not one of a group
            tell(self, aux_logs)
            failures.add(self, msg)

    def group_error(self: GroupJob, msg: str | None = None, aux_logs: list[str] | None = None, **details: Any) -> None:
        if msg:
            logger.error(msg)
        of_group(self, msg, aux_logs, **details)
        tell(self, aux_logs)
        failures.add(self, msg)

    Job.log_error, GroupJob.log_error = job_error, group_error


def errors(logs: Iterable[str], since: float) -> Iterator[str]:
    """Give the errors in logs that were written after ``since``."""
    for log in map(Path, logs):
        with suppress(FileNotFoundError):
            if log.stat().st_mtime > since:
                text = log.read_text(encoding="utf-8", errors="replace")
                yield from (line for line in text.splitlines() if ERROR.match(line))


def ask_squeue(workflow: Any) -> None:
    """Keep the executor for Slurm from asking sacct where the profile says squeue.

    It would while Slurm's controller is away, and where there is no accounting database then forget its jobs, and wait
    for them for ever.
    """
    plugin: Any = sys.modules.get(SLURM)
    if plugin is None:
        return
    is_there = plugin.is_query_tool_available

    def is_wanted(tool: str) -> bool:
        settings = workflow.executor_settings
        return is_there(tool) and not (tool == "sacct" and getattr(settings, "status_command", None) == "squeue")

    plugin.is_query_tool_available = is_wanted
