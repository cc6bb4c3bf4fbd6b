"""The locks of the environment, requirements/*.txt: every package with its version, hashes, and what asks for it."""

import re
from dataclasses import dataclass
from pathlib import Path

from darkroom.core.errors import UserError

FOLDER = Path("requirements")
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))?\s*\\?$")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
VIA = re.compile(r"^\s+#(?: via)?\s*(.*)$")
DEVELOPMENT = "development"


@dataclass(frozen=True)
class Pinned:
    """A package in a lock; ``hashes`` are the SHA-256 of its files, one for each platform, and of its sources."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    via: tuple[str, ...]
    """The packages that ask for it; one with a file's name behind it is a project."""


def read_lock(name: str) -> list[Pinned]:
    """Return the packages in the lock ``name``, such as ``cpu``.

    Raises:
        UserError: there is no such lock.
    """
    file = FOLDER / f"{name}.txt"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.txt"))) or "none"
        raise UserError(f"{file}: no such lock; there is {known}, in the folder of the project")
    lines = file.read_text(encoding="utf-8").splitlines()
    starts = [place for place, line in enumerate(lines) if PINNED.match(line)]
    ends = [*starts[1:], len(lines)]
    return [_read_package(lines[start:end]) for start, end in zip(starts, ends, strict=True)]


def _read_package(lines: list[str]) -> Pinned:
    found = PINNED.match(lines[0])
    assert found is not None
    hashes = [digest for line in lines for digest in HASH.findall(line)]
    via = [match[1].strip() for line in lines[1:] if (match := VIA.match(line)) and match[1].strip()]
    return Pinned(found["name"], found["version"], found["marker"] or "", tuple(hashes), tuple(via))
