"""How the entries of dvc.lock join: which step wrote what, what came first, and where they do not join."""

import os
from collections.abc import Sequence
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.pipeline import template
from workflow.changes import CODE, Change, Inspection
from workflow.hashes import Content, of_folder
from workflow.lock import FILE as LOCK
from workflow.producers import Producers


class Chain:
    """The steps that dvc.lock records; ``producers`` says which of them wrote each output."""

    def __init__(self, inspection: Inspection) -> None:
        """Take the entries, and the stages that there are now."""
        self.inspection, self.entries = inspection, inspection.entries
        self.producers = Producers((out, name) for name, entry in self.entries.items() for out in entry.outs)

    def upstream(self, targets: Sequence[str]) -> list[str]:
        """Return the names of the steps that ``targets`` came from, what comes first before.

        Raises:
            UserError: no stage wrote one of them, or none has been executed yet.
        """
        names: dict[str, None] = {}
        seen: set[str] = set()
        for target in targets:
            for name in self.writers(target):
                self._add(name, names, seen)
        return list(names)

    def writers(self, target: str) -> list[str]:
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

    def outs_read(self, dep: str, recorded: Content) -> list[str]:
        """Return the outputs that a step read through a dependency.

        Of a folder, those of stages that are no more count only where they were still in it.
        """
        outs = self.producers.behind(dep)
        current = [out for out in outs if self.producers[out] in self.inspection.stages]
        return current if self._of_folder(dep, current) == recorded.md5 else outs

    def joints(self, name: str) -> list[Change]:
        """Return where what a step read is not what the step before it wrote, as dvc.lock has both."""
        found = []
        now = self.inspection.producers
        for dep, recorded in self.entries[name].deps.items():
            outs = self.outs_read(dep, recorded)
            written = self._md5(dep) if dep in self.producers else self._of_folder(dep, outs)
            if written == recorded.md5 or not (outs or now.behind(dep)):
                continue
            lost = [now[out] for out in now.behind(dep) if now[out] not in self.entries]
            unlike = f"is recorded in {LOCK} with another hash than its writer's"
            what = f"comes from {lost[0]}, of which {LOCK} records nothing" if lost else unlike
            found.append(Change(name, "joint", dep, what))
        return found

    def _md5(self, out: str) -> str:
        return self.entries[self.producers[out]].outs[out].md5

    def _of_folder(self, folder: str, outs: Sequence[str]) -> str:
        return of_folder({os.path.relpath(out, folder): self._md5(out) for out in outs})

    def _add(self, name: str, names: dict[str, None], seen: set[str]) -> None:
        if name in seen:
            return
        seen.add(name)
        for dep, recorded in self.entries[name].deps.items():
            if not dep.endswith(CODE):
                for out in self.outs_read(dep, recorded):
                    self._add(self.producers[out], names, seen)
        names[name] = None
