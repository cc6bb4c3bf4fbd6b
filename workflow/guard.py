"""Before a job: everything that other stages made for it is what they wrote, or is restored, or the job is refused.

DVC would take what lies there, so that a file edited by hand flowed into a result.
"""

import secrets
import shutil
import sys
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from stages.errors import UserError

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.stage import PipelineStage

PATIENCE, PATIENCE_IN_A_NETWORK = 1.0, 70.0
"""Seconds in which a machine sees what another one has written; a client of NFS asks again after 60 at the latest."""
LOCAL = ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay", "rootfs")
"""File systems of one machine; any other may be of a network."""

Load = Callable[[Collection[str]], "dict[str, PipelineStage]"]
"""Gives stages as DVC has them, with what is recorded of them at this moment."""


def guard(outs: Sequence[tuple[str, str]], load: Load) -> None:
    """Check, and restore where needed, what a stage reads of others: pairs of an output's path and its stage.

    Raises:
        UserError: one is not what its stage wrote, and cannot be restored.
    """
    found = _changed(outs, load)
    if found:
        found = _after_a_while(found, load)
    for out, producer in found:
        if not restored(_output(load([producer])[producer], out)):
            raise UserError(
                f"{out}: not what {producer} wrote, and not in DVC's cache; remove it and run snakemake again"
            )
        print(f"restored {out}, which was not what {producer} wrote", file=sys.stderr)


def _changed(outs: Sequence[tuple[str, str]], load: Load) -> list[tuple[str, str]]:
    stages = load({producer for _, producer in outs})
    return [(out, producer) for out, producer in outs if not holds(_output(stages[producer], out))]


def _after_a_while(found: list[tuple[str, str]], load: Load) -> list[tuple[str, str]]:
    """Return what still does not hold when another machine's writing must be visible here."""
    end = time.monotonic() + patience()
    while found and time.monotonic() < end:
        time.sleep(0.25)
        found = _changed(found, load)
    return found


def patience() -> float:
    """Return the seconds in which this machine sees what another one has written here."""
    here = Path.cwd()
    places = (one for one in psutil.disk_partitions(all=True) if here.is_relative_to(one.mountpoint))
    nearest = max(places, key=lambda one: len(one.mountpoint), default=None)
    return PATIENCE if nearest and nearest.fstype in LOCAL else PATIENCE_IN_A_NETWORK


def _output(stage: "PipelineStage", path: str) -> "Output":
    return next(out for out in stage.outs if out.def_path == path)


def holds(out: "Output") -> bool:
    """Return whether an output is there, and is what its stage wrote."""
    return bool(out.exists and out.hash_info and not out.changed_checksum())


def restored(out: "Output") -> bool:
    """Take an output from DVC's cache; return whether it :func:`holds` then. If not, what was there stays.

    It is taken beside its place, so that several jobs may restore the same at once.
    """
    from dvc.exceptions import DvcException

    path = Path(out.fs_path)
    new, old = (path.with_name(f".{path.name}.{secrets.token_hex(4)}.part") for _ in range(2))
    beside = copy(out)
    beside.fs_path = str(new)
    try:
        beside.checkout(force=True)
        with suppress(FileNotFoundError):  # where it was missing, or another job has just moved it
            path.rename(old)
        with suppress(OSError):  # another job's is in its place already
            new.rename(path)
    except DvcException as error:
        print(error, file=sys.stderr)
    for gone in (new, old):
        if gone.is_dir():
            shutil.rmtree(gone)
        else:
            gone.unlink(missing_ok=True)
    return holds(out)
