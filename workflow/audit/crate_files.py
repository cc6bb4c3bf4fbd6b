"""The files and folders of a crate: copied with their SHA-256, or described by what dvc.lock records of them.

Reads what is to be copied, once; writes it below the crate's folder, under the path that it has in the project.
"""

import hashlib
from collections.abc import Callable
from functools import partial
from mimetypes import MimeTypes
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from rocrate.model.contextentity import ContextEntity
from rocrate.model.dataset import Dataset
from rocrate.model.entity import Entity
from rocrate.model.file import File
from rocrate.rocrate import ROCrate

from darkroom.core.errors import UserError
from workflow.audit.lineage import Item
from workflow.hashes import of_folder, seen_below
from workflow.lock import FILE as LOCK

CHUNK = 2**20
FORMATS = MimeTypes()  # Python's own table, which is the same on every machine
for suffix, form in {
    ".keras": "application/zip",
    ".lock": "application/yaml",
    ".md": "text/markdown",
    ".smk": "text/plain",
    ".yaml": "application/yaml",
}.items():
    FORMATS.add_type(form, suffix)
SOURCE_CODE = ["File", "SoftwareSourceCode"]
TERMS = {
    "md5": "https://w3id.org/ro/terms/workflow-run#md5",
    "sha256": "https://w3id.org/ro/terms/workflow-run#sha256",
    "buildInstructions": "https://codemeta.github.io/terms/buildInstructions",
}
"""Terms of a crate that RO-Crate 1.1 does not define."""


def copy_file(source: Path, target: Path) -> dict[str, str]:
    """Copy a file and return its hashes, in hex, and its size in bytes, by their names in a crate; it is read once."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as read, target.open("wb") as written:
        while chunk := read.read(CHUNK):
            sha256.update(chunk)
            md5.update(chunk)
            size += written.write(chunk)
    return {"sha256": sha256.hexdigest(), "md5": md5.hexdigest(), "contentSize": str(size)}


def describe(crate: ROCrate, name: str, kind: str, /, **properties: Any) -> ContextEntity:
    """Return what is no file of the crate, such as a value or an action; it is added when it is not there."""
    address = f"#{quote(name)}"
    compact = {key: one[0] if isinstance(one, list) and len(one) == 1 else one for key, one in properties.items()}
    return crate.get(address) or crate.add(ContextEntity(crate, address, {"@type": kind, **compact}))


def find_place(path: str) -> str:
    """Return where a file or folder lies in a crate: as in the project, and below ``outside`` what lies outside it."""
    parts = PurePath(path).parts
    if "/" not in parts and ".." not in parts:
        return PurePath(path).as_posix()
    names = {"/": "root", "..": "parent"}
    return PurePath("outside", *(names.get(part, part) for part in parts)).as_posix()


class Files:
    """The files that a crate holds, and those that it only describes; each is added when it is first asked for."""

    def __init__(self, crate: ROCrate, folder: Path, whole: Callable[[Item], bool]) -> None:
        """Take the folder to copy to, and which items are copied ``whole``."""
        self.crate, self.folder, self.whole = crate, folder, whole
        self._items: dict[str, Entity] = {}

    def copy(self, path: Path) -> tuple[str, dict[str, str]]:
        """Copy a file and return where it lies in the crate, and its properties there.

        Raises:
            UserError: there is no such file.
        """
        where = find_place(str(path))
        try:
            facts = copy_file(path, self.folder / where)
        except FileNotFoundError:
            raise UserError(
                f"{path}: missing, and a crate holds it: bring it back with dvc pull or snakemake"
            ) from None
        form = FORMATS.guess_type(where)[0]
        return where, {"name": str(path), **facts, **({"encodingFormat": form} if form else {})}

    def add(self, path: Path, **properties: Any) -> File:
        """Copy a file, add it with more ``properties``, and return its entity.

        Raises:
            UserError: there is no such file.
        """
        where, facts = self.copy(path)
        return self.crate.add_file(dest_path=where, properties={**facts, **properties})

    def code(self, item: Item) -> Entity:
        """Return the entity of a file or folder of code, which is copied.

        Raises:
            UserError: it is missing, or is not what the step ran.
        """
        copy = self._copy_file if item.files is None else self._copy_folder
        return self._add_once(item.path, lambda: copy(item, **{"@type": SOURCE_CODE}))

    def item(self, item: Item) -> Entity:
        """Return the entity of an input or output.

        Raises:
            UserError: it is to be copied and is missing, or is not what dvc.lock records.
        """
        copy = self._copy_file if item.files is None else self._copy_folder
        return self._add_once(item.path, lambda: copy(item) if self.whole(item) else self._describe(item))

    def _add_once(self, path: str, make: Callable[[], Entity]) -> Entity:
        if path not in self._items:
            self._items[path] = make()
        return self._items[path]

    def _copy_file(self, item: Item, **properties: Any) -> File:
        entity = self.add(Path(item.path), **properties)
        _check(item, entity["md5"])
        return entity

    def _copy_folder(self, item: Item, **properties: Any) -> Dataset:
        names = seen_below(Path(item.path))
        paths = {name: Path(item.path, name) for name in names}
        parts = {name: self._add_once(str(path), partial(self.add, path, **properties)) for name, path in paths.items()}
        _check(item, of_folder({name: part["md5"] for name, part in parts.items()}))
        facts = {"name": item.path, "hasPart": list(parts.values())}
        return self.crate.add_dataset(dest_path=find_place(item.path), properties=facts)

    def _describe(self, item: Item) -> ContextEntity:
        known = {} if item.size is None else {"contentSize": str(item.size)}
        if item.files is None:
            return describe(self.crate, find_place(item.path), "File", name=item.path, md5=item.md5, **known)
        hashed = {"name": "DVC's hash of the folder", "propertyID": "https://dvc.org", "value": item.md5}
        counted = {"name": "number of files", "value": item.files}
        return describe(
            self.crate,
            find_place(item.path),
            "Dataset",
            name=item.path,
            description=f"{item.files} files, which this crate describes and does not hold",
            identifier=describe(self.crate, f"hash/{item.md5}", "PropertyValue", **hashed),
            additionalProperty=describe(self.crate, f"files/{item.files}", "PropertyValue", **counted),
            **known,
        )


def _check(item: Item, md5: str) -> None:
    if md5 != item.md5:
        raise UserError(f"{item.path}: not what {LOCK} records: run snakemake, then write the crate again")
