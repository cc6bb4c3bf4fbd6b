"""At the start of Snakemake: what no longer is what dvc.lock records, by content, becomes what its jobs run for."""

import atexit
import sys
import time
from collections.abc import Collection, Set
from contextlib import chdir
from pathlib import Path

from darkroom.core import program
from darkroom.core.errors import UserError
from darkroom.params.base import read
from darkroom.pipeline import command, origins, planning, template
from workflow import jobs, listings, reasons, recording, storage
from workflow.changes import Inspection, is_outside
from workflow.contents import Contents
from workflow.guard import replace_missing
from workflow.pipeline import Pipeline
from workflow.reasons import Concerned, concerned, reached
from workflow.removal import clear, sweep

QUERIES = {
    *("-l", "-S", "-D", "--lint", "--list", "--list-rules", "--list-target-rules", "--list-changes"),
    *("--list-input-changes", "--list-params-changes", "--list-untracked", "--summary", "--detailed-summary"),
    *("--unlock", "--containerize", "--dag", "--rulegraph", "--filegraph", "--d3dag"),
}
"""Words of Snakemake's command line that ask for something to read."""
INCOMPLETE = Path(".snakemake/incomplete")
"""Where Snakemake marks what a job was at when it was killed. It would make that again, also where the job had recorded
it, and nothing of what comes after: of jobs behind one that it is forced to run it looks at the times alone."""


def reconcile(pipeline: Pipeline, dry: bool, words: Collection[str] = ()) -> None:
    """Tell Snakemake, and the user, which stages no longer are what dvc.lock records.

    Nothing is removed or restored in a ``dry`` run, or one that only shows something, and nothing written while
    another run is at work here. Where the ``words`` of the command line name studies, the user is told of these
    alone, and these alone are restored.

    Raises:
        UserError: dvc.lock cannot be read, or a source is missing that is needed.
    """
    is_beside = command.is_snakemake_at_work()
    changes_nothing = is_beside or dry or not QUERIES.isdisjoint(word.partition("=")[0] for word in words)
    contents = Contents()
    if not changes_nothing:
        tidy(pipeline, contents)
    inspection = Inspection(pipeline.stages, recording.read(), contents)
    named = [study for study in pipeline.parameters.studies if study in words]
    ends = (end for study in named for end in planning.list_ends(study, pipeline.values))
    wanted: Set[str] = reached(ends, inspection.upstream()) if named else pipeline.stages.keys()
    found = _restored(inspection, set() if changes_nothing else wanted)
    contents.keep()
    origins.check_sources(pipeline.parameters, pipeline.stages.keys() - (found.stale & wanted))
    pipeline.concerned = set(found.changes)
    if not is_beside:
        ours = {path for one in pipeline.stages.values() for path in (*one.deps, *one.outs) if not is_outside(path)}
        reasons.date_back(ours)
        reasons.give(pipeline.stages, found.changes)
        read_then = {one.md5 for entry in inspection.entries.values() for one in entry.deps.values()}
        sources = {dep for one in pipeline.stages.values() for dep in one.deps if is_outside(dep)}
        listings.prune(read_then | {now.md5 for dep in sources if (now := contents(dep))})
        for line in reasons.told(found, wanted):
            print(line, file=sys.stderr)


def tidy(pipeline: Pipeline, contents: Contents) -> None:
    """Join what earlier runs have recorded, as this one's will be at its end, and remove what is left of them.

    Raises:
        UserError: something else is where a folder of outputs belongs.
    """
    for folder in sorted({parent for out in pipeline.producers for parent in Path(out).parents}):
        if not folder.is_dir() and (folder.exists() or folder.is_symlink()):
            found = "a file" if folder.exists() else f"a link to {folder.readlink()}, which leads nowhere"
            raise UserError(f"{folder}: {found}, where a folder of outputs belongs; mend or remove it")
    while any(jobs.wait_for_another(stage) for stage in pipeline.stages):  # left on a cluster by one that was killed,
        time.sleep(jobs.BEAT)  # and others that follow them: we would take away what they are about to write
    recording.join(pipeline.stages)
    record_check()
    atexit.register(record, pipeline, Path.cwd())
    for mark in filter(Path.is_file, INCOMPLETE.rglob("*")):
        mark.unlink(missing_ok=True)
    sweep()
    clear(pipeline, contents)


def record(pipeline: Pipeline, folder: Path) -> None:
    """Join what jobs have recorded to the dvc.lock in ``folder``; say in one line why it can't be."""
    try:
        with chdir(folder):  # Snakemake goes back to where it was started
            recording.join(pipeline.stages)
    except Exception as error:
        print(f"error: {program.describe(error)}", file=sys.stderr)


def record_check() -> None:
    """Record that the plan, which has just been written, holds: what DVC would by executing the check."""
    check = template.read_check()
    values = {file: (keys, read(Path(file))) for file, keys in check.params.items()}
    params = {file: {key: found.get(key) for key in sorted(keys)} for file, (keys, found) in values.items()}
    content = {"cmd": check.command, "params": params}  # sorted as by DVC
    known = recording.of([check.name]).get(check.name)
    if known is None or known.content != content:
        recording.keep(check.name, content)


def _restored(inspection: Inspection, stages: Set[str]) -> Concerned:
    """Return what must be looked at again; what ``stages`` lack, and DVC's cache has, is there then.

    Snakemake would look again at all that reads it.
    """
    found = concerned(inspection)
    there = {name: changes for name, changes in found.changes.items() if name in stages - found.stale}
    missing = [change.subject for changes in there.values() for change in changes if change.kind == "missing"]
    if not missing:
        return found
    with storage.alone({}) as repo:
        replace_missing(missing, inspection, repo)
    return concerned(inspection)
