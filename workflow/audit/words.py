"""Phrases that every form of an audit shares: hashes, sizes, times, values and states in words."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml

from darkroom.pipeline.versions import FILE as VERSIONS
from darkroom.reporting.quantities import counted, duration, size
from workflow.audit.environments import Environment
from workflow.audit.facts import Brought, judge, list_producers
from workflow.audit.lineage import Item, State, Step

SHOWN = 8
"""Digits of a hash or commit that are shown to people."""
LONG = 220
"""Characters from which a parameter with parts is shown part by part."""
TOGETHER = "\N{NO-BREAK SPACE}"
"""Between words that stay in one line."""
STATES: Mapping[State, str] = {"same": "holds", "changed": "no longer holds", "missing": "files missing"}
SECOND = "SHA-256"
"""Before a hash that is not DVC's."""
ITEM_STATES: Mapping[State, str] = {"same": "", "changed": "changed", "missing": "missing"}


def describe_state(step: Step) -> str:
    """Return in words whether a step still holds."""
    return STATES[judge(step)]


def shorten(digest: str) -> str:
    """Return the first digits of a hash."""
    return digest[:SHOWN]


def describe_extent(item: Item | Brought) -> str:
    """Return how many files an item holds, and its size; what is not known is left out."""
    files = [counted(item.files, "file")] if isinstance(item, Item) and item.files else []
    return ", ".join([*files, *([] if item.size is None else [size(item.size)])])


def describe_item(item: Item, name: str) -> str:
    """Return an item's name, hashes, extent and, where it differs, state: words that stay in one line."""
    changed = f"({ITEM_STATES[item.state]})" if item.state != "same" else ""
    second = f"{SECOND} {shorten(item.sha256)}" if item.sha256 else ""
    known = [part for part in (name, shorten(item.md5), second, describe_extent(item), changed) if part]
    return " ".join(known).replace(" ", TOGETHER)


def describe_items(items: Sequence[Item]) -> str:
    """Return how many files there are, and how many files and folders differ from what dvc.lock records."""
    differ = [item for item in items if item.state != "same"]
    return counted(sum(item.files or 1 for item in items), "file") + (
        f", {len(differ)} not as recorded" if differ else ""
    )


def group_inputs(step: Step) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each step that wrote what a step read, the folder of what it read of it, and its items in words."""
    for producer in list_producers(step):
        items = [item for item in step.inputs if item.producer == producer]
        folder = os.path.commonpath([os.path.dirname(item.path) for item in items])  # noqa: PTH120
        yield producer, folder, [describe_item(item, os.path.relpath(item.path, folder)) for item in items]


def describe_recording(step: Step, commit: str) -> str:
    """Return in words which ``commit`` recorded a step, and whether no SHA-256 was recorded of something of it."""
    items = (*step.code, *step.outs, *(item for item in step.inputs if not item.producer))
    lacking = "" if all(item.sha256 for item in items) else f"without{TOGETHER}{SECOND}"
    return ", ".join(part for part in (f"in commit {commit}" if commit else "", lacking) if part)


def list_libraries(step: Step) -> str:
    """Return the versions of the libraries that decide whether a step runs again, in one line."""
    return ", ".join(f"{name} {version}" for name, version in step.params.get(str(VERSIONS), {}).items())


def list_parameters(step: Step) -> list[tuple[str, str]]:
    """Return the parameters of a step and their values, as in YAML; long ones part by part."""
    chosen = (values for file, values in step.params.items() if file != str(VERSIONS))
    return [line for values in chosen for key, value in values.items() for line in _split(key, value)]


def format_value(found: Any) -> str:
    """Return a value as YAML has it, in one line."""
    text = yaml.dump(
        found, Dumper=yaml.CSafeDumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=-1
    )
    return text.removesuffix("...\n").strip()


def describe_run(record: Mapping[str, Any]) -> str:
    """Return when a step ran, how long, where and with which Python, as far as its record says so."""
    machine, versions = record.get("machine", {}), record.get("versions", {})
    known = [
        format_time(record["began"]) if "began" in record else "",
        f"for {taken}" if (taken := describe_duration(record)) else "",
        _describe_fit(record),
        f"on {machine['host']}" if "host" in machine else "",
        f"({machine['processor']})" if "processor" in machine else "",
        f"and {record['gpu']}" if record.get("gpu") else "",
        f"with Python {versions['python']}" if "python" in versions else "",
    ]
    return " ".join(part for part in known if part)


def find_seconds(record: Mapping[str, Any]) -> float | None:
    """Return how long a step took; a training notes as ``seconds`` its fit alone."""
    if {"began", "ended", "epochs"} <= record.keys():
        return (datetime.fromisoformat(record["ended"]) - datetime.fromisoformat(record["began"])).total_seconds()
    return record.get("seconds") if "epochs" not in record else None


def describe_duration(record: Mapping[str, Any]) -> str:
    """Return how long a step took, in words; nothing where that is not known."""
    return "" if (taken := find_seconds(record)) is None else duration(taken)


def format_time(began: str) -> str:
    """Return a time of a record for people."""
    return began.replace("T", " ").replace("+00:00", " UTC")


def describe_brought(found: Brought) -> str:
    """Return what was brought in, in a line."""
    known = (describe_extent(found), f"{SECOND}{TOGETHER}{found.sha256}", found.origin)
    return f"{found.name}  {', '.join(part for part in known if part)}"


def describe_fact(environment: Environment, fact: str) -> str:
    """Return what an environment has for a fact; empty where that is not known."""
    if fact not in environment.facts:
        return ""
    found = environment.facts[fact]
    return "none" if found is None else " ".join(found) or "none" if isinstance(found, list) else str(found)


def _describe_fit(record: Mapping[str, Any]) -> str:
    if not {"epochs", "seconds"} <= record.keys():
        return ""
    return f"(fit: {counted(record['epochs'], 'epoch')} in {duration(record['seconds'])})"


def _split(key: str, found: Any) -> Iterator[tuple[str, str]]:
    if isinstance(found, Mapping) and len(key) + len(format_value(found)) > LONG:
        for name, one in found.items():
            yield from _split(f"{key}.{name}", one)
    else:
        yield key, format_value(found)
