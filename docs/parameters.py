"""Write docs/parameters.md: every key of params.yaml, what it may be and does, from the classes that validate it.

Of a hyperparameter, a key of a model or fine-tune, it gives the nature, too.

python -m docs.parameters
"""

from pathlib import Path
from typing import Any, NamedTuple

from darkroom.core.files import write_text
from darkroom.params.defaults import CLASSES
from darkroom.params.document import Parameters
from darkroom.params.kinds import COMPLETED, JOINED, SECTIONS

PAGE = Path("docs/parameters.md")
HEAD = """# Every key of params.yaml

Written by `python -m docs.parameters` from the classes in `darkroom/params`. `<name>` stands for a name of your own:
lower-case letters, digits, `-` and `_`.

Every key must have a value. What an entry of {sections} does not give is as in its base, then as in the defaults:

- `base: <name>` names another entry of the same section, whose values hold here too, but for those that are given. A
  fine-tune's base is what it is trained on from: it trains as the model that it goes back to, but for the defaults of
  fine-tunes and what it, or a fine-tune that it goes back to, says.
- `defaults.<kind>` holds what entries of a kind have unless they or their base say otherwise. A kind is one of these
  sections, or `transfers`, which stands in place of `models` for those whose network names a backbone.
- `defaults.<part>` completes a part wherever it is given, behind the defaults of its kind: {parts}.
- Keys are overridden one by one, also those of {joined}. Lists and all other parts, such as `splits` and `draw`,
  are given as a whole.

`python -m darkroom.params <name>` prints an entry in full, each value with where it stands. A stage depends on the
keys where its values stand: an edit of a default reruns what has it, and nothing that overrides it.

The keys of models and fine-tunes are hyperparameters, each of one nature; keys that only hold others have none:

{natures}
"""
NATURES = {
    "architecture": "what the network is made of: its layers, their sizes and their functions",
    "optimisation": "how its weights are found: which of them move, by which steps, and for how long",
    "regularisation": "what keeps it from learning the training images by heart",
    "data": "which images it learns from, how they are scaled, and how much each counts",
    "technical": "how something is computed, repeated, kept or logged, not what",
}
HYPERPARAMETERS = ("models", "finetunes")
"""The sections whose keys have a nature."""


class Row(NamedTuple):
    """What the page says of a key."""

    key: str
    kind: str
    nature: str
    """A key of ``NATURES``; empty where a key has none, or only holds others."""
    meaning: str


def page() -> str:
    """Return the page: a heading for each section of params.yaml and a table of its keys."""
    lists = {"sections": SECTIONS, "parts": [name for name in CLASSES if name in COMPLETED], "joined": JOINED}
    words = {name: ", ".join(f"`{one}`" for one in found) for name, found in lists.items()}
    natures = "\n".join(f"- {nature}: {what};" for nature, what in NATURES.items())[:-1] + "."
    parts = [HEAD.format(**words, natures=natures)]
    for section, found in rows().items():
        head = [Row("key", "is", "nature", "meaning"), Row("---", "---", "---", "---")]
        lines: list[tuple[str, ...]] = [*head, *(row._replace(key=f"`{row.key}`") for row in found)]
        if section not in HYPERPARAMETERS:
            lines = [(key, kind, meaning) for key, kind, _, meaning in lines]
        parts.append("\n".join([f"## {section}\n", *(f"| {' | '.join(line)} |" for line in lines), ""]))
    return "\n".join(parts)


def rows() -> dict[str, list[Row]]:
    """Return what the page says of every key, by section."""
    schema = Parameters.model_json_schema()
    return {section: _rows(node, section, "", schema) for section, node in schema["properties"].items()}


def _rows(node: dict[str, Any], key: str, around: str, schema: dict[str, Any]) -> list[Row]:
    """Return the rows of a node and of all that is below it; ``around`` is the nature of what it stands in."""
    classes = [_resolved(option, schema).get("nature") for option in _options(node)]
    nature = next(filter(None, [node.get("nature"), *classes]), around)
    kind, children = _kind(node, schema), _children(node, schema)
    own = Row(key, kind, "" if children and kind in ("keys", "list") else nature, _meaning(node, schema))
    below = (_rows(child, f"{key}{name}", nature, schema) for name, child in children)
    return [own, *(row for found in below for row in found)]


def _children(node: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return name and schema of each key below a node; of one that the node's options have in common, all schemas."""
    found: dict[str, list[dict[str, Any]]] = {}
    for option in (_resolved(option, schema) for option in _options(node)):
        for name, child in _of_option(option, schema):
            if child not in found.setdefault(name, []):
                found[name].append(child)
    return [(name, children[0] if len(children) == 1 else {"anyOf": children}) for name, children in found.items()]


def _of_option(option: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = [(f".{name}", child) for name, child in option.get("properties", {}).items()]
    found += [(f"[{kind}].{name}", child) for kind, name, child in _of_items(option.get("items", {}), schema)]
    for values in (*option.get("patternProperties", {}).values(), option.get("additionalProperties")):
        if isinstance(values, dict):
            found += [(".<name>", values)] if _is_leaf(values, schema) else _below(values, schema)
    return found


def _of_items(items: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return kind, key and schema of what the items of a list hold; a kind is told, and meant, by its constant name."""
    found = []
    for one in (_resolved(option, schema) for option in _options(items)):
        properties = one.get("properties", {})
        kind, nature = properties.get("name", {}).get("const", ""), {"nature": one.get("nature")}
        for name, child in properties.items():
            meaning = {"description": one.get("description", "")} if "const" in child else {}
            found.append((kind, name, {**nature, **meaning, **child}))
    return found


def _below(values: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(f".<name>{name}", child) for name, child in _children(values, schema)]


def _is_leaf(node: dict[str, Any], schema: dict[str, Any]) -> bool:
    return not any("properties" in _resolved(option, schema) for option in _options(node))


def _options(node: dict[str, Any]) -> list[dict[str, Any]]:
    options = node.get("anyOf") or node.get("oneOf")
    return [one for option in options for one in _options(option)] if options else [node]


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
    options = [_resolved(option, schema).get("description") for option in _options(node)]
    first, *others = [node["description"]] if "description" in node else dict.fromkeys(filter(None, options)) or [""]
    text = " ".join([first, *(f"Or: {other[0].lower()}{other[1:]}" for other in others)])
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    write_text(PAGE, page())
