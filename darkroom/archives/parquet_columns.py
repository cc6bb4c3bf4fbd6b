"""Columns of a parquet file that hold an image and its class, and the names of the classes that are numbers there."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from darkroom.archives.names import show
from darkroom.archives.samples import Keys, check_class
from darkroom.core.errors import UserError

USUAL = ("label", "labels", "class", "class_name", "category", "target")
"""Names of columns of classes."""


@dataclass(frozen=True)
class Columns:
    """Where image and class stand in a row."""

    image: str
    is_struct: bool
    label: str
    names: list[str] | None
    """Of the classes that are numbers, if they have names."""


def name_class(where: str, columns: Columns, value: Any) -> str | None:
    """Return the name of a class, by what a row says; ``None`` for nothing, or -1, as rows without a class have it.

    Raises:
        UserError: the number has no name, or the name can be no folder's.
    """
    if value is None or value == -1 or value == "":
        return None
    if columns.names is not None:
        if not 0 <= value < len(columns.names):
            raise UserError(f"{where}: {columns.label} is {value}, but the file names {len(columns.names)} classes")
        value = columns.names[value]
    return check_class(where, normalize("NFC", str(value)).strip()) or None


def find_columns(shard: Path, schema: Any, keys: Keys) -> Columns:
    """Return where image and class stand.

    Raises:
        UserError: there is no such column, or there are several.
    """
    features = read_features(schema.metadata or {})
    images = {name: kind for name, kind in zip(schema.names, schema.types, strict=True) if _holds_bytes(kind)}
    described = [name for name in images if features.get(name, {}).get("_type") == "Image"]
    structs = [name for name, kind in images.items() if _is_struct(kind)]
    image = _choose(shard, schema, keys, "image", keys.image, list(images), described or structs or list(images))
    labels = [name for name, kind in zip(schema.names, schema.types, strict=True) if _is_class(kind)]
    described = [name for name in labels if features.get(name, {}).get("_type") == "ClassLabel"]
    usual = [name for name in labels if name.lower() in USUAL]
    label = _choose(shard, schema, keys, "label", keys.label, labels, described or usual or labels)
    names = features.get(label, {}).get("names")
    is_named = isinstance(names, list) and _is_whole(schema.field(label).type)
    return Columns(image, _is_struct(images[image]), label, [str(name) for name in names] if is_named else None)


def read_features(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    """Return what ``datasets`` says of each column; nothing where the file is another's."""
    try:
        found = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, dict)} if isinstance(found, dict) else {}


def _choose(
    shard: Path, schema: Any, keys: Keys, part: str, given: str | None, possible: list[str], likely: list[str]
) -> str:
    what = {"image": "images (a struct with bytes, or bytes)", "label": "classes (text or whole numbers)"}[part]
    if given is not None:
        if given not in possible:
            held = ", ".join(map(show, schema.names)) or "none"
            raise UserError(
                f"{keys.name(part)}: {given!r}: {show(shard)} has no column of {what} called so, but {held}"
            )
        return given
    if len(likely) != 1:
        held = ", ".join(map(show, likely or schema.names)) or "no column"
        raise UserError(
            f"{show(shard)}: {'several columns' if likely else 'no column'} of {what}: it has {held}; "
            + (f"write the right one as {keys.name(part)}" if likely else "give a file that has one")
        )
    return likely[0]


def _is_struct(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_struct(kind)) and kind.get_field_index("bytes") >= 0


def _holds_bytes(kind: Any) -> bool:
    from pyarrow import types

    inner = kind.field("bytes").type if _is_struct(kind) else kind
    return bool(types.is_binary(inner) or types.is_large_binary(inner))


def _is_whole(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_integer(kind))


def _is_class(kind: Any) -> bool:
    from pyarrow import types

    inner = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_integer(inner) or types.is_string(inner) or types.is_large_string(inner))
