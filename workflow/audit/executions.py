"""The executions that DVC remembers: its run cache, against which an entry of dvc.lock can be checked.

DVC notes each execution of a stage in ``runs`` of its cache, apart from dvc.lock. A hash that stands in dvc.lock alone
came from no execution. Whoever also forges the run cache is not found out here.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import yaml

from darkroom.params.differences import differences
from darkroom.params.yaml_dialect import Loader
from workflow import lock
from workflow.listings import NOTES
from workflow.lock import FILE as LOCK
from workflow.lock import Entry

PULLED = f"{LOCK} was edited, or the run cache was not pulled (make pull)"


class Executions:
    """The executions in a run cache."""

    def __init__(self, cache: Path) -> None:
        """Take the folder of the cache."""
        self.cache, self.folder = cache, cache / NOTES
        self._texts = [file.read_text(encoding="utf-8") for file in self.folder.glob("*/*/*") if file.is_file()]

    def __bool__(self) -> bool:
        """Return whether any execution is known."""
        return bool(self._texts)

    def find_doubt(self, entry: Entry) -> str | None:
        """Return why no execution made an entry of dvc.lock what it is, or ``None`` where one did."""
        deps = {one.md5 for one in entry.deps.values()}
        same_inputs = [run for run in self._list_holding(entry.name, deps) if not _find_difference(entry, run)]
        if any(_list_hashes(run) == _list_hashes(entry) for run in same_inputs):
            return None
        if same_inputs:
            nearest = max(same_inputs, key=lambda run: len(_list_hashes(run).items() & _list_hashes(entry).items()))
            forged = next(out for out, md5 in _list_hashes(entry).items() if _list_hashes(nearest).get(out) != md5)
            return f"{forged} has a hash in {LOCK} that no execution produced"
        outs = {one.md5 for one in entry.outs.values()}
        for run in self._list_holding(entry.name, outs):
            if _list_hashes(run) == _list_hashes(entry):
                return f"{_find_difference(entry, run)} when these outputs were made: {PULLED}"
        return f"no execution with what {LOCK} says it read is in {self.folder}: {PULLED}"

    def _list_holding(self, name: str, hashes: set[str]) -> Iterator[Entry]:
        """Return the executions in whose notes all of ``hashes`` stand; to read all notes would take long."""
        for text in self._texts:
            if all(md5 in text for md5 in hashes):
                with suppress(*lock.DAMAGED):
                    yield lock.entry(name, yaml.load(text, Loader=Loader))


def _list_hashes(entry: Entry) -> dict[str, str]:
    return {out: one.md5 for out, one in entry.outs.items()}


def _find_difference(entry: Entry, run: Entry) -> str:
    """Return the first of what dvc.lock says was read that an execution read otherwise, or nothing."""
    if entry.command != run.command:
        return f"the command in {LOCK} was another"
    for file in {**entry.params, **run.params}:
        now, before = entry.params.get(file, {}), run.params.get(file, {})
        for key in {**now, **before}:
            for leaf, recorded, had in differences(key, now.get(key), before.get(key)):
                return f"{leaf} is {recorded!r} in {LOCK}, but was {had!r}"
    for dep in {**entry.deps, **run.deps}:
        if dep not in run.deps or not run.deps[dep].same_as(entry.deps.get(dep)):
            return f"{dep} has a hash in {LOCK} that it had not"
    return "" if entry.outs.keys() == run.outs.keys() else f"the outputs in {LOCK} were others"
