"""What every form of an audit says in the same words: hashes, sizes, times, values and states."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import yaml

from darkroom.pipeline.versions import FILE as VERSIONS
from darkroom.reporting.quantities import counted, duration, size
from workflow.audit.environments import Environment
from workflow.audit.facts import Brought, state
from workflow.audit.lineage import Item, State, Step

SHOWN = 8
"""Digits of a hash or commit that are shown to people."""
LONG = 220
"""Characters from which a parameter with parts is shown part by part."""
STATES: Mapping[State, str] = {"same": "holds", "changed": "no longer holds", "missing": "files missing"}
ITEM_STATES: Mapping[State, str] = {"same": "", "changed": "changed", "missing": "missing"}


def verdict(step: Step) -> str:
    """Return in words whether a step still holds."""
    return STATES[state(step)]


def short(digest: str) -> str:
    """Return the first digits of a hash."""
    return digest[:SHOWN]


def extent(item: Item | Brought) -> str:
    """Return how many files an item holds, and its size; what is not known is left out."""
    files = [counted(item.files, "file")] if isinstance(item, Item) and item.files else []
    return ", ".join([*files, *([] if item.size is None else [size(item.size)])])


def libraries(step: Step) -> str:
    """Return the versions of the libraries that decide whether a step runs again, in one line."""
    return ", ".join(f"{name} {version}" for name, version in step.params.get(str(VERSIONS), {}).items())


def parameters(step: Step) -> list[tuple[str, str]]:
    """Return the parameters of a step and their values, as in YAML; long ones part by part."""
    chosen = (values for file, values in step.params.items() if file != str(VERSIONS))
    return [line for values in chosen for key, value in values.items() for line in _lines(key, value)]


def value(found: Any) -> str:
    """Return a value as YAML has it, in one line."""
    text = yaml.dump(
        found, Dumper=yaml.CSafeDumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=-1
    )
    return text.removesuffix("...\n").strip()


def ran(record: Mapping[str, Any]) -> str:
    """Return when a step ran, how long, where and with which Python, as far as its record says so."""
    machine, versions = record.get("machine", {}), record.get("versions", {})
    known = [
        moment(record["began"]) if "began" in record else "",
        f"for {duration(taken)}" if (taken := seconds(record)) is not None else "",
        _fit(record),
        f"on {machine['host']}" if "host" in machine else "",
        f"({machine['processor']})" if "processor" in machine else "",
        f"and {record['gpu']}" if record.get("gpu") else "",
        f"with Python {versions['python']}" if "python" in versions else "",
    ]
    return " ".join(part for part in known if part)


def seconds(record: Mapping[str, Any]) -> float | None:
    """Return how long a step took; a training notes as ``seconds`` its fit alone."""
    if {"began", "ended", "epochs"} <= record.keys():
        return (datetime.fromisoformat(record["ended"]) - datetime.fromisoformat(record["began"])).total_seconds()
    return record.get("seconds") if "epochs" not in record else None


def moment(began: str) -> str:
    """Return a time of a record for people."""
    return began.replace("T", " ").replace("+00:00", " UTC")


def origin(found: Brought) -> str:
    """Return what was brought in, in a line."""
    extents = [part for part in (extent(found), f"SHA-256\N{NO-BREAK SPACE}{found.sha256}", found.origin) if part]
    return f"{found.name}  {', '.join(extents)}"


def environment_value(environment: Environment, fact: str) -> str:
    """Return what an environment has for a fact; empty where that is not known."""
    if fact not in environment.facts:
        return ""
    found = environment.facts[fact]
    return "none" if found is None else " ".join(found) or "none" if isinstance(found, list) else str(found)


def _fit(record: Mapping[str, Any]) -> str:
    if not {"epochs", "seconds"} <= record.keys():
        return ""
    return f"(fit: {counted(record['epochs'], 'epoch')} in {duration(record['seconds'])})"


def _lines(key: str, found: Any) -> Iterator[tuple[str, str]]:
    if isinstance(found, Mapping) and len(key) + len(value(found)) > LONG:
        for name, one in found.items():
            yield from _lines(f"{key}.{name}", one)
    else:
        yield key, value(found)
