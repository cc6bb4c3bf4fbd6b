"""Folders and files that an app may write to: what lies there already is not lost."""

from collections.abc import Collection
from pathlib import Path

from darkroom.core.errors import UserError


def check_folder(out: Path, written: Collection[str], mark: str) -> Path:
    """Return ``out``, which is new, empty, or holds what was written earlier: some of ``written``, ``mark`` among it.

    Raises:
        UserError: it is a file, the working folder or around it, or holds something else.
    """
    if Path.cwd().is_relative_to(out.resolve()):
        raise UserError(f"{out}: is the folder that this runs in, or lies around it; name a new folder")
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: is a file; name a folder")
    held = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if held and (held - set(written) or mark not in held):
        other = min(held - set(written), default=min(held))
        raise UserError(f"{out}: holds something else ({other}), which would be lost; name a new folder")
    return out


def check_new_file(out: Path) -> Path:
    """Return ``out``, which people fill in once it is written.

    Raises:
        UserError: it exists.
    """
    if out.exists():
        raise UserError(f"{out}: exists, and what was filled in there would be lost; name another file with --out")
    return out
