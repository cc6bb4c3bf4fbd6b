"""The SHA-256 of all that a stage read and wrote, recorded beside dvc.lock, which holds DVC's MD5 alone.

Each run has a file in ``sha256`` of DVC's cache: in a folder named by what it read (the stage, its command, parameters
and the MD5 of its dependencies) a file named by the MD5 of what it wrote. So where dvc.lock has the MD5 of something
else, the record of the run that there was is still found. What DVC made alone, or a Darkroom that knew no SHA-256, has
no record. ``make push`` and ``make pull`` bring them along.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from darkroom.core.files import read_json, write_json
from workflow.contents import Contents
from workflow.digests import Digest
from workflow.hashes import Content
from workflow.lock import Entry

FOLDER = "sha256"
"""Where in the cache the records are."""
HEX = frozenset("0123456789abcdef")
Hashes = Mapping[str, tuple[str, str]]
"""MD5 and SHA-256 by path."""


@dataclass(frozen=True)
class Record:
    """What a run read and wrote."""

    deps: Hashes
    outs: Hashes


def keep(cache: Path, entry: Entry, contents: Contents, heard: Mapping[str, Digest]) -> None:
    """Record the SHA-256 of what a stage read and wrote, whose MD5 its ``entry`` has, where that can be written.

    What DVC has just read (``heard``) is not read again. What no longer has its MD5 is left out.
    """
    read = {path: contents.with_sha256(path) for path in entry.deps}
    wrote = {path: contents.read_by_dvc(path, heard) or contents.with_sha256(path) for path in entry.outs}
    sections = {"deps": _pair(entry.deps, read), "outs": _pair(entry.outs, wrote)}
    with suppress(PermissionError):  # a cache that others made, and share to be read
        write_json(_find_place(cache, entry), {"stage": entry.name, **sections})


def _pair(recorded: Mapping[str, Content], found: Mapping[str, Content | None]) -> dict[str, dict[str, str | None]]:
    same = {path: now for path, one in recorded.items() if (now := found[path]) and one.same_as(now)}
    return {path: {"md5": one.md5, "sha256": one.sha256} for path, one in same.items()}


def attach(cache: Path, entry: Entry) -> Entry:
    """Return an entry with the SHA-256 that were recorded of it, as far as there are any."""
    record = _read(_find_place(cache, entry))
    if record is None:
        return entry

    def known(contents: Mapping[str, Content], hashes: Hashes) -> dict[str, Content]:
        pairs = {path: hashes.get(path, ("", "")) for path in contents}
        return {
            path: replace(one, sha256=pairs[path][1]) if pairs[path][0] == one.md5 else one
            for path, one in contents.items()
        }

    return replace(entry, deps=known(entry.deps, record.deps), outs=known(entry.outs, record.outs))


def list_with_same_inputs(cache: Path, entry: Entry) -> Iterator[Record]:
    """Yield the records of all runs of a stage with the command, parameters and dependencies of an entry."""
    found = (_read(file) for file in sorted(_find_place(cache, entry).parent.glob("[!.]*.json")))
    yield from (record for record in found if record)


def _find_place(cache: Path, entry: Entry) -> Path:
    read = [entry.name, entry.command, entry.params, {path: one.md5 for path, one in entry.deps.items()}]
    inputs, outs = _hash(read), _hash({path: one.md5 for path, one in entry.outs.items()})
    return cache / FOLDER / inputs[:2] / inputs / f"{outs}.json"


def _hash(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _read(file: Path) -> Record | None:
    """Return a record; ``None`` where there is none, or something else."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        content = read_json(file)
        return Record(*({path: _check(one) for path, one in content[name].items()} for name in ("deps", "outs")))
    return None


def _check(hashes: Mapping[str, str]) -> tuple[str, str]:
    md5, sha256 = hashes["md5"], hashes["sha256"]
    if len(sha256) != 64 or not HEX.issuperset(sha256):
        raise ValueError(f"{sha256}: no SHA-256")
    return md5, sha256
