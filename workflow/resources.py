"""What rules ask of the machine that a job goes to, and what a run or a profile may say with ``config``.

How much a rule asks for at first stands in the rule; profiles may ask for other values, with ``set-resources``,
``set-threads`` and ``config: [gpu=required]``.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from darkroom.core import gpu
from darkroom.core.errors import UserError
from workflow.failures import one_line

SETTINGS = {"gpu": (gpu.PREFERRED, gpu.WISHES)}
"""What ``config`` may set: what it is if nothing is said, and to what."""
THREADS = 4
"""Threads of a cluster's job that could use any number: few enough for any node, and to start soon."""


def growing(first: int) -> Callable[[Any, int], int]:
    """Return a rule's amount of memory (MB) or time (minutes): ``first``, and twice as much at each further attempt.

    What was killed for want of either runs again from its beginning, so doubling wastes less than growing by steps: all
    failed attempts together cost no more than the last.
    """

    def amount(wildcards: Any, attempt: int) -> int:
        return first * 2 ** (attempt - 1)

    return amount


def all_cores(workflow: Any) -> Callable[[Any], int]:
    """Return a rule's number of threads: all cores that Snakemake may use on this machine; on a cluster ``THREADS``.

    A dry run of a cluster's profile shows another number, as Snakemake takes it for a local run on one core.
    """

    def threads(wildcards: Any) -> int:
        here = workflow.local_exec and not workflow.remote_exec
        cores = workflow.resource_settings.cores  # None where a profile for a cluster gives none
        return cores if here and cores else THREADS

    return threads


def completed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``config`` with its defaults.

    Raises:
        UserError: it has an unknown key or value.
    """
    for key, value in config.items():
        if key not in SETTINGS:
            raise UserError(f"config: {key}: no such entry; allowed: {', '.join(SETTINGS)}")
        if value not in SETTINGS[key][1]:
            raise UserError(f"config: {key}: {value!r}: allowed: {', '.join(SETTINGS[key][1])}")
    return {key: config.get(key, default) for key, (default, _) in SETTINGS.items()}


def settle(config: dict[str, Any]) -> None:
    """Complete ``config``, and let every job's environment say what of it stages ask for."""
    with one_line():
        config.update(completed(config))
    os.environ[gpu.VARIABLE] = config["gpu"]
