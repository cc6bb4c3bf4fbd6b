"""DVC's notes of runs, its run cache: what a stage's command gave for which inputs, here and in the remote.

Before a job, what its stage gave whoever executed it with the inputs of this moment is had in DVC's cache; DVC then
takes it from there instead of executing the stage. `dvc repro --pull` would do so too, but looks at the newest note
alone, copies all for every job, and fails where the remote is out of reach: a laptop on a train must still compute.
DVC 3.67 has no public way to a single note, hence the names that begin with an underscore.
"""

import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from darkroom.core.errors import UserError
from workflow import storage
from workflow.cache import NOTES
from workflow.remote import CONFIG

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_objects.db import ObjectDB


def restore(repo: "Repo", stage: "PipelineStage") -> str | None:
    """Return in words what was brought from the remote, or why nothing could be; ``None`` where nothing is to bring.

    What DVC knows of the ``stage`` is not what it was afterwards.
    """
    if not storage.configured():
        return None
    known = runs(repo, stage)
    for run, note in known:
        if run.outs_cached():
            prefer(note)
            return None
    if not known:
        return None
    try:
        storage.answering(repo)
        for run, note in known:
            fetch(repo, run)
            if run.outs_cached():
                prefer(note)
                return f"brought from {storage.where(repo)}, so it need not be executed"
        return None
    except UserError as error:
        return f"executed with these inputs before, but {error}"


def runs(repo: "Repo", stage: "PipelineStage") -> "list[tuple[PipelineStage, Path | None]]":
    """Return the runs of a stage with the inputs of this moment, each with its note; dvc.lock's own has none."""
    from dvc.stage.cache import _can_hash, _get_stage_hash

    if not stage.changed_stage() and stage.deps_cached() and all(out.hash_info for out in stage.outs):
        return [(stage, None)]
    if not all(dep.exists for dep in stage.deps):
        return []
    stage.save_deps()
    if not _can_hash(stage):
        return []
    folder = Path(repo.stage_cache._get_cache_dir(_get_stage_hash(stage)))
    found = [(read(repo, str(note)), note) for note in sorted(folder.glob("*"))]
    return [(run, note) for run, note in found if run]


def forget(repo: "Repo", stage: "PipelineStage") -> None:
    """Remove DVC's notes of the runs of a stage with the inputs of this moment, so that it is executed again."""
    for _, note in runs(repo, stage):
        if note:
            shutil.rmtree(note.parent, ignore_errors=True)  # DVC fails where it finds a folder of notes without any


def prefer(note: Path | None) -> None:
    """Make a note the newest of its kind, which is the only one that DVC looks at."""
    if note:
        newest = max(one.stat().st_mtime for one in note.parent.iterdir())
        os.utime(note, (newest + 1, newest + 1))


def names(store: "ObjectDB") -> set[str]:
    """Return the names of the notes in a cache or remote."""
    folder = store.fs.join(store.path, NOTES)
    return {store.fs.relpath(path, store.path) for path in store.fs.find(folder)} if store.fs.exists(folder) else set()


def copy(those: Iterable[str], source: "ObjectDB", target: "ObjectDB") -> None:
    """Copy notes from a cache or remote to another."""
    from dvc.fs import generic

    def one(name: str) -> None:
        generic.copy(source.fs, source.fs.join(source.path, name), target.fs, target.fs.join(target.path, name))

    with ThreadPoolExecutor() as pool:
        list(pool.map(one, those))


def read(repo: "Repo", note: str) -> "PipelineStage | None":
    """Return the stage that a note speaks of, with the hashes of what came out; ``None`` where it cannot be read."""
    entry = repo.stage_cache._load_cache(*Path(note).parts[-2:])
    return repo.stage_cache._create_stage(entry) if entry else None


def objects(stage: "PipelineStage") -> set["HashInfo"]:
    """Return the hashes of all files that came out of a run; of folders whose list is nowhere, none."""
    return {one for found in stage.get_used_objs(force=True).values() for one in found}


def fetch(repo: "Repo", stage: "PipelineStage") -> None:
    """Bring into the cache what came out of a run, as far as the remote has it.

    Raises:
        UserError: the remote broke off.
    """
    try:
        repo.cloud.pull(objects(stage))
    except Exception as error:  # every kind of remote has errors of its own
        raise UserError(f"{CONFIG}: the remote broke off: {storage.first_line(error)}") from None
