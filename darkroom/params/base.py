"""Sections of params.yaml: validated, whole or entry by entry, with errors of one line."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from darkroom.core.errors import UserError
from darkroom.params import inheritance, joining, kinds
from darkroom.params.joining import Places
from darkroom.params.yaml_files import FILE, read

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
"""A key that is also a folder name: lower-case letters, digits, ``-`` and ``_``."""
RENAMED = {"bridge": "pooling, in the network's head", "damaged": "corrupt", "doubtful": "ambiguous"}
"""Keys of earlier versions, and what they are called now."""
GIVE_ALL, GIVE_HERE = "every key must be given", "give it here, in a base or in defaults"
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


def describe(errors: Sequence[ErrorDetails], section: type[BaseModel], value: Any, where: str, places: Places) -> str:
    """Return one line for the first of ``errors`` in ``value``: the key, its value and what is allowed."""
    found = [(_locate(error, value), error) for error in errors]
    location, first = found[0]
    if first["loc"][-1:] != ("[key]",):  # of several choices at a fork, the one that goes deepest was meant
        meant = [one for one in found if one[0][: len(location)] == location]
        location, first = max(meant, key=lambda one: len(one[0]))
    own = ".".join(filter(None, [where, *location]))
    key = joining.find_place(places, location) or own
    others = {tuple(other) for other, _ in found if other != location[: len(other)]}
    more = f" (and {len(others)} more)" if others else ""
    if first["type"] == "missing":
        return f"{FILE}: {own}: missing; {GIVE_HERE if _is_inheritable(own) else GIVE_ALL}{more}"
    if key != own and not own.startswith(f"{key}."):
        more = f"; {_entry_of(own)} has it from there{more}"
    if first["type"] == "extra_forbidden":
        may_have_base = own.count(".") == 2 and own.split(".")[0] in kinds.SECTIONS
        base = [kinds.BASE] if may_have_base else []
        if (renamed := RENAMED.get(location[-1])) is not None:
            return f"{FILE}: {key}: is called {renamed} now; write that{more}"
        allowed = dict.fromkeys([*base, *list_allowed_keys(section, first["loc"][:-1])])
        return f"{FILE}: {key}: unknown key; allowed here: {', '.join(allowed)}{more}"
    shown = str(first["input"]) if isinstance(first["input"], date) else repr(first["input"])
    given = "" if first["type"] == "value_error" and isinstance(first["input"], dict) else f" {shown}:"
    said = ", or ".join(dict.fromkeys(_say(error) for other, error in found if other == location))
    return f"{FILE}: {key}:{given} {said.replace(', or input should be ', ', or ')}{more}"


def _say(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    return f"{message[0].lower()}{message[1:]}"


def _locate(error: ErrorDetails, value: Any) -> list[str]:
    """Return the keys in ``value`` that lead to an error, without pydantic's names of the choices at a fork."""
    found: list[str] = []
    inside: Any = value
    for part in error["loc"]:
        is_key = isinstance(inside, Mapping) and part in inside
        if is_key or (isinstance(inside, list) and isinstance(part, int)):
            inside = inside[part]
            found.append(str(part))
        elif error["type"] == "missing" and part == error["loc"][-1]:
            found.append(str(part))
    return found


def _is_inheritable(dotted: str) -> bool:
    """Return whether a base or defaults may give the value of an entry under a dotted key."""
    parts = dotted.split(".")
    if len(parts) < 3 or parts[0] not in kinds.SECTIONS or parts[-1] == kinds.BASE:
        return False
    return len(parts) == 3 or parts[-2] in kinds.JOINED


def _entry_of(dotted: str) -> str:
    """Return the entry, or the variant of a sweep, that a dotted key is part of."""
    parts = dotted.split(".")
    return ".".join(parts[: 4 if parts[0] == "sweeps" else 2])


def list_allowed_keys(section: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """Return the keys that ``section`` allows at ``location`` (a path of keys below it)."""
    schema = section.model_json_schema()
    node: dict[str, Any] = schema
    for part in location:
        if _kind(part):
            node = schema["$defs"][_kind(part)]
            continue
        node = _resolve(node, schema)
        named = node.get("patternProperties", {})
        node = node.get("properties", {}).get(part) or next(iter(named.values()), {})
    return list(_resolve(node, schema).get("properties", {}))


def _kind(part: Any) -> str:
    """Return the class that pydantic chose at a fork, which its locations name as ``[class]``; else nothing."""
    return str(part)[1:-1] if re.fullmatch(r"\[\w+\]", str(part)) else ""


def _resolve(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    options = [option for option in node.get("anyOf", []) if option.get("type") != "null"]
    node = options[0] if options else node
    reference = node.get("$ref")
    return schema["$defs"][reference.rsplit("/", 1)[1]] if reference else node
