"""What jobs leave to be recorded, joined to dvc.lock: the only place where a run writes it.

Every job has a file of its own in ``.dvc/tmp/entries``, whole or absent, so that jobs on many nodes never write the
same file, and none needs a lock that a network file system might not keep. The process that started Snakemake joins
these files to dvc.lock at its end; what a run that was killed left is joined when the next one starts. Whoever reads
dvc.lock through workflow/lock.py sees both.
"""

import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from darkroom.core.errors import UserError
from darkroom.core.files import write_text
from workflow import lock, pending
from workflow.cache import DVC

if TYPE_CHECKING:
    from dvc.lock import LockBase

PATIENCE = 60.0
"""Seconds to wait for a DVC that is at work beside us, for a push perhaps."""


class DvcIsBusyError(UserError):
    """DVC is at work, and goes on."""


def keep(stage: str, content: Mapping[str, Any]) -> None:
    """Leave what DVC would write into dvc.lock for a stage."""
    from dvc.utils.serialize import dumps_yaml

    whole = dumps_yaml({"stages": {stage: content}})  # within `stages`, as the width of lines counts from there
    earlier = pending.of(stage)  # first: what is joined meanwhile stands in dvc.lock then
    present = lock.parts([stage]).get(stage, "")
    pending.leave(stage, whole.partition("\n")[2], [present, *([earlier.text] if earlier else [])])


def join(order: Iterable[str]) -> None:
    """Join what jobs left to dvc.lock: stages that it knows in their place, new ones behind them in this ``order``.

    Where DVC is at work for longer than we wait, all stays as it is, and the next start joins it.

    Raises:
        UserError: dvc.lock is not what DVC writes.
    """
    if not pending.every():
        return
    try:
        with held():
            _join(order)
    except DvcIsBusyError as error:
        print(f"{error}; the next snakemake writes what this one made", file=sys.stderr)


def _join(order: Iterable[str]) -> None:
    known = texts()
    pending.take()
    found = pending.every()
    new = {stage: one.text for stage, one in found.items() if one.follows(known.get(stage))}
    known |= {stage: new[stage] for stage in order if stage in new}
    write_text(lock.FILE, lock.text_of(known | new))
    for stage in found:
        pending.being_joined(stage).unlink(missing_ok=True)


def drop(stages: Collection[str]) -> None:
    """Take the entries of stages out of dvc.lock.

    Raises:
        UserError: DVC is at work on it and goes on, or it is not what DVC writes.
    """
    with held():
        write_text(lock.FILE, lock.text_of({name: text for name, text in texts().items() if name not in stages}))


def texts() -> dict[str, str]:
    """Return the part of dvc.lock for each stage, while nobody writes it."""
    return dict(lock.parsed(lock.FILE.read_text(encoding="utf-8")).texts) if lock.FILE.exists() else {}


@contextmanager
def held() -> Iterator[None]:
    """Hold the lock that DVC holds when it writes dvc.lock.

    Raises:
        DvcIsBusyError: DVC does not leave it.
    """
    from dvc.lock import LockError

    taken = dvcs_lock(lock.BUSY.name)
    end, told = time.monotonic() + PATIENCE, False
    while True:
        try:
            taken.lock()
            break
        except LockError:
            if time.monotonic() > end:
                raise DvcIsBusyError(f"{lock.FILE}: DVC is at work on it") from None
            if not told:
                print(f"waiting for a DVC that is at work here, to write {lock.FILE}", file=sys.stderr)
            told = True
    try:
        yield
    finally:
        taken.unlock()


def dvcs_lock(name: str) -> "LockBase":
    """Return a lock of DVC's kind, as ``core.hardlink_lock`` of its configuration has it; it is tried for 3 seconds."""
    from dvc.config import Config
    from dvc.lock import make_lock

    folder = DVC / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    by_links = Config(str(DVC))["core"].get("hardlink_lock", False)
    return make_lock(str(folder / name), tmp_dir=str(folder), hardlink_lock=by_links)
