"""What no longer holds of what dvc.lock records: the answer, by content, to whether a stage must be executed again.

DVC asks the same questions in every job. They are asked here first and for all stages at once, so that Snakemake runs
just the jobs that they concern.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stages import template
from stages.parameters.base import read
from workflow.hashes import Content, Contents, of_folder
from workflow.lock import Entry
from workflow.producers import Producers

Kind = Literal["new", "command", "parameter", "code", "input", "output", "joint"]
CODE = ".py"


@dataclass(frozen=True)
class Change:
    """One thing that no longer holds of a stage; ``subject`` is the file or parameter, ``what`` says how it differs."""

    stage: str
    kind: Kind
    subject: str
    what: str

    def __str__(self) -> str:
        """Return the change in words, without the stage."""
        return f"{self.subject} {self.what}"


class Inspection:
    """The stages of dvc.yaml, what dvc.lock records of them, and the bytes and values of this moment."""

    def __init__(
        self,
        stages: Mapping[str, template.Stage],
        entries: Mapping[str, Entry],
        contents: Contents,
    ) -> None:
        self.stages, self.entries, self.contents = stages, entries, contents
        self.producers = Producers((os.path.normpath(out), name) for name, one in stages.items() for out in one.outs)
        self._documents: dict[str, Mapping[str, Any]] = {}

    def inputs_changed(self, name: str) -> list[Change]:
        """Return why a stage's command must be executed again: its inputs are not those that it was executed with."""
        stage, entry = self.stages[name], self.entries.get(name)
        if entry is None:
            return [Change(name, "new", name, "is not in dvc.lock")]
        found = [Change(name, "command", "the command", "changed")] if entry.command != stage.command else []
        found += [change for file, keys in stage.params.items() for change in self._params(entry, file, keys)]
        found += [change for dep in stage.deps for change in self._dep(entry, os.path.normpath(dep))]
        outs = (os.path.normpath(out) for out in stage.outs)
        return found + [Change(name, "output", out, "is a new output") for out in outs if out not in entry.outs]

    def outputs_changed(self, name: str) -> list[Change]:
        """Return the outputs that are there, but hold something else than the stage wrote."""
        entry = self.entries.get(name)
        outs = entry.outs if entry else {}
        now = {out: self.contents(out) for out in outs if self.producers.get(out) == name}
        differ = [out for out, one in now.items() if one and not one.same_as(outs[out])]
        return [Change(name, "output", out, f"is not what {name} wrote") for out in differ]

    def value(self, file: str, dotted: str) -> Any:
        """Return the value under a dotted key of a file of parameters, ``None`` where there is none."""
        if file not in self._documents:
            self._documents[file] = read(Path(file)) if Path(file).exists() else {}
        value: Any = self._documents[file]
        for part in dotted.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def outs_read(self, name: str) -> list[str]:
        """Return the outputs of other stages that a stage depends on, itself or through their folder."""
        return [out for dep in self.stages[name].deps for out in self.producers.behind(os.path.normpath(dep))]

    def dep_content(self, dep: str) -> Content | None:
        """Return what a dependency holds: of what a stage made, what that stage recorded, which guards see to."""
        if dep in self.producers:
            producer = self.entries.get(self.producers[dep])
            return producer.outs.get(dep) if producer else None
        inside = self.producers.below(dep)
        return self.contents(dep) if all(Path(out).exists() for out in inside) else self._written(dep)

    def _written(self, folder: str) -> Content | None:
        """Return what stages wrote into a folder, as dvc.lock has it; ``None`` if none did."""
        recorded = {out: self.dep_content(out) for out in self.producers.below(folder)}
        listed = {os.path.relpath(out, folder): one.md5 for out, one in recorded.items() if one}
        return Content(of_folder(listed), None) if listed else None

    def _params(self, entry: Entry, file: str, keys: tuple[str, ...]) -> Iterator[Change]:
        recorded = entry.params.get(file, {})
        for key in keys:
            now = self.value(file, key)
            if key not in recorded:
                yield Change(entry.name, "parameter", key, f"is new ({file})")
            elif now != recorded[key]:
                yield from (
                    Change(entry.name, "parameter", leaf, f"was {old!r}, is {new!r} ({file})")
                    for leaf, old, new in differences(key, recorded[key], now)
                )

    def _dep(self, entry: Entry, dep: str) -> Iterator[Change]:
        kind: Kind = "code" if dep.endswith(CODE) and dep not in self.producers else "input"
        recorded, now = entry.deps.get(dep), self.dep_content(dep)
        if recorded is None:
            yield Change(entry.name, kind, dep, "is a new dependency")
        elif now is None and is_elsewhere(dep):
            return  # what was brought in from there is here, or will be asked for
        elif not recorded.same_as(now) and not recorded.same_as(self._written(dep)):
            yield Change(entry.name, kind, dep, "changed" if now else "is missing")


def is_outside(dep: str) -> bool:
    """Return whether a dependency lies outside the project: a source, which need not come with a clone."""
    return Path(dep).is_absolute() or Path(dep).parts[0] == ".."


def is_elsewhere(dep: str) -> bool:
    """Return whether a dependency lies outside the project, and is not there."""
    return is_outside(dep) and not Path(dep).exists()


def differences(key: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Return the dotted keys under ``key`` whose values differ, with the old and the new value."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in {**old, **new}:
            yield from differences(f"{key}.{name}", old.get(name), new.get(name))
    elif old != new:
        yield key, old, new


def concerned(inspection: Inspection) -> dict[str, list[Change]]:
    """Return every stage that DVC must look at again, with why.

    Without a reason of their own: those after a stage whose inputs changed, and those between two that are concerned.
    """
    upstream = {name: {inspection.producers[out] for out in inspection.outs_read(name)} for name in inspection.stages}
    downstream: dict[str, set[str]] = {name: set() for name in upstream}
    for name, before in upstream.items():
        for producer in before:
            downstream[producer].add(name)
    inputs = {name: inspection.inputs_changed(name) for name in inspection.stages}
    outputs = {name: inspection.outputs_changed(name) for name in inspection.stages}
    stale = reached((name for name, changes in inputs.items() if changes), downstream)
    direct = stale | {name for name, changes in outputs.items() if changes}
    between = reached(direct, downstream) & reached(direct, upstream)
    return {name: inputs[name] + outputs[name] for name in inspection.stages if name in direct | between}


def reached(start: Iterable[str], neighbours: Mapping[str, Iterable[str]]) -> set[str]:
    """Return all that can be reached in a graph, the ``start`` included."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(neighbours[name])
    return found
