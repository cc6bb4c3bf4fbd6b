"""What files and folders hold, as DVC hashes it, and by SHA-256; which files DVC sees in a folder.

DVC's hash of a folder is the MD5 of a list of the files in it, with ``.dir`` behind it.
"""

import errno
import hashlib
import json
import os
import stat
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
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
AT_ONCE = 256
"""Files that a thread hashes, and lines of a folder's list that are written, at a time."""


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


class Digests(Mapping[str, str]):
    """The MD5 of each file of a folder by its path within it, in a fifth of the memory that a dictionary takes."""

    def __init__(self, names: list[str], digests: bytes) -> None:
        """``names`` are sorted; ``digests`` has 16 bytes for each."""
        self._names, self._digests = names, digests

    def __getitem__(self, name: str) -> str:
        """Return the MD5 of a file, in hex."""
        place = bisect_left(self._names, name)
        if self._names[place : place + 1] != [name]:
            raise KeyError(name)
        return self._digests[16 * place : 16 * place + 16].hex()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, sorted."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self._names)


def files_below(folder: Path, dead_links: bool = True) -> list[str]:
    """Return every file below ``folder``, by path within it; links are followed, dead ones left out.

    Without ``dead_links`` there must be none: DVC cannot hash a folder that has one.

    Raises:
        UserError: a name is not UTF-8, or what it names cannot be read to an end, such as a pipe or a circle of links.
    """
    found, above = [], len(os.path.join(folder, ""))  # noqa: PTH118  Path is slow for tens of thousands of files
    for parent, folders, names in os.walk(folder, followlinks=True):
        for name in (*folders, *names):
            if not is_unicode(name):
                raise UserError(f"{show(Path(parent, name))}: the name is not UTF-8; rename it")
        for name in folders:
            if _leads_back(folder, Path(parent, name)):
                raise UserError(f"{show(Path(parent, name))}: a link to a folder in which it lies itself; remove it")
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118
            try:
                status = os.stat(path)  # noqa: PTH116
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ELOOP):
                    raise
                if dead_links or not Path(path).is_symlink():
                    continue
                leads = f"a link to {show(Path(path).readlink())}, which leads nowhere"
                raise UserError(f"{show(path)}: {leads}; mend or remove it") from None
            if not stat.S_ISREG(status.st_mode):
                raise UserError(f"{show(path)}: neither a file nor a folder; put a file in its place or remove it")
            found.append(path[above:])
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
    above = os.path.join(inside or "", "").removeprefix("./")  # noqa: PTH118
    return [name for name in names if not ignored.match_file(above + name)]


def content(path: Path) -> Content | None:
    """Return what the file or folder holds, by reading all of it, or ``None`` where there is none."""
    return content_and_files(path)[0]


def content_and_files(path: Path, known: Mapping[str, Digest] = {}) -> tuple[Content | None, Mapping[str, str]]:
    """Return what the file or folder holds, as :func:`content`, and of a folder the MD5 of each file by its name.

    Files of a folder whose digests are ``known`` by their name are not read.
    """
    if not path.is_dir():
        return (of_file(digests.read_file(path)) if path.exists() else None), {}
    names = seen_below(path)
    return of_files(names, _read_files(path, names, known))


def of_file(digest: Digest) -> Content:
    """Return the content of a file with these digests."""
    return Content(digest.md5, digest.size, sha256=digest.sha256)


def of_files(names: list[str], each: Iterable[Digest]) -> tuple[Content, Digests]:
    """Return the content of a folder, and the MD5 of each file, from the digests of its files, sorted by name."""
    md5, size, listed = bytearray(), 0, digests.Listed()
    for name, one in zip(names, each, strict=True):
        md5 += bytes.fromhex(one.md5)
        size += one.size
        listed.add(name, one)
    files = Digests(names, bytes(md5))
    return Content(of_folder(files), size, len(files), listed.sha256()), files


def seen_below(folder: Path) -> list[str]:
    """Return the files below ``folder`` that DVC does not leave out, as :func:`files_below`, sorted."""
    return sorted(seen_by_dvc(folder, files_below(folder)))


def of_folder(files: Mapping[str, str]) -> str:
    """Return DVC's hash of a folder from the MD5 of each file by its path within the folder."""
    digest, names = hashlib.md5(b"[", usedforsecurity=False), sorted(files)
    for start in range(0, len(names), AT_ONCE):
        listed = [{"md5": files[name], "relpath": name} for name in names[start : start + AT_ONCE]]
        digest.update(f"{', ' if start else ''}{json.dumps(listed, sort_keys=True)[1:-1]}".encode())
    digest.update(b"]")
    return digest.hexdigest() + FOLDER_ENDING


def _read_files(folder: Path, names: list[str], known: Mapping[str, Digest]) -> Iterator[Digest]:
    """Yield the digests of each file, in order; on every processor, with few under way."""
    threads = len(os.sched_getaffinity(0))
    under_way: deque[Future[list[Digest]]] = deque()

    def read_some(some: list[str]) -> list[Digest]:
        return [known.get(name) or digests.read_file(os.path.join(folder, name)) for name in some]  # noqa: PTH118

    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(names), AT_ONCE):
            if len(under_way) == 2 * threads:
                yield from under_way.popleft().result()
            under_way.append(pool.submit(read_some, names[start : start + AT_ONCE]))
        while under_way:
            yield from under_way.popleft().result()


def signature(path: Path) -> str | None:
    """Return a text that changes when a file is written, replaced, added or removed; ``None`` where there is none."""
    if not path.exists():
        return None
    digest = hashlib.sha256()
    for name in (seen_below(path) if path.is_dir() else []) or [""]:
        with suppress(FileNotFoundError):  # removed meanwhile
            one = os.stat(os.path.join(path, name) if name else path)  # noqa: PTH116, PTH118
            digest.update(repr((name, one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino)).encode())
    return digest.hexdigest()
