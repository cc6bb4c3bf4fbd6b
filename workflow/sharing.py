"""Share results, and DVC's notes of runs, its run cache: what a stage's command gave for which inputs.

    python -m workflow.sharing push    every result in DVC's cache, also of parameters tried meanwhile
    python -m workflow.sharing pull    the results that dvc.lock records, and the notes of all other runs

The SHA-256 that were recorded of runs (workflow/digest_records.py) go with the notes.

DVC's own push sends of runs that are no longer in dvc.lock a note, but not what came out. Here both go, the results
first, so that a note that arrives can be relied on: before a job, what its stage gave whoever executed it with the
inputs of this moment is had in DVC's cache, and DVC takes it from there instead of executing the stage. `dvc repro
--pull` would do so too, but looks at the newest note alone, copies all for every job, and fails where the remote is out
of reach: a laptop on a train must still compute. DVC 3.67 has no public way to a single note, hence the names that
begin with an underscore.
"""

import argparse
import os
import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from darkroom.core.errors import UserError
from darkroom.pipeline import command
from workflow import digest_records, listings, remote, storage

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_objects.db import ObjectDB

Run = tuple["PipelineStage", Path | None]
"""A stage with what came out of a run, and DVC's note of that; dvc.lock's own has none."""


def push() -> str:
    """Send what the remote lacks, and return in words what went.

    Raises:
        UserError: there is no remote, or not everything arrived.
    """
    with storage.repository() as repo:
        target = remote.answering(repo)
        if "shared" in target.config:
            os.umask(0o002)  # DVC opens to the group what results lie in, but not what notes do
        runs = {note: _read(repo, note) for note in _names(repo.cache.legacy)}
        whole = {note: stage for note, stage in runs.items() if stage and stage.outs_cached()}
        sent, failed = repo.cloud.push({one for stage in whole.values() for one in _objects(stage)})
        if failed:
            raise UserError(f"{len(failed)} files did not arrive: dvc push says why; make push sends the rest")
        count = len(sent) + repo.push()
        new = whole.keys() - _names(target.legacy_odb)
        _copy(new, repo.cache.legacy, target.legacy_odb)
        _copy_digests(repo.cache.legacy, target.legacy_odb)
        return f"sent {count} files and the notes of {len(new)} runs to {remote.where(repo)}"


def pull() -> str:
    """Bring the results that dvc.lock records, and the notes of all other runs, and return in words what came.

    Raises:
        UserError: there is no remote, it lacks some of the results, or a file changed by hand, and kept nowhere else,
            is in the way.
    """
    from dvc.exceptions import DownloadError, DvcException

    with storage.repository() as repo:
        source = remote.answering(repo)
        new = _names(source.legacy_odb) - _names(repo.cache.legacy)
        _copy(new, source.legacy_odb, repo.cache.legacy)
        _copy_digests(source.legacy_odb, repo.cache.legacy)
        count = 0
        with suppress(DownloadError):  # which not every missing file raises: they are counted below
            count = repo.fetch()
        try:
            repo.checkout(allow_missing=True)
        except DvcException as error:
            said, *files = str(error).splitlines()
            names = ", ".join(os.path.relpath(file) for file in files) or said
            raise UserError(
                f"{names}: changed by hand, and kept nowhere else; remove it, then make pull again"
            ) from None
        if missing := lacking(repo):
            lacks = f"{remote.where(repo)} lacks {missing} files that dvc.lock records"
            raise UserError(f"{lacks}: whoever committed it runs make push, or snakemake makes them here")
        return f"brought {count} files and the notes of {len(new)} runs from {remote.where(repo)}"


def lacking(repo: "Repo") -> int:
    """Return how many files that dvc.lock records the cache lacks; a folder whose list it lacks counts as one."""
    recorded = {one for stage in repo.index.stages for one in _objects(stage)}
    recorded |= {out.hash_info for stage in repo.index.stages for out in stage.outs if out.hash_info}
    hashes = {one.value for one in recorded if one.value}
    return len(hashes - set(repo.cache.local.oids_exist(hashes)))


def restore(repo: "Repo", stage: "PipelineStage") -> str | None:
    """Return in words what was brought from the remote, or why nothing could be; ``None`` where nothing is to bring.

    What the cache holds of the stage's runs and is corrupt is put aside first. What DVC knows of the ``stage`` is not
    what it was afterwards.
    """
    known = runs(repo, stage)
    for out in (out for run, _ in known for out in run.outs):
        listings.put_corrupt_aside(listings.cache(), out.def_path, out.hash_info.value)
    if not known or not storage.setting("core", "remote") or _is_had(known):
        return None
    try:
        remote.answering(repo)
        for run, note in known:
            try:
                repo.cloud.pull(_objects(run))
            except Exception as error:  # every kind of remote has errors of its own
                raise UserError(f"{remote.CONFIG}: the remote broke off: {storage.first_line(error)}") from None
            if _is_had([(run, note)]):
                return f"brought from {remote.where(repo)}, so it need not be executed"
        return None
    except UserError as error:
        return f"executed with these inputs before, but {error}"


def runs(repo: "Repo", stage: "PipelineStage") -> list[Run]:
    """Return the runs of a stage with the inputs of this moment."""
    from dvc.stage.cache import _can_hash, _get_stage_hash

    if not stage.changed_stage() and stage.deps_cached() and all(out.hash_info for out in stage.outs):
        return [(stage, None)]
    if not all(dep.exists for dep in stage.deps):
        return []
    stage.save_deps()
    if not _can_hash(stage):
        return []
    folder = Path(repo.stage_cache._get_cache_dir(_get_stage_hash(stage)))
    found = [(_read(repo, str(note)), note) for note in sorted(folder.glob("*"))]
    return [(run, note) for run, note in found if run]


def forget(repo: "Repo", stage: "PipelineStage") -> None:
    """Remove DVC's notes of the runs of a stage with the inputs of this moment, so that it is executed again."""
    for _, note in runs(repo, stage):
        if note:
            shutil.rmtree(note.parent, ignore_errors=True)  # DVC fails where it finds a folder of notes without any


def _is_had(known: Iterable[Run]) -> bool:
    """Return whether the cache has what came out of a run, whose note is then the newest: DVC looks at no other."""
    for run, note in known:
        if run.outs_cached():
            if note:
                newest = max(one.stat().st_mtime for one in note.parent.iterdir())
                os.utime(note, (newest + 1, newest + 1))
            return True
    return False


def _names(store: "ObjectDB", kind: str = listings.NOTES) -> set[str]:
    """Return the names of the notes, or of another kind of files, in a cache or remote."""
    folder = store.fs.join(store.path, kind)
    return {store.fs.relpath(path, store.path) for path in store.fs.find(folder)} if store.fs.exists(folder) else set()


def _copy_digests(source: "ObjectDB", target: "ObjectDB") -> None:
    """Copy the records of SHA-256 that a cache or remote lacks from another."""
    _copy(_names(source, digest_records.FOLDER) - _names(target, digest_records.FOLDER), source, target)


def _copy(those: Iterable[str], source: "ObjectDB", target: "ObjectDB") -> None:
    """Copy notes from a cache or remote to another."""
    from dvc.fs import generic

    def one(name: str) -> None:
        generic.copy(source.fs, source.fs.join(source.path, name), target.fs, target.fs.join(target.path, name))

    with ThreadPoolExecutor() as pool:
        list(pool.map(one, those))


def _read(repo: "Repo", note: str) -> "PipelineStage | None":
    """Return the stage that a note speaks of, with the hashes of what came out; ``None`` where it cannot be read."""
    entry = repo.stage_cache._load_cache(*Path(note).parts[-2:])
    return repo.stage_cache._create_stage(entry) if entry else None


def _objects(stage: "PipelineStage") -> set["HashInfo"]:
    """Return the hashes of all files that came out of a run; of folders whose list is nowhere, none."""
    return {one for found in stage.get_used_objs(force=True).values() for one in found}


def main(argv: Sequence[str] | None = None) -> None:
    """Push or pull, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["push", "pull"])
    print({"push": push, "pull": pull}[parser.parse_args(argv).what]())


if __name__ == "__main__":
    command.run(main)
