"""Where results come from, in facts that anybody can check: the commit, and the hashes of archives and models."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from darkroom.core.filenames import ARCHIVES
from darkroom.pages.evaluations import read_rows
from darkroom.pipeline import git, recorded, template


@dataclass(frozen=True)
class Archive:
    """An archive as it was delivered, or as it was drawn; ``size`` in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Origin:
    """Of a model: the commit of the project (and if files differ from it), its hashes, and what it began with."""

    commit: str | None
    is_changed: bool
    sha256: str
    md5: str
    recorded_md5: str | None
    """What dvc.lock has of it; ``None`` where it says nothing."""
    archives: tuple[Archive, ...]


def find_commit() -> tuple[str | None, bool]:
    """Return the commit of the project in the working folder, and if tracked files differ from it.

    None without git, or where git does not know the project, which may lie in somebody else's repository.
    """
    if git.printed("ls-files", "--error-unmatch", "--", template.FILE) is None:
        return None, False
    commit = (git.printed("rev-parse", "HEAD") or "").strip()
    changes = git.printed("status", "--porcelain", "--untracked-files=no") or ""
    return commit or None, bool(changes.strip())


def list_archives(folder: Path) -> tuple[Archive, ...]:
    """Return the archives that ``fetch`` wrote to ``folder``; none where it has not run."""
    if not (folder / ARCHIVES).is_file():
        return ()
    rows = read_rows(folder / ARCHIVES)
    return tuple(Archive(row["name"], int(row["bytes"]), row["sha256"]) for row in rows)


def trace_model(file: Path, name: str | None = None, archives: Path | None = None) -> Origin:
    """Return where the model in ``file`` comes from; ``name`` is its path in the project, ``None`` if it is of none."""
    content = file.read_bytes()
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    commit, is_changed = find_commit() if name else (None, False)
    known = recorded.read_hashes("outs").get(name) if name else None
    listed = list_archives(archives) if archives else ()
    return Origin(commit, is_changed, hashlib.sha256(content).hexdigest(), md5, known, listed)
