"""What rules ask of the machine that a job goes to, and what executors for clusters get wrong, mended.

How much a rule asks for at first stands in the rule; profiles may ask for other values, with ``set-resources``,
``set-threads`` and ``config: [gpu=required]``. What Snakemake's executors keep silent about, or get wrong, was tried
with Snakemake 9.27 and its executor for Slurm 2.8; tests/cluster shows what each of the patches is for, and
tests/workflow/test_patches.py fails when one is mended there.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

from snakemake.jobs import GroupJob
from snakemake.logging import logger

from darkroom.core import gpu
from darkroom.core.errors import UserError
from workflow import containers

SLURM = "snakemake_executor_plugin_slurm"
THREADS = 4
"""Threads of a cluster's job that could use any number: few enough for any node, and to start soon."""


def growing(first: int) -> Callable[[Any, int], int]:
    """Return a rule's amount of memory (MB) or time (minutes): ``first``, and twice as much at each further attempt.

    What was killed for want of either runs again from its beginning, so doubling wastes less than growing by steps: all
    failed attempts together cost no more than the last.
    """
    return lambda wildcards, attempt: first * 2 ** (attempt - 1)


def all_cores(workflow: Any) -> Callable[[Any], int]:
    """Return a rule's number of threads: all cores that Snakemake may use on this machine; on a cluster ``THREADS``.

    A dry run of a cluster's profile shows another number, as Snakemake takes it for a local run on one core.
    """

    def threads(wildcards: Any) -> int:
        here = workflow.local_exec and not workflow.remote_exec
        cores = workflow.resource_settings.cores  # None where a profile for a cluster gives none
        return cores if here and cores else THREADS

    return threads


def settle(config: dict[str, Any]) -> None:
    """Complete ``config``, and let every job's environment say what of it stages ask for: whether a GPU is wanted.

    Raises:
        UserError: it has an unknown key or value.
    """
    for key in config:
        if key not in ("gpu", containers.KEY):
            raise UserError(f"config: {key}: no such entry; allowed: gpu, {containers.KEY}")
    if "gpu" in config and config["gpu"] not in gpu.WISHES:
        raise UserError(f"config: gpu: {config['gpu']!r}: allowed: {', '.join(gpu.WISHES)}")
    os.environ[gpu.VARIABLE] = config.setdefault("gpu", gpu.PREFERRED)


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
    if plugin:
        is_there = plugin.is_query_tool_available

        def is_wanted(tool: str) -> bool:
            asked = getattr(workflow.executor_settings, "status_command", None)
            return is_there(tool) and (tool, asked) != ("sacct", "squeue")

        plugin.is_query_tool_available = is_wanted


def unlimited(workflow: Any) -> None:
    """Take away Snakemake's default limit of 100 new jobs a second; another one, given by a user, stays.

    While there is one, each job that ends makes Snakemake 9 look through all that wait once more in every second that
    follows: after some hundred jobs it does nothing else.
    """
    given = workflow.scheduling_settings.max_jobs_per_timespan
    if given and (given.max_jobs, given.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
