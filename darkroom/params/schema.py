"""The JSON schema of params.yaml, by which an editor completes and checks it.

python -m darkroom.params.schema          prints it (kept in workflow/params.schema.json)
"""

import json
from typing import Any

from darkroom.params.defaults import CLASSES
from darkroom.params.document import Parameters
from darkroom.params.kinds import BASE, DEFAULTS, FINE_TUNES, SECTIONS

BASE_SCHEMA = {
    "type": "string",
    "description": "An entry of the same section, whose values hold where this one gives none.",
}
DEFAULTS_MEANING = "Values that entries have, or their parts, unless they or their base say otherwise, by kind."


def dump_schema() -> str:
    """Return the schema, as text: no key of an entry is required, for its base or the defaults may give it."""
    found = Parameters.model_json_schema()
    definitions = found["$defs"]
    classes = {kind: one.__name__ for kind, one in CLASSES.items()}
    definitions["Fit"] = _drop(definitions["FineTuning"], ["cache_frozen"])
    for name in (*classes.values(), "Training", "TransferTraining", "FineTuning", "Network", "Transfer"):
        definitions[name].pop("required", None)
    definitions["FineTuneDefaults"] = _drop(definitions["FineTune"], [BASE])
    definitions["EarlyStoppingDefaults"] = _drop(definitions["EarlyStopping"], ["name"])
    definitions["EarlyStopping"]["required"] = ["name"]
    defaults = {
        kind: _refer(f"{name}Defaults" if f"{name}Defaults" in definitions else name) for kind, name in classes.items()
    }
    for section in SECTIONS:
        if section != FINE_TUNES:
            _allow_base(found["properties"][section], definitions)
    group = {"type": "object", "additionalProperties": False, "description": DEFAULTS_MEANING, "properties": defaults}
    found["properties"] = {DEFAULTS: group, **found["properties"]}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _drop(definition: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    return {**definition, "properties": {key: one for key, one in definition["properties"].items() if key not in keys}}


def _refer(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _allow_base(section: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Let each entry of a section have a base beside the keys of its kind."""
    pattern, node = next(iter(section["patternProperties"].items()))
    names = [one["$ref"].rsplit("/", 1)[1] for one in node.get("oneOf", [node])]
    for name in names:
        kind = definitions[name]
        definitions[f"{name}Entry"] = {**kind, "properties": {BASE: BASE_SCHEMA, **kind["properties"]}}
    entries = [_refer(f"{name}Entry") for name in names]
    section["patternProperties"][pattern] = entries[0] if len(entries) == 1 else {"anyOf": entries}


if __name__ == "__main__":
    print(dump_schema(), end="")
