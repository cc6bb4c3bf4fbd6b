"""Removing what lies where stages write: what is half-written, what nothing asks for any more, or everything.

    python -m workflow.removal prune      what belongs to no entry of params.yaml any more
    python -m workflow.removal clean      everything that can be made again, but the environment

What belongs to nothing in params.yaml, as of a model removed, or of another branch, would count as input of a stage
that depends on its folder. If DVC's cache holds it, too, it is removed from there before Snakemake plans its jobs; a
switch back to the other branch restores it without a training. What a process that was killed left half-written is
removed as well, wherever Darkroom writes.
"""

import argparse
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from darkroom.core import scratch
from darkroom.core.files import BESIDE, is_abandoned
from darkroom.pipeline import command, template
from darkroom.reporting import quantities
from workflow import listings, lock, recording
from workflow.contents import Contents
from workflow.hashes import seen_below
from workflow.pipeline import Pipeline

MADE_BY_TOOLS = (
    *(".snakemake", ".scratch", "logs", ".dvc/cache", ".dvc/tmp"),
    *("dvc_plots", "report.html", "results/index.html"),
)
SERIES = "dvclive/*/*/"
"""What trainings with the callback DVCLive write."""
WRITTEN = (
    *(".", "workflow", ".dvc/tmp", ".dvc/tmp/*", ".dvc/tmp/darkroom/records", ".snakemake/reasons"),
    *("data/*", "exports/**", "logs/**", "models/**", "results/**"),
)
"""The folders, as patterns, where files and folders are written beside their place."""


def leftovers(pipeline: Pipeline) -> list[Path]:
    """Return what the paths of dvc.yaml match and no stage writes; outermost folders."""
    current = {Path(out) for out in pipeline.producers}
    kept = current | {parent for out in current for parent in out.parents}
    paths = {path for one in pipeline.definitions.values() for path in template.list_outs(one["do"])}
    matched = {path for pattern in paths for path in Path().glob(template.EXPRESSION.sub("*", pattern))} - kept
    found = {path for path in matched if current.isdisjoint(path.parents)}
    return sorted({next(p for p in reversed([path, *path.parents][:-1]) if p not in kept) for path in found})


def clear(pipeline: Pipeline, contents: Contents) -> None:
    """Remove leftovers from the folders that stages depend on, those that DVC's cache holds, saying each."""
    folders = {Path(dep) for stage in pipeline.stages.values() for dep in stage.deps}
    inside = [path for path in leftovers(pipeline) if folders & set(path.parents)]
    kept = listings.cache() if inside else Path()

    def is_kept(path: Path) -> bool:
        files = [path / name for name in seen_below(path)] if path.is_dir() else [path]
        hashes = (found.md5 if (found := contents(str(file))) else "" for file in files)
        return all(md5 and listings.holds(kept, md5) for md5 in hashes)

    remove(filter(is_kept, inside), sys.stderr, "; params.yaml does not ask for it, DVC's cache keeps it")


def sweep() -> None:
    """Remove what processes that were killed left half-written, saying each."""
    kinds = (scratch.FEATURES, scratch.BACKUPS)
    scratches = [(scratch.find_folder(kind), folder) for kind in kinds for folder in (".", "*")]
    places = [*((Path(), folder) for folder in WRITTEN), *scratches]
    found = {path for top, folder in places for path in top.glob(f"{folder}/{BESIDE}*") if is_abandoned(path)}
    for path in sorted(found):
        with suppress(OSError):  # another user's, or another process was quicker
            remove([path], sys.stderr, "; a process that was killed left it half-written")


def remove(paths: Iterable[Path], told: TextIO = sys.stdout, why: str = "") -> int:
    """Remove files and folders, and folders then empty, telling each with its size; return the bytes freed."""
    freed = 0
    for path in filter(lambda path: path.exists() or path.is_symlink(), paths):
        is_folder = path.is_dir() and not path.is_symlink()
        files = path.rglob("*") if is_folder else [path]
        count = sum(file.lstat().st_size for file in files if file.is_symlink() or file.is_file())
        if is_folder:
            shutil.rmtree(path)
        else:
            path.unlink()
        print(f"removed {path} ({quantities.size(count)}){why}", file=told)
        freed += count
        if not path.is_absolute() and ".." not in path.parts:
            for folder in path.parents[:-1]:  # of this checkout
                with suppress(OSError):  # it holds something
                    folder.rmdir()
    return freed


def prune(pipeline: Pipeline) -> int:
    """Remove what stages wrote that are no more, and what is recorded of them, and return the bytes freed.

    Raises:
        UserError: DVC is at work on dvc.lock and goes on, or it is not what DVC writes.
    """
    known = recorded(pipeline)
    found = leftovers(pipeline)
    ours = [path for path in found if any(out.is_relative_to(path) for out in known)]
    for stray in sorted(set(found) - set(ours)):
        print(f"left {stray}: {lock.FILE} knows nothing of it")
    freed = remove(ours)
    if stale := recording.prune({*pipeline.stages, template.CHECK}):
        print(f"dropped from {lock.FILE}: {', '.join(stale)}")
    return freed


def clean(pipeline: Pipeline) -> int:
    """Remove the outermost folders that hold what stages make, or are known to have made; return the bytes freed."""
    outs = {*map(Path, pipeline.producers), *recorded(pipeline)}
    made = sorted({Path(*out.parts[:2]) if out.parts[0] != "data" else out for out in outs})
    return remove([*made, *Path().glob(SERIES), *map(Path, MADE_BY_TOOLS)])


def recorded(pipeline: Pipeline) -> list[Path]:
    """Return the outs that dvc.lock records, of stages that are and stages that were.

    What it names outside the folders that stages write to is none of theirs, whoever wrote dvc.lock.
    """
    outs = [Path(out) for entry in recording.read().values() for out in entry.outs]
    tops = {Path(out).parts[0] for one in pipeline.definitions.values() for out in template.list_outs(one["do"])}
    return [out for out in outs if len(out.parts) > 1 and out.parts[0] in tops]


def main(argv: Sequence[str] | None = None) -> None:
    """Prune or clean, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["prune", "clean"])
    freed = {"prune": prune, "clean": clean}[parser.parse_args(argv).what](Pipeline())
    print(f"{quantities.size(freed)} freed" if freed else "nothing to remove")


if __name__ == "__main__":
    command.run(main)
