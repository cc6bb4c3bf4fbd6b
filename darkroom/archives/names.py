"""Names of files and folders: which of them can be written down, and how a message shows any of them in one line."""

import os
import re
from pathlib import Path
from unicodedata import normalize

from darkroom.core.errors import UserError

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""A character that would break a line of the index, or of a message."""
LONGEST = 255
"""Bytes of a file name that Linux' file systems take."""


def is_unicode(name: str) -> bool:
    """Return whether the bytes of a name, on disk or in an archive, are UTF-8; others become lone surrogates."""
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def show(name: str | Path) -> str:
    """Return a name or a path for a message: as it is, or quoted if it would break the line or is not UTF-8."""
    text = str(name)
    if not is_unicode(text):
        try:
            return repr(os.fsencode(text))
        except UnicodeEncodeError:  # not from a disk
            return ascii(text)
    return repr(text) if CONTROL.search(text) else text


def check_writable(path: Path) -> None:
    """Check that the last name of ``path`` can be written into a table.

    Raises:
        UserError: it is not UTF-8, or has a control character.
    """
    if not is_unicode(path.name):
        raise UserError(f"{show(path)}: the name is not UTF-8; rename it")
    if CONTROL.search(path.name):
        raise UserError(f"{show(path)}: has a control character in its name; rename it")


def can_be_class(label: str) -> bool:
    """Return whether a class can be the name of a folder."""
    is_path = not label or label.startswith(".") or "/" in label or "\\" in label
    return is_unicode(label) and not (is_path or CONTROL.search(label) or len(label.encode()) > LONGEST)


def fold_name(name: str) -> str:
    """Return what is the same of names that differ in nothing but capitals or in how Unicode writes a letter."""
    return normalize("NFC", name).casefold()
