"""Before a job: everything that other stages made for it is what they wrote, or is restored, or the job is refused.

DVC would take what lies there, so that a file edited by hand flowed into a result. After a job: DVC recorded all files
that its stage wrote.
"""

import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from darkroom.core.errors import UserError
from darkroom.core.files import name_beside
from workflow import listings, recording
from workflow.changes import Inspection, is_elsewhere
from workflow.hashes import IGNORED, files_below, seen_by_dvc
from workflow.reasons import MARK

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

PATIENCE, PATIENCE_IN_A_NETWORK = 1.0, 70.0
"""Seconds in which a machine sees what another one has written; a client of NFS asks again after 60 at the latest."""
LOCAL = ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay", "rootfs")
"""File systems of one machine; any other may be of a network."""


def guard(stage: str, inspection: Inspection, repo: "Repo") -> None:
    """Check, and restore where needed, what a stage reads of others, by what is recorded of these at this moment.

    Raises:
        UserError: an output is not what its stage wrote, and cannot be restored.
    """
    found = inspection.not_as_written(inspection.outs_read(stage))
    end = time.monotonic() + patience() if found else 0.0
    while found and time.monotonic() < end:  # another machine's writing may not be visible here yet
        time.sleep(0.25)
        inspection.entries = recording.of({stage, *inspection.before(stage)})
        inspection.contents.forget()
        found = inspection.not_as_written(found)
    for out in found:
        producer, is_there = inspection.producers[out], Path(out).exists()
        was = f"not what {producer} wrote" if is_there else "missing"
        if not restored(out, inspection, repo):
            remove = "remove it and " if is_there else ""
            raise UserError(f"{out}: {was}, and not in DVC's cache; {remove}run snakemake again")
        print(f"restored {out}, which was {was}", file=sys.stderr)


def patience() -> float:
    """Return the seconds in which this machine sees what another one has written here."""
    here = Path.cwd()
    places = (one for one in psutil.disk_partitions(all=True) if here.is_relative_to(one.mountpoint))
    nearest = max(places, key=lambda one: len(one.mountpoint), default=None)
    return PATIENCE if nearest and nearest.fstype in LOCAL else PATIENCE_IN_A_NETWORK


def replace_missing(outs: Iterable[str], inspection: Inspection, repo: "Repo") -> None:
    """Take missing outputs from DVC's cache, as far as it has them."""
    taken = [out for out in outs if restored(out, inspection, repo)]
    for folder, names in groupby(taken, key=lambda out: str(Path(out).parent)):
        first, *others = names
        what = f"{len(others) + 1} files of {folder}" if others else first
        print(f"restored {what} from DVC's cache, missing before", file=sys.stderr)


def bring_back(stage: str, inspection: Inspection, repo: "Repo") -> None:
    """Have the outputs of a stage, whose source is not here, as it wrote them when it was.

    Raises:
        UserError: something else that the stage reads changed since, or an output is not in DVC's cache.
    """
    lacking = inspection.not_as_written(inspection.stages[stage].outs)
    if inspection.inputs_changed(stage) or not all(restored(out, inspection, repo) for out in lacking):
        source = next(filter(is_elsewhere, inspection.stages[stage].deps))
        raise UserError(f"{source}: not here, and {stage} reads it: bring it, or what was made from it: make pull")
    for out in lacking:
        print(f"restored {out}, as {stage} wrote it", file=sys.stderr)


def restored(out: str, inspection: Inspection, repo: "Repo") -> bool:
    """Take an output from DVC's cache; return whether it is then what its stage wrote. If not, what was there stays.

    It is taken beside its place, so that several jobs may restore the same at once.
    """
    from dvc.exceptions import DvcException
    from dvc.output import Output
    from dvc.utils.fs import remove

    path, recorded = Path(out), inspection.dep_content(out)
    new, old = name_beside(path), name_beside(path)
    try:
        if recorded:
            listings.put_corrupt_aside(inspection.cache, out, recorded.md5)
        if recorded and listings.holds(inspection.cache, recorded.md5):
            Output(None, str(new), {"md5": recorded.md5}, repo=repo).checkout(force=True)
            with suppress(FileNotFoundError):  # where it was missing, or another job has just moved it
                path.rename(old)
            with suppress(OSError):  # another job's is in its place already
                new.rename(path)
    except DvcException as error:
        print(error, file=sys.stderr)
    remove(new)
    remove(old)
    inspection.contents.forget()
    return not inspection.not_as_written([out])


def check_whole(stage: "PipelineStage") -> None:
    """Check that DVC has recorded every file of a stage's outputs.

    Raises:
        UserError: a folder holds others than it recorded.
    """
    for folder, recorded in ((Path(out.fs_path), out.meta.nfiles) for out in stage.outs):
        files = set(files_below(folder)) - {MARK} if folder.is_dir() else set()
        if folder.is_dir() and recorded not in (None, len(files)):
            left_out = sorted(files - set(seen_by_dvc(folder, files)))
            example = f", not {left_out[0]}" if left_out else ""
            raise UserError(
                f"{folder.relative_to(Path.cwd())}: holds {len(files):,} files, of which DVC recorded {recorded:,}"
                f"{example}; is there a pattern in {IGNORED} that means a file of it? Take it out and run again"
            )
