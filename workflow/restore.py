"""Before a job: have in DVC's cache what its stage gave whoever executed it with the inputs of this moment.

DVC then takes it from there instead of executing the stage. `dvc repro --pull` would do so too, but copies all notes
for every job, and fails where the remote is out of reach: a laptop on a train must still compute.
"""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from darkroom.core.errors import UserError
from workflow import storage

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import PipelineStage


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
            storage.fetch(repo, run)
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
    found = [(storage.run(repo, str(note)), note) for note in sorted(folder.glob("*"))]
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
