"""What files and folders hold, as DVC hashes it, without reading again what has not changed since.

DVC's hash of a folder is the MD5 of a list of the files in it, with ``.dir`` behind it. What was hashed once is kept in
``.dvc/tmp/contents.json`` beside a signature of the files' sizes, times and numbers; to lose it costs reading, no more.
"""

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from darkroom.archives.names import is_unicode, show
from darkroom.core.errors import UserError
from darkroom.core.files import read_json, write_json

FOLDER_ENDING = ".dir"
KEPT = Path(".dvc/tmp/contents.json")
IGNORED = Path(".dvcignore")
ALWAYS_IGNORED = (".hg/", ".git/", ".git", ".dvc/")
"""DVC's own patterns."""


@dataclass(frozen=True)
class Content:
    """A file's MD5 and size in bytes; of a folder DVC's hash, the sum of sizes and the number of files."""

    md5: str
    size: int | None
    files: int | None = None

    def same_as(self, other: "Content | None") -> bool:
        """Return whether the bytes are the same."""
        return other is not None and self.md5 == other.md5


def files_below(folder: Path, dead_links: bool = True) -> dict[str, os.stat_result]:
    """Return every file below ``folder`` with its status, by path within it; links are followed, dead ones left out.

    Without ``dead_links`` there must be none: DVC cannot hash a folder that has one.

    Raises:
        UserError: a name is not UTF-8, or what it names cannot be read to an end, such as a pipe or a circle of links.
    """
    found = {}
    for parent, folders, names in os.walk(folder, followlinks=True):
        for name in (*folders, *names):
            if not is_unicode(name):
                raise UserError(f"{show(Path(parent, name))}: the name is not UTF-8; rename it")
        for name in folders:
            if _leads_back(folder, Path(parent, name)):
                raise UserError(f"{show(Path(parent, name))}: a link to a folder in which it lies itself; remove it")
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118  Path is slow for tens of thousands of files
            try:
                found[os.path.relpath(path, folder)] = status = os.stat(path)  # noqa: PTH116
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ELOOP):
                    raise
                if dead_links or not Path(path).is_symlink():
                    continue
                leads = f"a link to {show(Path(path).readlink())}, which leads nowhere"
                raise UserError(f"{show(path)}: {leads}; mend or remove it") from None
            if not stat.S_ISREG(status.st_mode):
                raise UserError(f"{show(path)}: neither a file nor a folder; put a file in its place or remove it")
    return found


def _leads_back(top: Path, path: Path) -> bool:
    """Return whether ``path`` is a link to one of the folders, from ``top`` on, by which it was reached."""
    if not path.is_symlink():
        return False
    target = path.resolve()
    return any(target == one.resolve() for one in path.parents if one == top or top in one.parents)


def seen_by_dvc(folder: Path, names: Iterable[str]) -> list[str]:
    """Return the files below ``folder`` that DVC does not leave out, of itself or by .dvcignore.

    .dvcignore says nothing of places outside the working folder.
    """
    from pathspec import PathSpec

    root = Path.cwd()
    inside = folder.resolve().relative_to(root) if folder.resolve().is_relative_to(root) else None
    own = IGNORED.read_text(encoding="utf-8").splitlines() if inside and IGNORED.exists() else []
    ignored = PathSpec.from_lines("gitignore", [*ALWAYS_IGNORED, *own])
    return [name for name in names if not ignored.match_file(str(Path(inside or "", name)))]


def content(path: Path) -> Content | None:
    """Return what the file or folder holds, by reading all of it, or ``None`` where there is none."""
    return content_and_files(path)[0]


def content_and_files(path: Path) -> tuple[Content | None, dict[str, str]]:
    """Return what the file or folder holds, as :func:`content`, and of a folder the MD5 of each file by its name."""
    if not path.is_dir():
        return (Content(_md5(path), path.stat().st_size) if path.exists() else None), {}
    seen = _seen_below(path)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        files = dict(zip(seen, pool.map(_md5, [path / name for name in seen]), strict=True))
    return Content(of_folder(files), sum(status.st_size for status in seen.values()), len(files)), files


def _seen_below(folder: Path) -> dict[str, os.stat_result]:
    statuses = files_below(folder)
    return {name: statuses[name] for name in seen_by_dvc(folder, statuses)}


def of_folder(files: Mapping[str, str]) -> str:
    """Return DVC's hash of a folder from the MD5 of each file by its path within the folder."""
    listed = [{"md5": files[name], "relpath": name} for name in sorted(files)]
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + FOLDER_ENDING


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def signature(path: Path) -> str | None:
    """Return a text that changes when a file is written, replaced, added or removed; ``None`` where there is none."""
    if not path.exists():
        return None
    found = (_seen_below(path) if path.is_dir() else {}) or {"": path.stat()}
    facts = [(name, one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino) for name, one in sorted(found.items())]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _kept() -> dict[str, list]:
    """Return what was kept, as far as it can be read."""
    with suppress(OSError, ValueError):
        found = read_json(KEPT)
        return {path: one for path, one in found.items() if _is_kept(one)} if isinstance(found, dict) else {}
    return {}


def _is_kept(one: object) -> bool:
    match one:
        case [str(), str(), int(), int() | None]:
            return True
    return False


class Contents:
    """Contents by path; those hashed earlier are believed while their signature stays."""

    def __init__(self) -> None:
        self._kept = _kept()
        self._new: dict[str, list] = {}
        self._seen: dict[str, Content | None] = {}
        self._files: dict[str, dict[str, str]] = {}

    def __call__(self, path: str) -> Content | None:
        """Return what a file or folder holds, or ``None`` where there is none; looked at once."""
        if path not in self._seen:
            self._seen[path] = self._content(path)
        return self._seen[path]

    def _content(self, path: str) -> Content | None:
        before = signature(Path(path))
        known = self._kept.get(path)
        if before and known and known[0] == before:
            return Content(*known[1:])
        found, self._files[path] = content_and_files(Path(path)) if before else (None, {})
        if found and signature(Path(path)) == before:  # not written to meanwhile
            self._kept[path] = self._new[path] = [before, found.md5, found.size, found.files]
        return found

    def listing(self, folder: str) -> dict[str, str]:
        """Return the MD5 of each file in a folder, by its path within it; read again, unless it was just hashed."""
        return self._files.get(folder) or content_and_files(Path(folder))[1]

    def forget(self) -> None:
        """Look at everything again when it is asked for next."""
        self._seen.clear()
        self._files.clear()

    def keep(self, least: int = 0) -> None:
        """Keep the hashes of what has at least so many bytes for the next time, beside those of other processes."""
        if new := {path: one for path, one in self._new.items() if one[2] >= least}:
            write_json(KEPT, {**_kept(), **new})
