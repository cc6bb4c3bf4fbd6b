"""MD5 and SHA-256 of files from one read of each, and the SHA-256 of a folder.

DVC knows files by their MD5, which somebody can make two files share. Nobody is known to be able to with SHA-256, so it
is recorded beside it (workflow/digest_records.py). While DVC hashes what a stage read or wrote, :func:`listen` has both
from its read.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHUNK = 2**20
"""Bytes read at once."""


@dataclass(frozen=True)
class Digest:
    """The MD5, SHA-256 and size in bytes of what a file held that had been ``written`` at that time, in ns."""

    md5: str
    sha256: str
    size: int
    written: int

    def is_of(self, status: os.stat_result) -> bool:
        """Return whether a file with this status was not written to since."""
        return (self.size, self.written) == (status.st_size, status.st_mtime_ns)


def read_file(path: str | Path) -> Digest:
    """Return the digests of a file, which is read once.

    Raises:
        OSError: it cannot be read.
    """
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  DVC gives a text
        written = os.fstat(file.fileno()).st_mtime_ns
        while chunk := file.read(CHUNK):
            md5.update(chunk)
            sha256.update(chunk)
            size += len(chunk)
    return Digest(md5.hexdigest(), sha256.hexdigest(), size, written)


class Listed:
    """The SHA-256 of a folder, of the digests of its files, added sorted by their path in it, ``/`` between its parts.

    It is that of the JSON, in ASCII and without spaces, of a list: of each file [path, size, SHA-256].
    """

    def __init__(self) -> None:
        self._hash, self._before = hashlib.sha256(b"["), ""

    def add(self, path: str, digest: Digest) -> None:
        """Add the next file."""
        entry = json.dumps([path, digest.size, digest.sha256], separators=(",", ":"))
        self._hash.update(f"{self._before}{entry}".encode())
        self._before = ","

    def sha256(self) -> str:
        """Return the SHA-256 of the folder, in hex, when all files were added."""
        self._hash.update(b"]")
        return self._hash.hexdigest()


@contextmanager
def listen() -> Iterator[dict[str, Digest]]:
    """Give the digests, by absolute path, of the local files that DVC hashes meanwhile in this process.

    DVC reads a file for its MD5 alone. tests/workflow/test_digests.py fails when it no longer reads it this way.
    """
    from dvc_data.hashfile import hash as dvcs
    from dvc_objects.fs.local import LocalFileSystem

    heard: dict[str, Digest] = {}
    theirs = dvcs.file_md5

    def file_md5(fname: Any, fs: Any = None, callback: Any = None, name: str = "md5", size: int | None = None) -> str:
        if not isinstance(fs, LocalFileSystem) or name != "md5":
            return theirs(fname, fs, callback, name, size)
        heard[os.path.abspath(fname)] = found = read_file(fname)  # noqa: PTH100
        if callback is not None:
            callback.relative_update(found.size)
        return found.md5

    dvcs.file_md5 = file_md5
    try:
        yield heard
    finally:
        dvcs.file_md5 = theirs
