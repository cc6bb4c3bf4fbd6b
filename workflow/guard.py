"""Before a job: everything that other stages made for it is what they wrote, or is restored, or the job is refused.

DVC would take what lies there, so that a file edited by hand flowed into a result. What the stage itself gave whoever
executed it with these inputs is brought from the remote, for DVC to take instead of executing it again.

    python -m workflow.guard STAGE
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from filelock import FileLock

from stages import command, template
from stages.errors import UserError
from workflow import cache, lock
from workflow.changes import Inspection, is_elsewhere
from workflow.hashes import FOLDER_ENDING, Contents
from workflow.restore import restore

RESTORING = cache.DVC / "tmp/restoring.lock"
PATIENCE = 5.0
"""Seconds in which another job's DVC will have recorded what it made."""


def guard(name: str, inspection: Inspection) -> None:
    """Check, and restore where needed, every output of another stage that the stage ``name`` reads.

    Raises:
        UserError: one is not what its stage wrote, and cannot be restored.
    """
    for out in inspection.outs_read(name):
        if _holds(out, inspection):
            continue
        producer = inspection.producers[out]
        with FileLock(RESTORING):  # of several jobs that read it, one restores it
            if _holds(out, inspection):
                continue
            if not restored(Path(out), partial(_holds, out, inspection)):
                raise UserError(
                    f"{out}: not what {producer} wrote, and not in DVC's cache; remove it and run snakemake again"
                )
        print(f"restored {out}, which was not what {producer} wrote", file=sys.stderr)


def restored(path: Path, holds: Callable[[], bool]) -> bool:
    """Take a file or folder from DVC's cache; return whether it ``holds`` then. If not, what was there stays."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    if path.exists():
        path.rename(aside)
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", "--quiet", "checkout", str(path)]
    subprocess.run(command, check=False, capture_output=True)
    good = holds()
    for gone in [aside] if good else [path]:
        if gone.is_dir():
            shutil.rmtree(gone)
        else:
            gone.unlink(missing_ok=True)
    if aside.exists():
        aside.rename(path)
    return good


def _holds(out: str, inspection: Inspection) -> bool:
    inspection.contents.forget()
    entry = inspection.entries.get(inspection.producers[out])
    now = inspection.contents(out)
    return now is not None and entry is not None and now.same_as(entry.outs.get(out))


def in_cache(name: str, inspection: Inspection) -> bool:
    """Return whether all that the stage ``name`` gave with these inputs lies in DVC's cache."""
    entry = inspection.entries.get(name)
    if entry is None or inspection.inputs_changed(name):
        return False
    hashes = [one.md5 for one in entry.outs.values()]
    return _all_in(cache.HERE, hashes) or _all_in(cache.folder(), hashes)


def _all_in(kept: Path, hashes: Sequence[str]) -> bool:
    listed = {md5: cache.listing(kept, md5) for md5 in hashes if md5.endswith(FOLDER_ENDING)}
    files = [md5 for md5 in hashes if md5 not in listed] + [md5 for names in listed.values() for md5 in names.values()]
    return all(listed.values()) and all(cache.place(kept, md5).exists() for md5 in files)


def wait(name: str, inspection: Inspection) -> None:
    """Read dvc.lock until it agrees with what the stage ``name`` reads, which another job's DVC may be about to record.

    Patience ends where nothing agrees.
    """
    end = time.monotonic() + PATIENCE
    inspection.entries = lock.read(patience=1)
    while time.monotonic() < end and not all(_holds(out, inspection) for out in inspection.outs_read(name)):
        time.sleep(0.25)
        inspection.entries = lock.read(patience=1)


def main(argv: Sequence[str] | None = None) -> None:
    """Guard the stage that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", help="a stage of dvc.yaml with its key, such as train@cnn")
    name = parser.parse_args(argv).stage
    stages = template.stages()
    if name not in stages:
        raise UserError(f"{template.FILE}: no stage {name}; there is {', '.join(stages)}")
    if missing := next(filter(is_elsewhere, stages[name].deps), None):
        raise UserError(f"{missing}: not here, and {name} reads it: bring it, or what was made from it: make pull")
    contents = Contents()
    inspection = Inspection(stages, {}, contents)
    wait(name, inspection)
    guard(name, inspection)
    contents.keep()
    if not in_cache(name, inspection) and (said := restore(name)):
        print(f"[restore {name}] {said}", file=sys.stderr)


if __name__ == "__main__":
    command.run(main)
