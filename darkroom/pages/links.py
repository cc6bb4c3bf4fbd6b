"""Addresses on a page: relative, quoted, and never of another machine."""

import os
from pathlib import Path
from urllib.parse import quote, urlsplit

MANY = "*"
"""Stands in a path for the name of any model."""


def locate(file: Path | str, page: Path) -> str:
    """Return the address of ``file`` as seen from ``page``; both are paths from the folder of the project."""
    return quote(Path(os.path.relpath(file, page.parent)).as_posix())


def is_relative(address: str) -> bool:
    """Return whether an address leads to a file beside the page, and nowhere else, whatever it is called."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc and not parts.path.startswith(("/", "\\"))
