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
from typing import Any

from darkroom.core.errors import UserError
from darkroom.core.files import write_text
from workflow import lock, storage

FOLDER = Path(".dvc/tmp/darkroom")
SHARDS = FOLDER / "records"
BASE = FOLDER / lock.FILE
"""What dvc.lock and the shards were when they were last the same."""
ATTEMPTS = 20
"""Times that DVC's lock is asked for, each for 3 seconds, while DVC is at work beside us, for a push perhaps."""
Texts = Mapping[str, Any]
"""The part of each stage, of dvc.lock or of its shard."""


class DvcIsBusyError(UserError):
    """DVC is at work, and goes on."""


def shard(stage: str) -> Path:
    """Return the file of what is recorded of a stage."""
    return SHARDS / f"{stage}.yaml"


def of(stages: Iterable[str]) -> dict[str, lock.Entry]:
    """Return the entries in the shards of some stages, of those that have one."""
    return lock.entries(_shards(stages))


def _shards(stages: Iterable[str], base: Texts | None = None) -> dict[str, str]:
    """Return the parts in the shards of some stages, without those that a power cut or a broken disk left corrupt.

    Those that are in the ``base`` are known to be whole.
    """
    texts = {}
    for stage in stages:
        with suppress(FileNotFoundError, UserError):
            text = shard(stage).read_text(encoding="utf-8", errors="replace")
            if not base or text != base.get(stage):
                lock.entries({stage: text})
            texts[stage] = text
    return texts


def keep(stage: str, content: Mapping[str, Any]) -> None:
    """Record what DVC would write into dvc.lock for a stage."""
    from dvc.utils.serialize import dumps_yaml

    text = dumps_yaml({"stages": {stage: content}})  # within `stages`, as the width of lines counts from there
    write_text(shard(stage), text.partition("\n")[2])


def read(patience: float = lock.PATIENCE) -> dict[str, lock.Entry]:
    """Return the entries of dvc.lock, joined with those of the shards.

    Raises:
        UserError: dvc.lock is not what DVC writes.
    """
    base, shards = _base_and_shards()  # first: what is joined meanwhile stands in dvc.lock then
    return lock.entries(merged(base, lock.written(patience), {**base, **shards}))


def merged(base: Texts, ours: Texts, theirs: Texts) -> dict[str, Any]:
    """Return the parts of both sides, each from the side that changed it; from ours where both did."""

    def one(name: str) -> Any:
        first, our, their = base.get(name), ours.get(name), theirs.get(name)
        return their if our == first or (our is None and their != first) else our

    return {name: part for name in {**ours, **theirs} if (part := one(name)) is not None}


def join(order: Iterable[str]) -> None:
    """Make dvc.lock and the shards the same: stages that dvc.lock knows in their place, new ones in this ``order``.

    Where DVC is at work for longer than we wait, dvc.lock stays as it is, and the next start joins it.

    Raises:
        UserError: dvc.lock is not what DVC writes.
    """
    base, shards = _base_and_shards()
    if base == shards == lock.written():
        return
    try:
        with held():
            known = lock.parts(lock.read())
            joined = _with_new_shards(known)
            if joined != known:
                places = {name: joined[name] for name in (*known, *order) if name in joined}
                write_text(lock.FILE, lock.whole({**places, **joined}))
            write_text(BASE, lock.whole(joined))
    except DvcIsBusyError as error:
        _with_new_shards(lock.written())
        print(f"{error}; the next snakemake writes what this one made", file=sys.stderr)


def _with_new_shards(known: Texts) -> Texts:
    """Let shards hold what ``known`` of dvc.lock is newer; return the parts of both."""
    base, shards = _base_and_shards()
    joined = merged(base, known, {**base, **shards})  # a shard that is gone is as it was
    for stage in shards.keys() - joined.keys():
        shard(stage).unlink(missing_ok=True)
    for stage, text in joined.items():
        if text != shards.get(stage):
            write_text(shard(stage), text)
    return joined


def _base_and_shards() -> tuple[Texts, Texts]:
    """Return what dvc.lock and the shards were when they were last the same, and what the shards are now."""
    base: Texts = {}
    with suppress(FileNotFoundError, UserError):  # corrupt: dvc.lock is taken for newer
        base = lock.parts(BASE.read_text(encoding="utf-8", errors="replace"))
    return base, _shards([file.stem for file in SHARDS.glob("[!.]*.yaml")], base)


def prune(stages: Collection[str]) -> list[str]:
    """Drop what dvc.lock records of any but these ``stages``, and return their names.

    Raises:
        UserError: DVC is at work on it and goes on, or it is not what DVC writes.
    """
    join(stages)
    with held():
        known = lock.parts(lock.read())
        left = {name: text for name, text in known.items() if name in stages}
        if left != known:
            write_text(lock.FILE, lock.whole(left))
    return [name for name in known if name not in left]


@contextmanager
def held() -> Iterator[None]:
    """Hold the lock that DVC holds when it writes dvc.lock, of the kind that its ``core.hardlink_lock`` asks for.

    Raises:
        DvcIsBusyError: DVC does not leave it.
    """
    from dvc.lock import LockError, make_lock

    folder = lock.BUSY.parent
    folder.mkdir(parents=True, exist_ok=True)
    by_links = storage.setting("core", "hardlink_lock")
    taken = make_lock(str(lock.BUSY), tmp_dir=str(folder), hardlink_lock=bool(by_links))
    for attempt in range(ATTEMPTS):
        with suppress(LockError):
            taken.lock()
            break
        if attempt == 0:
            print(f"waiting for a DVC that is at work here, to write {lock.FILE}", file=sys.stderr)
    else:
        raise DvcIsBusyError(f"{lock.FILE}: DVC is at work on it")
    try:
        yield
    finally:
        taken.unlock()
