"""An audit as data, which every form of it shows: steps, what was brought in, and models' different environments."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from darkroom.core.filenames import ARCHIVES, BACKBONE, WEIGHTS
from darkroom.core.files import read_json
from workflow.audit.environments import Environment, list_different, list_processors
from workflow.audit.lineage import Item, State, Step


@dataclass(frozen=True)
class Brought:
    """A file that was brought in from outside, or weights; ``origin`` says in words where they are from."""

    kind: Literal["archive", "weights"]
    name: str
    sha256: str
    size: int | None = None
    origin: str | None = None


@dataclass(frozen=True)
class Audit:
    """The steps that the ``asked`` for files and folders came from, what comes first before."""

    asked: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def environments(self) -> list[Environment]:
        """The environments that the models were made in, where they differ."""
        return list_different(self.steps)

    @property
    def processors(self) -> dict[str, tuple[str, ...]]:
        """The steps by the kind of processor that they ran on, where there are several."""
        return list_processors(self.steps)

    def list_makers(self, asked: str) -> list[str]:
        """Return the steps that wrote a file or folder, or what lies in it, by their names."""
        path = Path(os.path.relpath(asked))
        return [step.name for step in self.steps if any(_are_related(path, Path(out.path)) for out in step.outs)]

    def list_outs_asked(self) -> list[Item]:
        """Return the files and folders that were asked for, or lie in a folder that was."""
        asked = [os.path.relpath(path) for path in self.asked]
        return [out for step in self.steps for out in step.outs if any(Path(out.path).is_relative_to(p) for p in asked)]

    @property
    def differences(self) -> list[str]:
        """Everything that no longer holds of the steps, each said once."""
        return list(dict.fromkeys(said for step in self.steps for said in list_differences(step)))


def list_differences(step: Step) -> list[str]:
    """Return what no longer holds of a step, and which of its outputs are missing."""
    missing = [f"{out.path} is missing" for out in step.outs if out.state == "missing"]
    return [*map(str, step.changes), *missing]


def judge(step: Step) -> State:
    """Return whether all that dvc.lock records of a step still holds."""
    return "changed" if step.changes else "missing" if list_differences(step) else "same"


def list_producers(step: Step) -> list[str]:
    """Return the steps that wrote what a step read, each once."""
    return list(dict.fromkeys(item.producer for item in step.inputs if item.producer))


def list_brought(step: Step) -> list[Brought]:
    """Return the archives and weights that a step brought in, as it noted them; nothing of what was changed since."""
    folders = [Path(out.path) for out in step.outs if out.files and out.state == "same"]
    return [found for folder in folders for found in (*_list_archives(folder), *_list_weights(folder))]


def _list_archives(folder: Path) -> Iterator[Brought]:
    if (folder / ARCHIVES).exists():
        with (folder / ARCHIVES).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield Brought("archive", row["name"], row["sha256"], int(row["bytes"]))


def _list_weights(folder: Path) -> Iterator[Brought]:
    if (folder / BACKBONE).exists():
        facts: dict[str, Any] = read_json(folder / BACKBONE)
        if facts["file"]:
            yield Brought("weights", facts["file"], facts["sha256"], facts["bytes"], facts["origin"])
        size = (folder / WEIGHTS).stat().st_size
        yield Brought("weights", WEIGHTS, facts["weights_sha256"], size, None if facts["file"] else facts["origin"])


def _are_related(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)
