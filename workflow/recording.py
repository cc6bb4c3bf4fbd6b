"""What is recorded of each stage in a file of its own, a shard of dvc.lock: all that jobs read and write of it.

So jobs on many nodes never write the same file, and need no lock that a network file system might not keep. Whoever
starts jobs joins the shards to dvc.lock, before and after: stage by stage, as git merges, over what both were when they
were last the same. Where both have changed since, dvc.lock is newer: DVC by hand, git or a merge wrote it. What a run
that was killed left is joined when the next one starts.
"""

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkroom.core.errors import UserError
from darkroom.core.files import write_text
from workflow import lock
from workflow.cache import DVC

if TYPE_CHECKING:
    from dvc.lock import LockBase

FOLDER = DVC / "tmp/darkroom"
SHARDS = FOLDER / "records"
BASE = FOLDER / lock.FILE
"""What dvc.lock and the shards were when they were last the same."""
ATTEMPTS = 20
"""Times that DVC's lock is asked for, each for 3 seconds, while DVC is at work beside us, for a push perhaps."""

Texts = Mapping[str, Any]
"""The entry of each stage."""


class DvcIsBusyError(UserError):
    """DVC is at work, and goes on."""


def shard(stage: str) -> Path:
    """Return the file of what is recorded of a stage."""
    return SHARDS / f"{stage}.yaml"


def of(stages: Collection[str]) -> lock.Entries:
    """Return what the shards of some stages hold; one that a power cut left empty counts as none."""
    texts = {}
    for stage in stages:
        with suppress(FileNotFoundError):
            texts[stage] = shard(stage).read_text(encoding="utf-8")
    return lock.Entries({stage: text for stage, text in texts.items() if text})


def keep(stage: str, content: Mapping[str, Any]) -> None:
    """Record what DVC would write into dvc.lock for a stage."""
    from dvc.utils.serialize import dumps_yaml

    whole = dumps_yaml({"stages": {stage: content}})  # within `stages`, as the width of lines counts from there
    write_text(shard(stage), whole.partition("\n")[2])


def read(patience: float = lock.PATIENCE) -> lock.Entries:
    """Return the entries of dvc.lock, joined with those of the shards.

    Raises:
        UserError: dvc.lock is not what DVC writes.
    """
    base, shards = _base_and_shards()  # first: what is joined meanwhile stands in dvc.lock then
    return lock.Entries(merged(base, lock.written(patience).texts, {**base, **shards}))


def merged(base: Texts, ours: Texts, theirs: Texts) -> dict[str, Any]:
    """Return the entries of both sides, each from the side that changed it; from ours where both did."""

    def one(name: str) -> Any:
        first, our, their = base.get(name), ours.get(name), theirs.get(name)
        return their if our == first or (our is None and their != first) else our

    names = [*ours, *(name for name in theirs if name not in ours)]
    return {name: entry for name in names if (entry := one(name)) is not None}


def join(order: Iterable[str]) -> None:
    """Make dvc.lock and the shards the same: stages that dvc.lock knows in their place, new ones in this ``order``.

    Where DVC is at work for longer than we wait, dvc.lock stays as it is, and the next start joins it.

    Raises:
        UserError: dvc.lock is not what DVC writes.
    """
    base, shards = _base_and_shards()
    if base == shards == lock.written().texts:
        return
    try:
        with held():
            known, joined = _with_new_shards(lock.now().texts)
            new = {stage: joined[stage] for stage in order if stage in joined and stage not in known}
            if joined != known:
                write_text(lock.FILE, lock.text_of({**{name: joined[name] for name in known}, **new, **joined}))
            write_text(BASE, lock.text_of(joined))
    except DvcIsBusyError as error:
        _with_new_shards(lock.written().texts)
        print(f"{error}; the next snakemake writes what this one made", file=sys.stderr)


def _with_new_shards(known: Texts) -> tuple[Texts, Texts]:
    """Let shards hold what ``known`` of dvc.lock is newer; return that, and the entries of both."""
    base, shards = _base_and_shards()
    joined = merged(base, known, {**base, **shards})  # a shard that is gone is as it was
    for stage in shards.keys() - joined.keys():
        shard(stage).unlink(missing_ok=True)
    for stage, text in joined.items():
        if text != shards.get(stage):
            write_text(shard(stage), text)
    return known, joined


def _base_and_shards() -> tuple[Texts, Texts]:
    """Return what dvc.lock and the shards were when they were last the same, and what the shards are now."""
    base = lock.parsed(BASE.read_text(encoding="utf-8")).texts if BASE.exists() else {}
    return base, of([file.stem for file in SHARDS.glob("[!.]*.yaml")]).texts


def drop(stages: Collection[str]) -> None:
    """Take the entries of stages out of dvc.lock.

    Raises:
        UserError: DVC is at work on it and goes on, or it is not what DVC writes.
    """
    with held():
        left = {name: text for name, text in lock.now().texts.items() if name not in stages}
        write_text(lock.FILE, lock.text_of(left))


@contextmanager
def held() -> Iterator[None]:
    """Hold the lock that DVC holds when it writes dvc.lock.

    Raises:
        DvcIsBusyError: DVC does not leave it.
    """
    from dvc.lock import LockError

    taken = dvcs_lock()
    for attempt in range(ATTEMPTS):
        try:
            taken.lock()
            break
        except LockError:
            if attempt == 0:
                print(f"waiting for a DVC that is at work here, to write {lock.FILE}", file=sys.stderr)
    else:
        raise DvcIsBusyError(f"{lock.FILE}: DVC is at work on it")
    try:
        yield
    finally:
        taken.unlock()


def dvcs_lock() -> "LockBase":
    """Return the lock that DVC holds while it works, of the kind that ``core.hardlink_lock`` of its settings says."""
    from dvc.config import Config
    from dvc.lock import make_lock

    lock.BUSY.parent.mkdir(parents=True, exist_ok=True)
    by_links = Config(str(DVC))["core"].get("hardlink_lock", False)
    return make_lock(str(lock.BUSY), tmp_dir=str(lock.BUSY.parent), hardlink_lock=by_links)
