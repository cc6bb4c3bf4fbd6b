"""Licences of installed packages, as their metadata say; nothing is guessed where they say nothing."""

import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

SILENT = {"", "UNKNOWN", "DUAL LICENSE"}
"""What a package without a licence in its metadata has there."""
LONGEST = 64
"""Characters of a name; some packages have the whole text in its place."""
CLASSIFIER = "License :: "
APACHE = re.compile(r"apache (?:software )?license,?\s+(?:version )?2\.0", re.IGNORECASE)
HEAD = 400
"""Characters of a licence's text within which its name stands."""
BROUGHT = re.compile(r"package (?P<name>\S+) (?P<version>\S+)$")
"""The end of what a model says of weights that a package brings."""


@dataclass(frozen=True)
class Licence:
    """A licence by its ``name``, which is an expression of SPDX' identifiers where ``is_spdx``."""

    name: str
    is_spdx: bool


def find_licence(package: str) -> Licence | None:
    """Return the licence of an installed package; nothing where it is not installed or says nothing."""
    try:
        found = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return None
    for expression in found.metadata.get_all("License-Expression") or []:
        return Licence(expression, True)
    classifiers = found.metadata.get_all("Classifier") or []
    named = [one.removeprefix(CLASSIFIER).rpartition(" :: ")[2] for one in classifiers if one.startswith(CLASSIFIER)]
    if named := [name for name in named if name != "OSI Approved"]:
        return Licence(" AND ".join(named) if len(named) > 1 else named[0], False)
    stated = " ".join(" ".join(found.metadata.get_all("License") or []).split())
    if stated.upper() not in SILENT and len(stated) <= LONGEST:
        return Licence(stated, False)
    return Licence("Apache-2.0", True) if _has_apache_text(found) else None


def _has_apache_text(found: metadata.Distribution) -> bool:
    files = [file for file in found.files or [] if re.match(r"LICEN[CS]E", file.name, re.IGNORECASE)]
    texts = (Path(file.locate()).read_text(encoding="utf-8", errors="replace") for file in files)
    return any(APACHE.search(text[:HEAD]) for text in texts)


def find_licence_of_weights(origin: str) -> Licence | None:
    """Return the licence of pretrained weights by what a model says of their ``origin``, where a package brings them.

    Of another version than is installed here, nothing is known.
    """
    brought = BROUGHT.search(origin)
    if brought is None:
        return None
    try:
        installed = metadata.version(brought["name"])
    except (metadata.PackageNotFoundError, ValueError):
        return None
    return find_licence(brought["name"]) if installed == brought["version"] else None
