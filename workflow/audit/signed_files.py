"""The files that a signature covers: which they are, what is said of them, and which are not as they were signed."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from darkroom.core.errors import UserError
from darkroom.core.files import sha256
from darkroom.core.one_line import escape_controls
from darkroom.core.progress import show_progress
from workflow.audit.installed import LOCKS
from workflow.changes import is_outside

if TYPE_CHECKING:  # whoever verifies has no need of DVC
    from workflow.audit.lineage import Step

RESULTS = "results"


def list_signed(steps: "Iterable[Step]") -> list[Path]:
    """Return every file that steps wrote, read or were made of, and the locks of the environment, by name.

    What was brought from outside this folder is not among them; its copies are, in data/raw.

    Raises:
        UserError: one is not here.
    """
    every = {item.path for step in steps for item in (*step.code, *step.inputs, *step.outs)}
    listed = {path for path in every if not is_outside(path)}
    if lost := sorted(path for path in listed if not Path(path).exists()):
        raise UserError(f"{escape_controls(lost[0])}: not here, and is to be signed; run make pull, or snakemake")
    return sorted({file for path in listed for file in walk_files(Path(path))} | set(LOCKS.glob("*.txt")))


def walk_files(path: Path) -> Iterator[Path]:
    """Yield a file, or every file in a folder, but for what Python compiled."""
    if path.is_file():
        yield path
    for folder, below, names in os.walk(path):
        below[:] = [name for name in below if name != "__pycache__"]
        yield from (Path(folder, name) for name in names)


def describe(paths: Sequence[str], steps: "Iterable[Step]") -> dict[str, Any]:
    """Return what is said of the files that are signed: of each step the command, the parameters and the commit."""
    return {
        "paths": list(paths),
        "steps": [
            {"name": step.name, "command": step.command, "params": step.params, "commit": step.commit} for step in steps
        ],
    }


def compare(signed: Mapping[str, str], task: str) -> Iterator[str]:
    """Yield a line for each file that is not as it was signed, is not here, or stands among results and was not signed.

    Raises:
        UserError: a path that was signed leads out of this folder.
    """
    if outside := [path for path in signed if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts]:
        raise UserError(f"{escape_controls(outside[0])}: signed, but not in this folder")
    here = [path for path in signed if Path(path).is_file() and not Path(path).is_symlink()]
    with ThreadPoolExecutor() as pool:  # hashing leaves Python to other threads
        hashes = show_progress(pool.map(sha256, map(Path, here)), len(here), task, "files")
        for path, found in zip(here, hashes, strict=True):
            if found != signed[path]:
                yield f"{path}: changed since it was signed"
    yield from (f"{path}: signed, but not here" for path in signed if path not in here)
    folders = {folder for path in signed if path.startswith(f"{RESULTS}/") for folder in list(Path(path).parents)[:-2]}
    present = {str(file) for folder in folders if folder.is_dir() for file in walk_files(folder)}
    yield from (f"{path}: here, but not signed" for path in sorted(present - set(signed)))
