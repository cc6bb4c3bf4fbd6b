"""Write docs/parameters.md: every key of params.yaml, what it may be and does, from the classes that validate it.

python -m docs.parameters
"""

from pathlib import Path
from typing import Any

from stages.files import write_text
from stages.parameters.document import Parameters

PAGE = Path("docs/parameters.md")
HEAD = """# Every key of params.yaml

Written by `python -m docs.parameters` from the classes in `stages/parameters`. Every key must be given. `<name>` stands
for a name of your own: lower-case letters, digits, `-` and `_`.
"""


def page() -> str:
    """Return the page: a heading for each section of params.yaml and a table of its keys."""
    schema = Parameters.model_json_schema()
    parts = [HEAD]
    for section, node in schema["properties"].items():
        rows = _rows(node, section, schema)
        lines = [f"| `{key}` | {kind} | {meaning} |" for key, kind, meaning in rows]
        parts.append("\n".join([f"## {section}\n", "| key | is | meaning |", "|---|---|---|", *lines, ""]))
    return "\n".join(parts)


def _rows(node: dict[str, Any], key: str, schema: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return key, kind and meaning of a node and of all that is below it."""
    own = (key, _kind(node, schema), _meaning(node, schema))
    return [own, *(row for name, child in _children(node, schema) for row in _rows(child, f"{key}{name}", schema))]


def _children(node: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    options = [_resolved(option, schema) for option in _options(node)]
    found = [(f".{name}", child) for option in options for name, child in option.get("properties", {}).items()]
    for option in options:
        items = option.get("items", {})
        found += [(f"[{one}].{name}", child) for one, name, child in _of_items(items, schema)]
        for values in (*option.get("patternProperties", {}).values(), option.get("additionalProperties")):
            if isinstance(values, dict):
                found += [(".<name>", values)] if _is_leaf(values, schema) else _below(values, schema)
    return list(dict(reversed(found)).items())[::-1]


def _of_items(items: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return kind, key and schema of what the items of a list hold; a kind is told by its constant name."""
    found = []
    for option in _options(items):
        properties = _properties(option, schema)
        kind = dict(properties).get("name", {}).get("const", "")
        found += [(kind, name, child) for name, child in properties]
    return found


def _below(values: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(f".<name>{name}", child) for name, child in _children(values, schema)]


def _properties(node: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(_resolved(node, schema).get("properties", {}).items())


def _is_leaf(node: dict[str, Any], schema: dict[str, Any]) -> bool:
    return not any("properties" in _resolved(option, schema) for option in _options(node))


def _options(node: dict[str, Any]) -> list[dict[str, Any]]:
    return node.get("anyOf") or node.get("oneOf") or [node]


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    return schema["$defs"][reference.rsplit("/", 1)[1]] if reference else node


def _kind(node: dict[str, Any], schema: dict[str, Any]) -> str:
    return " or ".join(dict.fromkeys(_one_kind(_resolved(option, schema)) for option in _options(node)))


def _one_kind(node: dict[str, Any]) -> str:
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    kinds = {"integer": "whole number", "boolean": "true or false", "string": "text", "array": "list", "object": "keys"}
    kind = kinds.get(node.get("type", ""), node.get("type", "anything"))
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{sign} {node[name]:g}" for name, sign in bounds.items() if name in node]
    return f"{kind} {', '.join(limits)}".strip()


def _meaning(node: dict[str, Any], schema: dict[str, Any]) -> str:
    texts = [node.get("description"), *(_resolved(option, schema).get("description") for option in _options(node))]
    return " ".join(next((text for text in texts if text), "").split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    write_text(PAGE, page())
