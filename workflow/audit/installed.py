"""The installed libraries, file by file, against the lists that came with them, and against the locks.

Each package's RECORD lists its files with their SHA-256. An edited, missing or added file is found; and a package in
another version than the locks have, or in none of them. Two things no one can know without the archives that were
installed: whether somebody also edited RECORD (the locks have the hash of an archive, which is not kept), and what
Python has compiled (``__pycache__``). ``make distclean environment`` installs all anew, by these hashes.
"""

import csv
import hashlib
import os
import re
import sysconfig
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

UNKNOWN = "not known without their archives: whether a list was edited, too, and what Python has compiled"
LOCKS = Path("requirements")
ENVIRONMENTS_OWN = {"pip", "setuptools"}
"""Packages that Python puts into every environment that it makes."""
VIRTUALENV = {"_virtualenv.py", "_virtualenv.pth"}
"""What other makers of environments add, and list nowhere."""
CODE = {".py", ".so", ".pth", ".pyc"}
COMPILED = "__pycache__"
ALGORITHM = "sha256="
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\\n]+)", re.MULTILINE)


@dataclass(frozen=True)
class Listed:
    """A file as a package lists it: its place, its SHA-256 (base64, without padding) and its package in words."""

    file: str
    sha256: str
    package: str


@dataclass(frozen=True)
class Libraries:
    """What was compared: ``mismatches`` are lines, each of which names a package or a file."""

    mismatches: tuple[str, ...]
    packages: int
    files: int
    bytes: int
    seconds: float


def verify(folder: Path | None = None, locks: Path = LOCKS) -> Libraries:
    """Return how the libraries in ``folder``, those of this Python if none is named, are as they were installed."""
    began = time.perf_counter()
    folder = folder or Path(sysconfig.get_path("purelib"))
    found = sorted(metadata.distributions(path=[str(folder)]), key=lambda one: _normalize(one.name))
    mismatches = list(find_unlocked(found, locks))
    known: set[str] = set()
    listed: list[Listed] = []
    for one in found:
        package = f"{one.name} {one.version}"  # once, as it reads a file
        rows = list(csv.reader((one.read_text("RECORD") or "").splitlines()))
        if not rows:
            mismatches.append(f"{package} has no list of its files: install it again")
        for path, digest, *_ in rows:
            file = os.path.normpath(os.path.join(folder, path))  # noqa: PTH118  Path is slow for a hundred thousand
            known.add(file)
            if digest.startswith(ALGORITHM):
                listed.append(Listed(file, digest.removeprefix(ALGORITHM), package))
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        read = list(pool.map(_hash, [one.file for one in listed]))
    for one_listed, (now, _) in zip(listed, read, strict=True):
        if now != one_listed.sha256:
            what = "is not what was installed" if now else "is missing"
            mismatches.append(f"{one_listed.file}, of {one_listed.package}, {what}: make distclean environment")
    mismatches += [f"{file} is of no package: remove it" for file in find_unlisted(folder, known)]
    size = sum(count for _, count in read)
    return Libraries(tuple(mismatches), len(found), len(listed), size, time.perf_counter() - began)


def find_unlocked(found: Iterable[metadata.Distribution], locks: Path) -> Iterator[str]:
    """Return the packages that are not in the version of a lock, or in no lock; nothing where there are no locks."""
    pinned: dict[str, set[str]] = {}
    for file in sorted(locks.glob("*.txt")):
        for name, version in PINNED.findall(file.read_text(encoding="utf-8")):
            pinned.setdefault(_normalize(name), set()).add(version)
    for one in found if pinned else ():
        versions = pinned.get(_normalize(one.name), set())
        if not versions and _normalize(one.name) not in ENVIRONMENTS_OWN:
            yield f"{one.name} {one.version} is in no lock of {locks}: remove it, or make environment"
        elif versions and one.version not in versions:
            yield f"{one.name} {one.version} is installed, {locks} has {', '.join(sorted(versions))}: make environment"


def find_unlisted(folder: Path, known: set[str]) -> Iterator[str]:
    """Return the files below a folder that Python may run and that no package lists."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != COMPILED)
        for name in sorted(names):
            file = os.path.join(parent, name)  # noqa: PTH118
            if os.path.splitext(name)[1] in CODE and file not in known and name not in VIRTUALENV:  # noqa: PTH122
                yield file


def _normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _hash(file: str) -> tuple[str, int]:
    """Return the SHA-256 of a file as RECORD has it, and its bytes; an empty one where there is no such file."""
    try:
        with open(file, "rb") as opened:  # noqa: PTH123
            digest = hashlib.file_digest(opened, "sha256").digest()
            return urlsafe_b64encode(digest).rstrip(b"=").decode(), opened.tell()
    except FileNotFoundError:
        return "", 0
