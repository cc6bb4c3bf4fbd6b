"""What files and folders hold, as DVC hashes it, without reading again what has not changed since.

DVC's hash of a folder is the MD5 of a list of the files in it, with ``.dir`` behind it. What was hashed once is kept in
``.dvc/tmp/contents.json`` beside a signature of the files' sizes, times and numbers; to lose it costs reading, no more.
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
from darkroom.core.files import read_json, write_json

FOLDER_ENDING = ".dir"
KEPT = Path(".dvc/tmp/contents.json")
IGNORED = Path(".dvcignore")
ALWAYS_IGNORED = (".hg/", ".git/", ".git", ".dvc/")
"""DVC's own patterns."""
AT_ONCE = 256
"""Files that a thread hashes, and lines of a folder's list that are written, at a time."""
SMALL = 1 << 20
"""Bytes of a file that is read as a whole."""


@dataclass(frozen=True)
class Content:
    """A file's MD5 and size in bytes; of a folder DVC's hash, the sum of sizes and the number of files."""

    md5: str
    size: int | None
    files: int | None = None

    def same_as(self, other: "Content | None") -> bool:
        """Return whether the bytes are the same."""
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


def content_and_files(path: Path) -> tuple[Content | None, Mapping[str, str]]:
    """Return what the file or folder holds, as :func:`content`, and of a folder the MD5 of each file by its name."""
    if not path.is_dir():
        return (Content(_md5(str(path))[0].hex(), path.stat().st_size) if path.exists() else None), {}
    names, digests, size = _seen_below(path), bytearray(), 0
    for digest, read in _hash_files(path, names):
        digests += digest
        size += read
    files = Digests(names, bytes(digests))
    return Content(of_folder(files), size, len(files)), files


def _seen_below(folder: Path) -> list[str]:
    return sorted(seen_by_dvc(folder, files_below(folder)))


def of_folder(files: Mapping[str, str]) -> str:
    """Return DVC's hash of a folder from the MD5 of each file by its path within the folder."""
    digest, names = hashlib.md5(b"[", usedforsecurity=False), sorted(files)
    for start in range(0, len(names), AT_ONCE):
        listed = [{"md5": files[name], "relpath": name} for name in names[start : start + AT_ONCE]]
        digest.update(f"{', ' if start else ''}{json.dumps(listed, sort_keys=True)[1:-1]}".encode())
    digest.update(b"]")
    return digest.hexdigest() + FOLDER_ENDING


def _hash_files(folder: Path, names: list[str]) -> Iterator[tuple[bytes, int]]:
    """Yield the MD5 and the size of each file, in order; on every processor, with few under way."""
    threads = len(os.sched_getaffinity(0))
    under_way: deque[Future[list[tuple[bytes, int]]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(names), AT_ONCE):
            if len(under_way) == 2 * threads:
                yield from under_way.popleft().result()
            under_way.append(pool.submit(_hash_some, folder, names[start : start + AT_ONCE]))
        while under_way:
            yield from under_way.popleft().result()


def _hash_some(folder: Path, names: list[str]) -> list[tuple[bytes, int]]:
    return [_md5(os.path.join(folder, name)) for name in names]  # noqa: PTH118


def _md5(path: str) -> tuple[bytes, int]:
    """Return the MD5 of a file, and its size in bytes."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        digest, size = hashlib.md5(usedforsecurity=False), os.fstat(file.fileno()).st_size
        if size <= SMALL:
            digest.update(file.read())
        else:
            while chunk := file.read(SMALL):
                digest.update(chunk)
        return digest.digest(), size


def signature(path: Path) -> str | None:
    """Return a text that changes when a file is written, replaced, added or removed; ``None`` where there is none."""
    if not path.exists():
        return None
    digest = hashlib.sha256()
    for name in (_seen_below(path) if path.is_dir() else []) or [""]:
        with suppress(FileNotFoundError):  # removed meanwhile
            one = os.stat(os.path.join(path, name) if name else path)  # noqa: PTH116, PTH118
            digest.update(repr((name, one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino)).encode())
    return digest.hexdigest()


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
        self._files: dict[str, Mapping[str, str]] = {}

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

    def listing(self, folder: str) -> Mapping[str, str]:
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
