"""What files and folders hold, as DVC hashes it, and by SHA-256; which files DVC sees in a folder.

DVC's hash of a folder is the MD5 of a list of the files in it, with ``.dir`` behind it.
"""

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from darkroom.archives.names import is_unicode, show
from darkroom.core.errors import UserError
from workflow import digests
from workflow.digests import Digest

FOLDER_ENDING = ".dir"
IGNORED = Path(".dvcignore")
ALWAYS_IGNORED = (".hg/", ".git/", ".git", ".dvc/")
"""DVC's own patterns."""


@dataclass(frozen=True)
class Content:
    """A file's MD5, size in bytes and SHA-256, where that is known.

    Of a folder DVC's hash, the sum of sizes, the number of files, and the SHA-256 of workflow/digests.py.
    """

    md5: str
    size: int | None
    files: int | None = None
    sha256: str | None = None

    def same_as(self, other: "Content | None") -> bool:
        """Return whether DVC takes the bytes for the same."""
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


def content_and_files(path: Path, known: Mapping[str, Digest] = {}) -> tuple[Content | None, dict[str, str]]:
    """Return what the file or folder holds, as :func:`content`, and of a folder the MD5 of each file by its name.

    Files of a folder whose digests are ``known`` by their name are not read.
    """
    if not path.is_dir():
        return (of_file(digests.read_file(path)) if path.exists() else None), {}
    seen = seen_below(path)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        read = pool.map(lambda name: known.get(name) or digests.read_file(path / name), seen)
        files = dict(zip(seen, read, strict=True))
    return of_files(files), {name: one.md5 for name, one in files.items()}


def of_file(digest: Digest) -> Content:
    """Return the content of a file with these digests."""
    return Content(digest.md5, digest.size, sha256=digest.sha256)


def of_files(files: Mapping[str, Digest]) -> Content:
    """Return the content of a folder from the digests of its files by their path within it."""
    hashed = of_folder({name: one.md5 for name, one in files.items()})
    return Content(hashed, sum(one.size for one in files.values()), len(files), digests.of_folder(files))


def seen_below(folder: Path) -> dict[str, os.stat_result]:
    """Return the files below ``folder`` that DVC does not leave out, as :func:`files_below`."""
    statuses = files_below(folder)
    return {name: statuses[name] for name in seen_by_dvc(folder, statuses)}


def of_folder(files: Mapping[str, str]) -> str:
    """Return DVC's hash of a folder from the MD5 of each file by its path within the folder."""
    listed = [{"md5": files[name], "relpath": name} for name in sorted(files)]
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + FOLDER_ENDING


def signature(path: Path) -> str | None:
    """Return a text that changes when a file is written, replaced, added or removed; ``None`` where there is none."""
    if not path.exists():
        return None
    found = (seen_below(path) if path.is_dir() else {}) or {"": path.stat()}
    facts = [(name, one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino) for name, one in sorted(found.items())]
    return hashlib.sha256(repr(facts).encode()).hexdigest()
