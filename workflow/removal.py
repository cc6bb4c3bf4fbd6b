"""Removing what stages made: what nothing asks for any more, or everything.

python -m workflow.removal prune      what belongs to no entry of params.yaml any more
python -m workflow.removal clean      everything that can be made again, but the environment
"""

import argparse
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from stages import command
from stages.files import written
from workflow import lock, quantities
from workflow.pipeline import Pipeline, opened

MADE_BY_TOOLS = (".snakemake", ".scratch", "logs", ".dvc/cache", ".dvc/tmp", "report.html")


def size(path: Path) -> int:
    """Return the bytes in a file, or in all files below a folder."""
    files = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    return sum(file.lstat().st_size for file in files if file.is_symlink() or file.is_file())


def remove(paths: Iterable[Path]) -> int:
    """Remove files and folders, saying each with its size, and return the bytes freed."""
    freed = 0
    for path in paths:
        if not path.exists() and not path.is_symlink():
            continue
        count = size(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        print(f"removed {path} ({quantities.size(count)})")
        freed += count
        _remove_empty(path.parent)
    return freed


def _remove_empty(folder: Path) -> None:
    while folder != Path() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def made(pipeline: Pipeline) -> list[Path]:
    """Return the outermost folders that hold what stages make, or made when dvc.lock was written."""
    outs = {Path(out) for out in pipeline.producers} | set(recorded())
    return sorted({Path(*out.parts[:2]) if out.parts[0] != "data" else out for out in outs})


def recorded() -> list[Path]:
    """Return the outs that dvc.lock records, of stages that are and stages that were."""
    return [Path(out) for entry in lock.read().values() for out in entry.outs]


def forget(stages: Iterable[str]) -> list[str]:
    """Drop the entries of dvc.lock that are none of ``stages``, and return their names."""
    if not lock.FILE.exists():
        return []
    yaml = YAML()
    content = yaml.load(lock.FILE.read_text(encoding="utf-8"))
    stale = [name for name in content["stages"] if name not in set(stages)]
    for name in stale:
        del content["stages"][name]
    if stale:
        with written(lock.FILE) as temporary, temporary.open("w", encoding="utf-8") as file:
            yaml.dump(content, file)
    return stale


def record_again(pipeline: Pipeline, removed: Iterable[Path]) -> None:
    """Let DVC see the folders that stages depend on without what was removed from them."""
    for stage in pipeline.stages.values():
        folders = {Path(dep) for dep in stage.deps if dep not in pipeline.producers}
        made = all(Path(out).exists() for out in stage.outs)
        if made and any(folders & set(path.parents) for path in removed):
            done = subprocess.run(
                ["dvc", "--wait-for-lock", "repro", "--quiet", "--single-item", stage.name], check=False
            )
            print(f"{stage.name}: {'made again' if done.returncode == 0 else 'to be made again by snakemake'}")


def main(argv: Sequence[str] | None = None) -> None:
    """Prune or clean, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["prune", "clean"])
    what = parser.parse_args(argv).what
    pipeline = opened()
    if what == "prune":
        known = recorded()
        leftovers = [path for path in pipeline.leftovers() if any(out.is_relative_to(path) for out in known)]
        for stray in sorted(set(pipeline.leftovers()) - set(leftovers)):
            print(f"left {stray}: {lock.FILE} knows nothing of it")
        freed = remove(leftovers)
        if stale := forget(pipeline.stages):
            print(f"dropped from {lock.FILE}: {', '.join(stale)}")
        record_again(pipeline, leftovers)
    else:
        freed = remove([*made(pipeline), *map(Path, MADE_BY_TOOLS)])
    print(f"{quantities.size(freed)} freed" if freed else "nothing to remove")


if __name__ == "__main__":
    command.run(main)
