"""dvc.lock: what each stage was executed with and what came out, by hash."""

import fcntl
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stages.errors import UserError
from stages.parameters.base import Loader
from workflow.hashes import Content

FILE = Path("dvc.lock")
CONFLICT = "<<<<<<< "
BUSY = Path(".dvc/tmp/lock")
"""The file that DVC locks while it works."""
PATIENCE = 10.0
"""Seconds to wait for DVC to end."""
RESTING = 0.2
"""Seconds in which a file is written on that is not whole."""
DAMAGED = (yaml.YAMLError, AttributeError, KeyError, TypeError)
"""What reading raises where something else than DVC wrote."""


@dataclass(frozen=True)
class Entry:
    """What dvc.lock says of a stage: ``params`` by file and dotted key, ``deps`` and ``outs`` by path."""

    name: str
    command: str
    params: Mapping[str, Mapping[str, Any]]
    deps: Mapping[str, Content]
    outs: Mapping[str, Content]


def parsed(text: str) -> dict[str, Entry]:
    """Return the entries of a dvc.lock by stage.

    Raises:
        UserError: git left a conflict in it, or it is not what DVC writes.
    """
    if any(line.startswith(CONFLICT) for line in text.splitlines()):
        raise UserError(f"{FILE}: holds a merge conflict; run make merge")
    try:
        document = yaml.load(text, Loader=Loader) or {}
        return {name: _entry(name, content) for name, content in (document.get("stages") or {}).items()}
    except DAMAGED:
        raise UserError(f"{FILE}: not what DVC writes; take it from git again: git checkout {FILE}") from None


def noted(name: str, text: str) -> Entry | None:
    """Return the entry that a note of DVC's run cache would be as ``name`` in dvc.lock; ``None`` if it is damaged."""
    try:
        return _entry(name, yaml.load(text, Loader=Loader))
    except DAMAGED:
        return None


def read(patience: float = PATIENCE) -> dict[str, Entry]:
    """Return the entries of dvc.lock, none where there is no such file.

    DVC empties the file and then writes it, while it holds its lock of the repository. What is read then is not
    believed, unless DVC holds it for more than ``patience`` seconds, as for a push, and the file rests.

    Raises:
        UserError: as :func:`parsed`.
    """
    end = time.monotonic() + patience
    while FILE.exists():
        busy, text = dvc_is_busy(), _text()
        if not busy and not dvc_is_busy():
            return parsed(text)
        time.sleep(RESTING)
        if time.monotonic() > end and text.strip() and text == _text():
            with suppress(UserError):  # still half a file
                return parsed(text)
    return {}


def dvc_is_busy() -> bool:
    """Return whether DVC holds its lock of the repository at this moment."""
    try:
        with BUSY.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # none yet, or of a file system without locks
        return False
    return False


def _text() -> str:
    return FILE.read_text(encoding="utf-8", errors="replace") if FILE.exists() else ""


def _entry(name: str, content: Mapping[str, Any]) -> Entry:
    return Entry(
        name=name,
        command=content["cmd"],
        params=content.get("params", {}),
        deps=_contents(content.get("deps", [])),
        outs=_contents(content.get("outs", [])),
    )


def _contents(listed: list[Mapping[str, Any]]) -> dict[str, Content]:
    return {
        os.path.normpath(one["path"]): Content(one["md5"], one.get("size"), one.get("nfiles"))
        for one in listed
        if "md5" in one
    }
