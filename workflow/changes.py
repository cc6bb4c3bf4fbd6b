"""What no longer holds of what dvc.lock records: the answer, by content, to whether a stage must be executed again.

DVC asks the same questions in every job. They are asked here first and for all stages at once, so that Snakemake runs
just the jobs that they concern.
"""

import functools
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from darkroom.params.differences import became, differences, likest
from darkroom.params.yaml_files import read
from darkroom.pipeline import template
from workflow import listings
from workflow.contents import Contents
from workflow.hashes import FOLDER_ENDING, Content, of_folder
from workflow.lock import Entry

Kind = Literal["new", "command", "parameter", "code", "input", "output", "missing", "joint"]


@dataclass(frozen=True)
class Change:
    """One thing that no longer holds of a stage; ``subject`` is the file or parameter, ``what`` says how it differs."""

    kind: Kind
    subject: str
    what: str

    def __str__(self) -> str:
        """Return the change in words, without the stage."""
        return f"{self.subject} {self.what}"


class Producers(dict[str, str]):
    """The stage that writes each output, by the output's path."""

    def __init__(self, outs: Iterable[tuple[str, str]]) -> None:
        super().__init__(outs)
        self._below: dict[str, list[str]] = defaultdict(list)
        for out in self:
            folder = out
            while "/" in folder:
                folder = folder.rpartition("/")[0]  # pathlib would take a second for a thousand models
                self._below[folder].append(out)

    def below(self, folder: str) -> list[str]:
        """Return the outputs that lie in a folder, which is none itself."""
        return self._below.get(folder, [])

    def behind(self, path: str) -> list[str]:
        """Return what stages wrote of a path that another depends on: itself, the outputs in it, or that it lies in."""
        if path in self:
            return [path]
        holder = self.holder(path)
        return [holder] if holder else self.below(path)

    def holder(self, path: str) -> str | None:
        """Return the output, a folder, that a path lies in; ``None``: it lies in none."""
        while "/" in path:
            path = path.rpartition("/")[0]
            if path in self:
                return path
        return None


class Inspection:
    """The stages of dvc.yaml, what dvc.lock records of them, and the bytes and values of this moment."""

    def __init__(self, stages: Mapping[str, template.Stage], entries: Mapping[str, Entry], contents: Contents) -> None:
        self.stages, self.entries, self.contents = stages, entries, contents
        self.producers = Producers((os.path.normpath(out), name) for name, one in stages.items() for out in one.outs)
        self._document = functools.cache(lambda file: read(Path(file)) if Path(file).exists() else {})

    def inputs_changed(self, name: str) -> list[Change]:
        """Return why a stage's command must be executed again: its inputs are not those that it was executed with."""
        stage, entry = self.stages[name], self.entries.get(name)
        if entry is None:
            return [Change("new", name, "is not in dvc.lock")]
        found = [Change("command", "the command", "changed")] if entry.command != stage.command else []
        found += [change for file, keys in stage.params.items() for change in self._params(entry, file, keys)]
        found += [change for dep in stage.deps for change in self._dep(entry, os.path.normpath(dep))]
        outs = map(os.path.normpath, stage.outs)
        return found + [Change("command", out, "is a new output") for out in outs if out not in entry.outs]

    def outputs_changed(self, name: str) -> list[Change]:
        """Return the outputs that are missing, or hold something else than the stage wrote."""
        differ = self.not_as_written(self.outs_recorded(name))
        there = [out for out in differ if self.contents(out)]
        changed = [Change("output", out, f"is not what {name} wrote") for out in there]
        return changed + [Change("missing", out, "is missing") for out in differ if out not in there]

    def not_as_written(self, outs: Iterable[str]) -> list[str]:
        """Return those of some outputs that are not there, or hold something else than their stage wrote."""
        pairs = ((out, self.dep_content(os.path.normpath(out))) for out in outs)
        return [out for out, recorded in pairs if recorded is None or not recorded.same_as(self.contents(out))]

    def outs_recorded(self, name: str) -> dict[str, Content]:
        """Return what a stage writes, as dvc.lock has it; nothing of what it does not record."""
        entry = self.entries.get(name)
        return {out: one for out, one in entry.outs.items() if self.producers.get(out) == name} if entry else {}

    def is_kept(self, name: str) -> bool:
        """Return whether DVC's cache holds all that a stage wrote."""
        return all(listings.holds(self.cache, one.md5) for one in self.outs_recorded(name).values())

    @functools.cached_property
    def cache(self) -> Path:
        """DVC's cache, which is looked up when it is needed: that takes DVC's time."""
        return listings.cache()

    def outs_read(self, name: str) -> list[str]:
        """Return the outputs of other stages that a stage depends on, itself or through their folder."""
        deps = map(os.path.normpath, self.stages[name].deps)
        return list(dict.fromkeys(out for dep in deps for out in self.producers.behind(dep)))

    def before(self, name: str) -> set[str]:
        """Return the stages whose outputs a stage depends on."""
        return {self.producers[out] for out in self.outs_read(name)}

    def upstream(self) -> dict[str, set[str]]:
        """Return, of every stage, those whose outputs it depends on."""
        return {name: self.before(name) for name in self.stages}

    def value(self, file: str, dotted: str) -> Any:
        """Return the value under a dotted key of a file of parameters, ``None`` where there is none."""
        value: Any = self._document(file)
        for part in dotted.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def _params(self, entry: Entry, file: str, keys: tuple[str, ...]) -> Iterator[Change]:
        recorded = entry.params.get(file, {})
        for key in keys:
            now = self.value(file, key)
            if key in recorded:
                for leaf, old, new in differences(key, recorded[key], now):
                    yield Change("parameter", leaf, f"{became(old, new)} ({file})")
            else:
                before = likest(key, recorded.keys() - set(keys))
                what = f"{became(recorded[before], now)}, and stood at {before}" if before else "is new"
                yield Change("parameter", key, f"{what} ({file})")

    def _dep(self, entry: Entry, dep: str) -> Iterator[Change]:
        kind: Kind = "code" if dep.endswith(".py") and dep not in self.producers else "input"
        recorded, now, inside = entry.deps.get(dep), self.dep_content(dep), self.producers.below(dep)
        if recorded is None:
            yield Change(kind, dep, "is a new dependency")
        elif now is None and is_elsewhere(dep):
            return  # what was brought in from there is here, or will be asked for
        elif not recorded.same_as(now) and not recorded.same_as(self._written(dep)):
            yield Change(kind, dep, self._difference(dep, recorded, now) if now or inside else "is missing")

    def dep_content(self, dep: str) -> Content | None:
        """Return what a dependency holds: of what stages made, what these recorded, which guards see to."""
        if dep in self.producers:
            producer = self.entries.get(self.producers[dep])
            return producer.outs.get(dep) if producer else None
        if holder := self.producers.holder(dep):
            return self._within(holder, os.path.relpath(dep, holder))
        return self._written(dep) if self.not_as_written(self.producers.below(dep)) else self.contents(dep)

    def _within(self, folder: str, name: str) -> Content | None:
        """Return what a file in a folder held when a stage wrote that; ``None`` where no list of it is here."""
        recorded = self.dep_content(folder)
        md5 = self.list_files({folder: recorded.md5}, folder).get(name) if recorded else None
        return Content(md5, None) if md5 else None

    def _written(self, folder: str) -> Content | None:
        """Return what stages wrote into a folder, as dvc.lock has it; ``None`` if none did."""
        recorded = {out: self.dep_content(out) for out in self.producers.below(folder)}
        listed = self.list_files({out: one.md5 for out, one in recorded.items() if one}, folder)
        return Content(of_folder(listed), None) if listed else None

    def _difference(self, dep: str, recorded: Content, now: Content | None) -> str:
        """Return in words how a dependency differs from what a stage read, by name where what it read is known."""
        made = {out: one.md5 if (one := self.dep_content(out)) else "" for out in self.producers.below(dep)}
        before = self._listed(recorded.md5) or self.list_files({out: md5 for out, md5 in made.items() if md5}, dep)
        after = self.list_files(made, dep)
        if now and not made:
            after = self._listed(now.md5)
            if before and not after:
                after = dict(self.contents.listing(dep))
                listings.keep(now.md5, after)
        named = listings.tell_apart(before, after) if before or made else ""
        return f"changed: {named}" if named else "changed"

    def _listed(self, md5: str) -> dict[str, str]:
        """Return the MD5 of each file of a folder with DVC's hash ``md5``; none where no list of it is here."""
        return (listings.kept(md5) or listings.listed(self.cache, md5)) if md5.endswith(FOLDER_ENDING) else {}

    def list_files(self, outs: Mapping[str, str], folder: str) -> dict[str, str]:
        """Return the MD5 of each file that stages wrote into a folder, by its path within it; empty of what is new.

        ``outs`` are the hashes of what they wrote; where no list of one is here that is a folder, it stands for itself.
        """
        found: dict[str, str] = {}
        for out, md5 in outs.items():
            name, files = os.path.relpath(out, folder), self._listed(md5) or self._listed_now(out, md5)
            found |= {os.path.normpath(f"{name}/{file}"): each for file, each in files.items()} or {name: md5}
        return found

    def _listed_now(self, folder: str, md5: str) -> dict[str, str]:
        """Return the MD5 of each file of a folder as it is, if that is what it was."""
        if not md5.endswith(FOLDER_ENDING) or not Path(folder).is_dir():
            return {}
        files = dict(self.contents.listing(folder))
        return files if of_folder(files) == md5 else {}


def is_outside(dep: str) -> bool:
    """Return whether a dependency lies outside the project: a source, which need not come with a clone."""
    return Path(dep).is_absolute() or Path(dep).parts[0] == ".."


def is_elsewhere(dep: str) -> bool:
    """Return whether a dependency lies outside the project, and is not there."""
    return is_outside(dep) and not Path(dep).exists()
