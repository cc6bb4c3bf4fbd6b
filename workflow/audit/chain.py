"""The entries of dvc.lock as a chain: the writer of each output, the order of steps, and the joints that do not fit."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import networkx

from darkroom.core.errors import UserError
from darkroom.pipeline import template
from workflow.changes import Change, Inspection, Producers
from workflow.hashes import Content, of_folder
from workflow.lock import FILE as LOCK

PROGRAM = ("darkroom", "stages")
"""The folders of the code that steps run."""


class Chain:
    """The steps that dvc.lock records; ``producers`` says which of them wrote each output."""

    def __init__(self, inspection: Inspection) -> None:
        """Take the entries, and the stages that there are now."""
        self.inspection, self.entries = inspection, inspection.entries
        self.producers = Producers((out, name) for name, entry in self.entries.items() for out in entry.outs)

    @cached_property
    def graph(self) -> networkx.DiGraph:
        """The steps, each with an edge to every step that it came from."""
        graph = networkx.DiGraph()
        for name, entry in self.entries.items():
            graph.add_node(name)
            read = (out for dep, recorded in entry.deps.items() for out in self.list_outs_read(dep, recorded))
            graph.add_edges_from((name, self.producers[out]) for out in read)
        return graph

    def list_upstream(self, targets: Sequence[str]) -> list[str]:
        """Return the names of the steps that ``targets`` came from, what comes first before.

        Raises:
            UserError: no stage wrote one of them, or none has been executed yet.
        """
        writers = [name for target in targets for name in self.find_writers(target)]
        return list(dict.fromkeys(name for one in writers for name in networkx.dfs_postorder_nodes(self.graph, one)))

    def find_writers(self, target: str) -> list[str]:
        """Return the steps that wrote a file or folder, or what lies in it.

        Raises:
            UserError: there is none.
        """
        path = os.path.relpath(target)
        above = [str(folder) for folder in [Path(path), *Path(path).parents]]
        for folder in above:
            if folder in self.producers:
                if Path(folder).exists() and not Path(path).exists():
                    raise UserError(f"{target}: no such file; {self.producers[folder]} wrote {folder} without it")
                return [self.producers[folder]]
        inside = self.producers.below(path)
        if inside:
            return list(dict.fromkeys(self.producers[out] for out in inside))
        now = self.inspection.producers
        if any(folder in now for folder in above) or now.below(path):
            raise UserError(f"{target}: {LOCK} records no execution that wrote it; run snakemake first")
        raise UserError(
            f"{target}: no stage of {template.FILE} writes it; name a file or folder in data, models or results"
        )

    def list_outs_read(self, dep: str, recorded: Content) -> list[str]:
        """Return the outputs that a step read through a dependency.

        Of a folder, those of stages that are no more count only where they were still in it.
        """
        outs = self.producers.behind(dep)
        current = [out for out in outs if self.producers[out] in self.inspection.stages]
        return current if self._hash_folder(dep, current) == recorded.md5 else outs

    def find_gaps(self, name: str) -> list[Change]:
        """Return where what a step read is not what the step before it wrote, as dvc.lock has both."""
        found = []
        now = self.inspection.producers
        for dep, recorded in self.entries[name].deps.items():
            outs = self.list_outs_read(dep, recorded)
            written = self._find_written(dep, outs)
            if written == recorded.md5 or not (outs or now.behind(dep)):
                continue
            lost = [now[out] for out in now.behind(dep) if now[out] not in self.entries]
            unlike = f"is recorded in {LOCK} with another hash than its writer's"
            what = f"comes from {lost[0]}, of which {LOCK} records nothing" if lost else unlike
            found.append(Change("joint", dep, what))
        return found

    def is_code(self, dep: str) -> bool:
        """Return whether a dependency is a file or folder of the program, which no step writes."""
        of_program = dep.endswith(".py") or Path(dep).parts[0] in PROGRAM
        return of_program and dep not in self.producers

    def _find_md5(self, out: str) -> str:
        return self.entries[self.producers[out]].outs[out].md5

    def _find_written(self, dep: str, outs: Sequence[str]) -> str | None:
        """Return the hash of what the steps that wrote a dependency, a file or what lies in a folder, wrote there."""
        if dep in self.producers:
            return self._find_md5(dep)
        holder = self.producers.holder(dep)
        return (
            self._list_files(holder, [holder]).get(os.path.relpath(dep, holder))
            if holder
            else self._hash_folder(dep, outs)
        )

    def _hash_folder(self, folder: str, outs: Sequence[str]) -> str:
        return of_folder(self._list_files(folder, outs))

    def _list_files(self, folder: str, outs: Sequence[str]) -> dict[str, str]:
        return self.inspection.list_files({out: self._find_md5(out) for out in outs}, folder)
