"""A software bill of materials of the locked environment: CycloneDX 1.6, in JSON.

It says what the locks say: each package, its version, the SHA-256 of every file that may be installed for it, what it
is needed for and by, and its licence, as the metadata of the installed package have it. It holds no time, so equal
locks give equal bytes.
"""

import json
import tomllib
import uuid
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from darkroom.cards.licences import Licence, find_licence
from darkroom.cards.locks import DEVELOPMENT, Pinned, read_lock
from darkroom.core.errors import UserError

PROJECT = Path("pyproject.toml")
SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""RFC 4122's, of addresses."""
MARKER = "darkroom:marker"
"""The property that says where a package is installed, as the lock does."""


def compose(locks: Sequence[str]) -> dict[str, Any]:
    """Return the bill of ``locks``, that of what is needed to run first; a package counts for the first that has it.

    Raises:
        UserError: a lock or pyproject.toml is missing.
    """
    root = describe_project()
    packages: dict[tuple[str, str], Pinned] = {}
    scopes: dict[tuple[str, str], str] = {}
    for name in locks:
        for one in read_lock(name):
            packages.setdefault((one.name, one.version), one)
            scopes.setdefault((one.name, one.version), "excluded" if name == DEVELOPMENT else "required")
    every = sorted(packages.values(), key=lambda one: (one.name, one.version))
    content = {
        "metadata": {"lifecycles": [{"phase": "pre-build"}], "component": root},
        "components": [describe_package(one, scopes[one.name, one.version]) for one in every],
        "dependencies": list_dependencies(every, root["bom-ref"]),
    }
    number = uuid.uuid5(NAMESPACE, json.dumps(content, sort_keys=True))
    head = {"$schema": SCHEMA, "bomFormat": "CycloneDX", "specVersion": "1.6"}
    return {**head, "serialNumber": f"urn:uuid:{number}", "version": 1, **content}


def describe_project() -> dict[str, Any]:
    """Return the component that the bill is of.

    Raises:
        UserError: there is no pyproject.toml here.
    """
    if not PROJECT.is_file():
        raise UserError(f"{PROJECT}: no such file; run this in the folder of the project")
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    return {
        "type": "application",
        "bom-ref": project["name"],
        "name": project["name"],
        "version": project["version"],
        "description": project["description"],
        "licenses": [{"license": {"id": project["license"]}}],
    }


def describe_package(one: Pinned, scope: str) -> dict[str, Any]:
    """Return a package as a component; its licence only where this version of it is installed."""
    licence = find_licence(one.name) if _find_version(one.name) == one.version else None
    return {
        "type": "library",
        "bom-ref": name_package(one),
        "name": one.name,
        "version": one.version,
        "scope": scope,
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in one.hashes],
        **({"licenses": [state_licence(licence)]} if licence else {}),
        "purl": name_package(one),
        **({"properties": [{"name": MARKER, "value": one.marker}]} if one.marker else {}),
    }


def state_licence(licence: Licence) -> dict[str, Any]:
    """Return a licence as a bill has it."""
    return {"expression": licence.name} if licence.is_spdx else {"license": {"name": licence.name}}


def name_package(one: Pinned) -> str:
    """Return a package's address, without that of an index."""
    return f"pkg:pypi/{one.name}@{one.version}"


def list_dependencies(packages: Sequence[Pinned], root: str) -> list[dict[str, Any]]:
    """Return what each package, and the project, asks for."""
    needed: dict[str, set[str]] = {root: set(), **{name_package(one): set() for one in packages}}
    named: dict[str, list[str]] = {}
    for one in packages:
        named.setdefault(one.name, []).append(name_package(one))
    for one in packages:
        for via in one.via:
            askers = named.get(via, [] if " " not in via else [root])
            for asker in askers:
                needed[asker].add(name_package(one))
    return [{"ref": ref, "dependsOn": sorted(asked)} for ref, asked in needed.items()]


def _find_version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
