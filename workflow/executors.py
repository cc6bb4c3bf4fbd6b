"""What Snakemake's executors for clusters keep silent about, or get wrong: mended where Snakemake runs.

Tried with Snakemake 9.27 and its executor for Slurm 2.8; tests/cluster shows what each of them is for, and
tests/workflow/test_patches.py fails when one is mended there.
"""

import sys
from typing import Any

from snakemake.jobs import GroupJob
from snakemake.logging import logger

SLURM = "snakemake_executor_plugin_slurm"


def tell_of_groups() -> None:
    """Print what a scheduler says of a group of jobs that failed, and hand it on.

    Snakemake drops it, so that a partition or account that Slurm refuses fails without a word.
    """
    drop = GroupJob.log_error

    def log_error(self: GroupJob, msg: str | None = None, aux_logs: list[str] | None = None, **details: Any) -> None:
        if msg:
            logger.error(msg)
        drop(self, msg, aux_logs, said=msg, **details)

    GroupJob.log_error = log_error


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


def unlimited(workflow: Any) -> None:
    """Take away Snakemake's default limit of 100 new jobs a second; another one, given by a user, stays.

    While there is one, each job that ends makes Snakemake 9 look through all that wait once more in every second that
    follows: after some hundred jobs it does nothing else.
    """
    given = workflow.scheduling_settings.max_jobs_per_timespan
    if given and (given.max_jobs, given.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
