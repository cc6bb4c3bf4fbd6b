"""What lies where stages write, but belongs to nothing in params.yaml: of a model removed, or of another branch.

Left in a folder that a stage depends on, it would count as that stage's input. What DVC's cache also holds is removed
from there before Snakemake plans its jobs; a switch back to the other branch restores it without a training. What a
process that was killed left half-written is removed as well, wherever Darkroom writes.
"""

import shutil
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from darkroom.core import scratch
from darkroom.core.files import BESIDE, is_abandoned
from darkroom.pipeline import template
from darkroom.reporting import quantities
from workflow import cache
from workflow.hashes import Contents, files_below, seen_by_dvc

WRITTEN = (
    *(".", "workflow", ".dvc/tmp", ".dvc/tmp/*", ".snakemake/reasons"),
    *("data/*", "exports/**", "logs/**", "models/**", "results/**"),
)
"""The folders, as patterns, where files and folders are written beside their place."""


def leftovers(definitions: Mapping[str, Any], outs: Iterable[str]) -> list[Path]:
    """Return what the paths of dvc.yaml's ``definitions`` match and is none of ``outs``; outermost folders."""
    current = {Path(out) for out in outs}
    kept = current | {parent for out in current for parent in out.parents}
    patterns = {
        template.EXPRESSION.sub("*", path)
        for definition in definitions.values()
        for path in template.list_outs(definition["do"])
    }
    found = {path for pattern in patterns for path in Path().glob(pattern) if path not in kept}
    return sorted({next(p for p in reversed([path, *path.parents][:-1]) if p not in kept) for path in found})


def clear(found: Iterable[Path], stages: Iterable[template.Stage], contents: Contents) -> None:
    """Remove leftovers from the folders that ``stages`` depend on, those that DVC's cache holds, saying each."""
    folders = {Path(dep) for stage in stages for dep in stage.deps}
    inside = [path for path in found if folders & set(path.parents)]
    kept = cache.folder() if inside else None
    gone = [path for path in inside if kept and all(_is_cached(file, kept, contents) for file in _files(path))]
    remove(gone, sys.stderr, "; params.yaml does not ask for it, DVC's cache keeps it")


def sweep() -> None:
    """Remove what processes that were killed left half-written, saying each."""
    scratches = [
        (scratch.find_folder(kind), folder) for kind in (scratch.FEATURES, scratch.BACKUPS) for folder in (".", "*")
    ]
    places = [*((Path(), folder) for folder in WRITTEN), *scratches]
    found = {path for top, folder in places for path in top.glob(f"{folder}/{BESIDE}*") if is_abandoned(path)}
    for path in sorted(found):
        with suppress(OSError):  # another user's, or another process was quicker
            remove([path], sys.stderr, "; a process that was killed left it half-written")


def _files(path: Path) -> list[Path]:
    return [path / name for name in seen_by_dvc(path, files_below(path))] if path.is_dir() else [path]


def _is_cached(file: Path, kept: Path, contents: Contents) -> bool:
    found = contents(str(file))
    return found is not None and cache.place(kept, found.md5).exists()


def size(path: Path) -> int:
    """Return the bytes in a file, or in all files below a folder."""
    files = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    return sum(file.lstat().st_size for file in files if file.is_symlink() or file.is_file())


def remove(paths: Iterable[Path], told: TextIO = sys.stdout, why: str = "") -> int:
    """Remove files and folders, telling each with its size, and return the bytes freed."""
    freed = 0
    for path in paths:
        if not path.exists() and not path.is_symlink():
            continue
        count = size(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        print(f"removed {path} ({quantities.size(count)}){why}", file=told)
        freed += count
        _remove_empty(path.parent)
    return freed


def _remove_empty(folder: Path) -> None:
    """Remove a folder of this checkout that holds nothing, and those around it."""
    while folder != Path() and not folder.is_absolute() and ".." not in folder.parts and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
