"""The keys that a section of params.yaml allows at a place, from the schema of its class."""

import re
from typing import Any

from pydantic import BaseModel


def list_allowed_keys(section: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """Return the keys that ``section`` allows at ``location`` (a path of keys below it)."""
    schema = section.model_json_schema()
    node: dict[str, Any] = schema
    for part in location:
        if _kind(part):
            node = schema["$defs"][_kind(part)]
            continue
        node = _resolve(node, schema)
        if part in schema["$defs"] and part not in node.get("properties", {}):  # a choice at a fork without tags
            node = schema["$defs"][part]
            continue
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
