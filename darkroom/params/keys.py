"""Every key of params.yaml: its values, nature and meaning, from the classes that validate it.

Of hyperparameters, the keys of models and fine-tunes, each has one nature.
"""

from typing import Any, NamedTuple

from darkroom.params.document import Parameters

NATURES = ("architecture", "optimisation", "regularisation", "data", "technical")
HYPERPARAMETERS = ("models", "finetunes")
"""The sections whose keys have a nature."""
KINDS = {"integer": "whole number", "boolean": "true or false", "string": "text", "array": "list", "object": "keys"}
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


class Row(NamedTuple):
    """A key, the kind of its value, its nature and its meaning."""

    key: str
    kind: str
    nature: str
    """One of ``NATURES``; empty where a key has none, or only holds others."""
    meaning: str


def list_keys() -> dict[str, list[Row]]:
    """Return a row for every key, by section."""
    schema = Parameters.model_json_schema()
    return {section: _list_rows(node, section, "", schema) for section, node in schema["properties"].items()}


def _list_rows(node: dict[str, Any], key: str, around: str, schema: dict[str, Any]) -> list[Row]:
    """Return the rows of a node and of all that is below it; ``around`` is the nature of what it stands in."""
    classes = [_resolve(option, schema).get("nature") for option in _list_options(node)]
    nature = next(filter(None, [node.get("nature"), *classes]), around)
    kind, children = _describe_kind(node, schema), _find_children(node, schema)
    own = Row(key, kind, "" if children and kind in ("keys", "list") else nature, _describe_meaning(node, schema))
    below = (_list_rows(child, f"{key}{name}", nature, schema) for name, child in children)
    return [own, *(row for found in below for row in found)]


def _find_children(node: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return name and schema of each key below a node; of one that the node's options have in common, all schemas."""
    found: dict[str, list[dict[str, Any]]] = {}
    for option in (_resolve(option, schema) for option in _list_options(node)):
        for name, child in _find_children_of_option(option, schema):
            if child not in found.setdefault(name, []):
                found[name].append(child)
    return [(name, children[0] if len(children) == 1 else {"anyOf": children}) for name, children in found.items()]


def _find_children_of_option(option: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = [(f".{name}", child) for name, child in option.get("properties", {}).items()]
    found += [
        (f"[{kind}].{name}", child) for kind, name, child in _find_children_of_items(option.get("items", {}), schema)
    ]
    for values in (*option.get("patternProperties", {}).values(), option.get("additionalProperties")):
        if isinstance(values, dict):
            found += [(".<name>", values)] if _is_leaf(values, schema) else _find_children_below(values, schema)
    return found


def _find_children_of_items(items: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return kind, key and schema of each key that items of a list hold; an item has its kind as constant ``name``."""
    found = []
    for one in (_resolve(option, schema) for option in _list_options(items)):
        properties = one.get("properties", {})
        kind, nature = properties.get("name", {}).get("const", ""), {"nature": one.get("nature")}
        for name, child in properties.items():
            meaning = {"description": one.get("description", "")} if "const" in child else {}
            found.append((kind, name, {**nature, **meaning, **child}))
    return found


def _find_children_below(values: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(f".<name>{name}", child) for name, child in _find_children(values, schema)]


def _is_leaf(node: dict[str, Any], schema: dict[str, Any]) -> bool:
    return not any("properties" in _resolve(option, schema) for option in _list_options(node))


def _list_options(node: dict[str, Any]) -> list[dict[str, Any]]:
    options = node.get("anyOf") or node.get("oneOf")
    return [one for option in options for one in _list_options(option)] if options else [node]


def _resolve(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    return schema["$defs"][reference.rsplit("/", 1)[1]] if reference else node


def _describe_kind(node: dict[str, Any], schema: dict[str, Any]) -> str:
    return " or ".join(dict.fromkeys(_describe_one_kind(_resolve(option, schema)) for option in _list_options(node)))


def _describe_one_kind(node: dict[str, Any]) -> str:
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    kind = KINDS.get(node.get("type", ""), node.get("type", "anything"))
    limits = [f"{sign} {node[name]:g}" for name, sign in BOUNDS.items() if name in node]
    return f"{kind} {', '.join(limits)}".strip()


def _describe_meaning(node: dict[str, Any], schema: dict[str, Any]) -> str:
    options = [_resolve(option, schema).get("description") for option in _list_options(node)]
    first, *others = [node["description"]] if "description" in node else dict.fromkeys(filter(None, options)) or [""]
    text = " ".join([first, *(f"Or: {other[0].lower()}{other[1:]}" for other in others)])
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
