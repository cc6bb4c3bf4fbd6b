"""Before a job: everything that other stages made for it is what they wrote, or is restored, or the job is refused.

DVC would take what lies there, so that a file edited by hand flowed into a result. After a job: DVC recorded all files
that its stage wrote.
"""

import shutil
import sys
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from copy import copy
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from darkroom.core.errors import UserError
from darkroom.core.files import name_beside
from workflow.hashes import IGNORED, files_below, seen_by_dvc
from workflow.reasons import MARK

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
        was = f"not what {producer} wrote" if Path(out).exists() else "missing"
        if not restored(_output(load([producer])[producer], out)):
            remove = "remove it and " if Path(out).exists() else ""
            raise UserError(f"{out}: {was}, and not in DVC's cache; {remove}run snakemake again")
        print(f"restored {out}, which was {was}", file=sys.stderr)


def replace_missing(outs: Sequence[tuple[str, str]], load: Load) -> None:
    """Take missing outputs from DVC's cache, as far as it has them: pairs of an output's path and its stage."""
    stages = load({producer for _, producer in outs})
    taken = [out for out, producer in outs if restored(_output(stages[producer], out))]
    for folder, names in groupby(taken, key=lambda out: str(Path(out).parent)):
        found = list(names)
        what = found[0] if len(found) == 1 else f"{len(found)} files of {folder}"
        print(f"restored {what} from DVC's cache, missing before", file=sys.stderr)


def bring_back(stage: "PipelineStage", source: str) -> None:
    """Have the outputs of a stage, whose ``source`` is not here, as it wrote them when it was.

    Raises:
        UserError: something else that the stage reads changed since, or an output is not in DVC's cache.
    """
    read = [dep for dep in stage.deps if dep.def_path != source]
    same = not stage.changed_stage() and not any(dep.workspace_status() for dep in read)
    lacking = [out for out in stage.outs if not holds(out)]
    if not (same and all(map(restored, lacking))):
        raise UserError(
            f"{source}: not here, and {stage.addressing} reads it: bring it, or what was made from it: make pull"
        )
    for out in lacking:
        print(f"restored {out.def_path}, as {stage.addressing} wrote it", file=sys.stderr)


def check_whole(stage: "PipelineStage") -> None:
    """Check that DVC has recorded every file of a stage's outputs.

    Raises:
        UserError: a folder holds others than it recorded.
    """
    for out in stage.outs:
        folder = Path(out.fs_path)
        if folder.is_dir():
            files = files_below(folder)
            files.pop(MARK, None)
            if out.meta.nfiles is not None and len(files) != out.meta.nfiles:
                left_out = sorted(files.keys() - set(seen_by_dvc(folder, files)))
                example = f", not {left_out[0]}" if left_out else ""
                raise UserError(
                    f"{out.def_path}: holds {len(files):,} files, of which DVC recorded {out.meta.nfiles:,}"
                    f"{example}; is there a pattern in {IGNORED} that means a file of it? Take it out and run again"
                )


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
    new, old = name_beside(path), name_beside(path)
    taken = copy(out)
    taken.fs_path = str(new)
    try:
        taken.checkout(force=True)
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
