"""dvc.lock: what each stage was executed with and what came out, by hash. No job reads or writes it (recording.py)."""

import fcntl
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from darkroom.core.errors import UserError
from darkroom.params.yaml_files import Loader
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
NAME = re.compile(r"^  ([^\s:'\"-][^\s:]*):\n", re.MULTILINE)
"""The first line of a stage's entry."""


@dataclass(frozen=True)
class Entry:
    """What dvc.lock says of a stage: ``params`` by file and dotted key, ``deps`` and ``outs`` by path."""

    name: str
    command: str
    params: Mapping[str, Mapping[str, Any]]
    deps: Mapping[str, Content]
    outs: Mapping[str, Content]


class Entries(Mapping[str, Entry]):
    """The entries of a dvc.lock by stage; each is taken apart when it is asked for."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take each entry's part of the file."""
        self.texts = texts
        self._known: dict[str, Entry] = {}

    def __getitem__(self, name: str) -> Entry:
        """Return the entry of a stage.

        Raises:
            UserError: it is not what DVC writes.
        """
        if name not in self.texts:
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = _entry(name, self.raw(name))
        return self._known[name]

    def raw(self, name: str) -> dict[str, Any]:
        """Return an entry as it stands in the file; nothing of a stage that has none.

        Raises:
            UserError: it is not what DVC writes.
        """
        if name not in self.texts:
            return {}
        try:
            return yaml.load(self.texts[name], Loader=Loader)[name]
        except yaml.YAMLError:
            raise damaged() from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)


def parsed(text: str) -> Entries:
    """Return the entries of a dvc.lock by stage.

    Raises:
        UserError: git left a conflict in it, or it is not what DVC writes; of an entry, when it is asked for.
    """
    if f"\n{CONFLICT}" in f"\n{text}":
        raise UserError(f"{FILE}: holds a merge conflict; run make merge")
    text += "" if text.endswith("\n") or not text else "\n"
    body = text.removeprefix(HEAD)
    starts = [match.start() for match in NAME.finditer(body)]
    if body == text or starts[:1] != [0] or re.search(r"^\S", body, re.MULTILINE):
        return Entries(_rewritten(text))
    parts = (body[start:end] for start, end in zip(starts, [*starts[1:], len(body)], strict=True))
    return Entries({part[2 : part.index(":\n")]: part for part in parts})


def _rewritten(text: str) -> dict[str, str]:
    """Return the part of each stage as DVC would lay it out, of a file that somebody laid out otherwise."""
    try:
        stages = (yaml.load(text, Loader=Loader) or {}).get("stages") or {}
        return {name: indent(yaml.safe_dump({name: entry}, sort_keys=False), "  ") for name, entry in stages.items()}
    except DAMAGED:
        raise damaged() from None


def damaged() -> UserError:
    """Return the error for a dvc.lock that something else than DVC wrote."""
    return UserError(f"{FILE}: not what DVC writes; take it from git again: git checkout {FILE}")


def text_of(texts: Mapping[str, str]) -> str:
    """Return a dvc.lock of these entries, as DVC writes it."""
    return HEAD + "".join(texts.values()) if texts else HEAD.replace("stages:\n", "stages: {}\n")


def noted(name: str, text: str) -> Entry | None:
    """Return the entry that a note of DVC's run cache would be as ``name`` in dvc.lock; ``None`` if it is damaged."""
    try:
        return _entry(name, yaml.load(text, Loader=Loader))
    except (UserError, yaml.YAMLError):
        return None


def now() -> Entries:
    """Return the entries of dvc.lock while nobody writes it.

    Raises:
        UserError: as :func:`parsed`.
    """
    return parsed(_text())


def written(patience: float = PATIENCE) -> Entries:
    """Return the entries of dvc.lock alone; none where there is no such file.

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
                dict(found := parsed(text))
                return found
    return Entries({})


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


def _text() -> str:
    return FILE.read_text(encoding="utf-8", errors="replace") if FILE.exists() else ""


def _entry(name: str, content: Any) -> Entry:
    try:
        return Entry(
            name=name,
            command=content["cmd"],
            params=content.get("params", {}),
            deps=_contents(content.get("deps", [])),
            outs=_contents(content.get("outs", [])),
        )
    except DAMAGED:
        raise damaged() from None


def _contents(listed: list[Mapping[str, Any]]) -> dict[str, Content]:
    return {
        os.path.normpath(one["path"]): Content(one["md5"], one.get("size"), one.get("nfiles"))
        for one in listed
        if "md5" in one
    }
