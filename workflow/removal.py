"""Removing what stages made: what nothing asks for any more, or everything.

python -m workflow.removal prune      what belongs to no entry of params.yaml any more
python -m workflow.removal clean      everything that can be made again, but the environment
"""

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path

from darkroom.pipeline import command, template
from darkroom.reporting import quantities
from workflow import lock, recording
from workflow.leftovers import leftovers, remove
from workflow.pipeline import Pipeline, opened

MADE_BY_TOOLS = (".snakemake", ".scratch", "logs", ".dvc/cache", ".dvc/tmp", "dvc_plots", "report.html")


def made(pipeline: Pipeline) -> list[Path]:
    """Return the outermost folders that hold what stages make, or made when dvc.lock was written."""
    outs = {Path(out) for out in pipeline.producers} | set(recorded())
    return sorted({Path(*out.parts[:2]) if out.parts[0] != "data" else out for out in outs})


def recorded() -> list[Path]:
    """Return the outs that dvc.lock records, of stages that are and stages that were."""
    return [Path(out) for entry in recording.read().values() for out in entry.outs]


def forget(stages: Collection[str]) -> list[str]:
    """Drop the entries of dvc.lock that are none of ``stages``, and return their names.

    Raises:
        UserError: DVC is at work on it and goes on, or it is not what DVC writes.
    """
    recording.join(stages)
    stale = [name for name in lock.written() if name not in stages]
    if stale:
        recording.drop(stale)
    return stale


def main(argv: Sequence[str] | None = None) -> None:
    """Prune or clean, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["prune", "clean"])
    what = parser.parse_args(argv).what
    pipeline = opened()
    if what == "prune":
        known = recorded()
        found = leftovers(pipeline.definitions, pipeline.producers)
        ours = [path for path in found if any(out.is_relative_to(path) for out in known)]
        for stray in sorted(set(found) - set(ours)):
            print(f"left {stray}: {lock.FILE} knows nothing of it")
        freed = remove(ours)
        if stale := forget({*pipeline.stages, template.CHECK}):
            print(f"dropped from {lock.FILE}: {', '.join(stale)}")
    else:
        freed = remove([*made(pipeline), *map(Path, MADE_BY_TOOLS)])
    print(f"{quantities.size(freed)} freed" if freed else "nothing to remove")


if __name__ == "__main__":
    command.run(main)
