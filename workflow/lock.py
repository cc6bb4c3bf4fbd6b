"""dvc.lock: what each stage was executed with and what came out, by hash."""

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stages.errors import UserError
from stages.parameters.base import EXPONENT
from workflow.hashes import Content

FILE = Path("dvc.lock")
CONFLICT = "<<<<<<< "
DAMAGED = (yaml.YAMLError, AttributeError, KeyError, TypeError)
"""What reading raises where something else than DVC wrote."""


class _Loader(yaml.CSafeLoader):
    """YAML in which 1e-05 is a number, as it is to DVC, which writes it so."""


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(rf"^{EXPONENT.pattern}$"), list("-+0123456789"))


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
        document = yaml.load(text, Loader=_Loader) or {}
        return {name: _entry(name, content) for name, content in (document.get("stages") or {}).items()}
    except DAMAGED:
        raise UserError(f"{FILE}: not what DVC writes; take it from git again: git checkout {FILE}") from None


def noted(name: str, text: str) -> Entry | None:
    """Return the entry that a note of DVC's run cache would be as ``name`` in dvc.lock; ``None`` if it is damaged."""
    try:
        return _entry(name, yaml.load(text, Loader=_Loader))
    except DAMAGED:
        return None


def read() -> dict[str, Entry]:
    """Return the entries of dvc.lock, none where there is no such file.

    Raises:
        UserError: as :func:`parsed`.
    """
    return parsed(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def read_while_written() -> dict[str, Entry]:
    """Return the entries of dvc.lock, which another job's DVC may be writing at this moment: it does so in place.

    Raises:
        UserError: as :func:`parsed`.
    """
    text, before = _text(), None
    while text != before:
        time.sleep(0.05)
        text, before = _text(), text
    return parsed(text)


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
