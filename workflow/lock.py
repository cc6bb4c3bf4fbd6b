"""dvc.lock: what each stage was executed with and what came out, by hash. No job reads or writes it (recording.py)."""

import fcntl
import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from darkroom.core.errors import UserError
from darkroom.params.yaml_dialect import Loader
from workflow.hashes import Content

FILE = Path("dvc.lock")
CONFLICT = "<<<<<<< "
BUSY = Path(".dvc/tmp/lock")
"""The file that DVC locks while it works."""
BY_LINKS = b".lock"
"""What that file holds, the name of another one, where ``core.hardlink_lock`` of DVC's configuration is set."""
PATIENCE = 10.0
"""Seconds to wait for DVC to end."""
RESTING = 0.2
"""Seconds in which a file is written on that is not whole."""
DAMAGED = (yaml.YAMLError, AttributeError, KeyError, TypeError)
"""What reading raises where something else than DVC wrote."""
HEAD = "schema: '2.0'\nstages:\n"
"""How DVC begins the file."""
START = re.compile(r"^(?=  [^\s:'\"-][^\s:]*:\n)", re.MULTILINE)
"""Where a stage's entry begins."""


@dataclass(frozen=True)
class Entry:
    """What dvc.lock says of a stage (``content``): ``params`` by file and dotted key, ``deps`` and ``outs`` by path."""

    name: str
    command: str
    params: Mapping[str, Mapping[str, Any]]
    deps: Mapping[str, Content]
    outs: Mapping[str, Content]
    content: Mapping[str, Any] = field(compare=False, repr=False)


def entry(name: str, content: Any) -> Entry:
    """Return what is recorded of a stage; raises one of ``DAMAGED`` where something else than DVC wrote it."""

    def hashed(kind: str) -> dict[str, Content]:
        listed = {os.path.normpath(one["path"]): one for one in content.get(kind, []) if "md5" in one}
        return {path: Content(one["md5"], one.get("size"), one.get("nfiles")) for path, one in listed.items()}

    return Entry(name, content["cmd"], content.get("params", {}), hashed("deps"), hashed("outs"), content)


def entries(texts: Mapping[str, str]) -> dict[str, Entry]:
    """Return the entry of each stage from its part of dvc.lock.

    Raises:
        UserError: one is not what DVC writes.
    """
    with _refused():
        return {name: entry(name, yaml.load(text, Loader=Loader)[name]) for name, text in texts.items()}


def parts(text: str) -> dict[str, str]:
    """Return the part of a dvc.lock that speaks of each stage, as DVC lays it out.

    Raises:
        UserError: git left a conflict in it, a stage stands there twice, or it is not what DVC writes.
    """
    if f"\n{CONFLICT}" in f"\n{text}":
        raise UserError(f"{FILE}: holds a merge conflict; run make merge")
    text += "" if text.endswith("\n") or not text else "\n"
    body = text.removeprefix(HEAD)
    before, *found = START.split(body)
    if body != text and not before and not re.search(r"^\S", body, re.MULTILINE):
        names = [part[2 : part.index(":\n")] for part in found]
        for twice in (name for name, count in Counter(names).items() if count > 1):
            raise UserError(f"{FILE}: {twice} stands there twice; take it from git again: git checkout {FILE}")
        return dict(zip(names, found, strict=True))
    with _refused():  # somebody laid it out otherwise
        stages = (yaml.load(text, Loader=Loader) or {}).get("stages") or {}
        return {name: indent(yaml.safe_dump({name: one}, sort_keys=False), "  ") for name, one in stages.items()}


def whole(texts: Mapping[str, str]) -> str:
    """Return a dvc.lock of these parts, as DVC writes it."""
    return HEAD + "".join(texts.values()) if texts else HEAD.replace("stages:\n", "stages: {}\n")


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except DAMAGED:
        raise UserError(f"{FILE}: not what DVC writes; take it from git again: git checkout {FILE}") from None


def read() -> str:
    """Return what is in the file at this moment; nothing where there is none."""
    return FILE.read_text(encoding="utf-8", errors="replace") if FILE.exists() else ""


def written(patience: float = PATIENCE) -> dict[str, str]:
    """Return the parts of dvc.lock while nobody writes it; none where there is no such file.

    DVC empties the file and then writes it, while it holds its lock of the repository. What is read then is not
    believed, unless DVC holds it for more than ``patience`` seconds, as for a push, and the file rests.

    Raises:
        UserError: as :func:`parts`.
    """
    end = time.monotonic() + patience
    while FILE.exists():
        busy, text = dvc_is_busy(), read()
        if not busy and not dvc_is_busy():
            return parts(text)
        time.sleep(RESTING)
        if time.monotonic() > end and text.strip() and text == read():
            with suppress(UserError):  # still half a file
                entries(found := parts(text))
                return found
    return {}


def dvc_is_busy() -> bool:
    """Return whether DVC holds its lock of the repository at this moment."""
    try:
        with BUSY.open("rb") as file:
            if BY_LINKS in file.read():  # it writes this, and removes the file in the end
                return True
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # none yet, or of a file system without locks
        return False
    return False
