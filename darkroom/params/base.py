"""Sections of params.yaml: validated, whole or entry by entry, with errors of one line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from darkroom.core.errors import UserError
from darkroom.params import inheritance, kinds
from darkroom.params.joining import Places
from darkroom.params.mistakes import describe
from darkroom.params.yaml_files import FILE, read

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
"""A key that is also a folder name: lower-case letters, digits, ``-`` and ``_``."""
NO_NAME = "-"
"""Stands in a command for names, where there are none: DVC would lose the second of two spaces."""


class Section(BaseModel):
    """A part of params.yaml: every key must be given, none may be unknown, no type is guessed."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


T = TypeVar("T", bound=Section)


def validate(section: type[T], value: Any, where: str, places: Places | None = None) -> T:
    """Return ``value`` as a ``section``, or say in one line what is wrong below the key ``where``.

    Args:
        section: what the value must be.
        value: of params.yaml, in full.
        where: its dotted key.
        places: where each part of it stands, if not below that key.
    """
    try:
        return section.model_validate(value)
    except ValidationError as error:
        raise UserError(describe(error.errors(), section, value, where, places or {})) from None


def read_entry(section: type[T], *keys: str, file: Path = FILE) -> T:
    """Return the part of params.yaml under ``keys``, such as ``"views", "intel-150"``, in full and validated.

    Raises:
        UserError: a key is missing (the keys that exist are named) or the value is not allowed.
    """
    document = read(file)
    kinds.check_entries(document)
    value: Any = document
    for depth, key in enumerate(keys):
        if not isinstance(value, Mapping) or key not in value:
            where = ".".join(keys[:depth]) or str(file)
            allowed = ", ".join(map(str, value)) if isinstance(value, Mapping) and value else "nothing"
            raise UserError(f"{where}: no entry {key!r}; there is {allowed}")
        value = value[key]
    if keys[0] in kinds.SECTIONS and len(keys) > 1 and isinstance(value, Mapping):
        return validate(section, *_complete(document, *keys))
    return validate(section, value, ".".join(keys))


def _complete(document: Mapping[str, Any], kind: str, key: str) -> tuple[dict[str, Any], str, Places]:
    found = inheritance.complete_entry(document, kind, key)
    return found.value, f"{kind}.{key}", found.places
