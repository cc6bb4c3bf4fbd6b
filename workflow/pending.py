"""What jobs have left to be recorded in dvc.lock, a file for each stage, until workflow/recording.py joins them to it.

A file holds the stage's entry as DVC would write it, and below it, by hash, the entries that it may take the place of:
where dvc.lock has another one meanwhile, from DVC by hand, git or a merge, that one is newer.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from darkroom.core.files import write_text

FOLDER = Path(".dvc/tmp/entries")
AFTER = "# after "


@dataclass(frozen=True)
class Left:
    """The ``text`` of an entry, and the hashes of those that it comes after."""

    text: str
    after: frozenset[str]

    def follows(self, present: str | None) -> bool:
        """Return whether it may take the place of what dvc.lock holds of the stage, if that is anything."""
        return digest(present or "") in self.after


def digest(text: str) -> str:
    """Return the hash by which an entry is known."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def place(stage: str) -> Path:
    """Return the file in which a job leaves what is to be recorded of its stage."""
    return FOLDER / f"{stage}.yaml"


def being_joined(stage: str) -> Path:
    """Return the name of that file while it is joined to dvc.lock."""
    return FOLDER / f"{stage}.joining"


def leave(stage: str, text: str, present: Iterable[str]) -> None:
    """Leave an entry, to take the place of those ``present`` in dvc.lock or left by an earlier job."""
    after = sorted({digest(one) for one in present})
    write_text(place(stage), f"{text}{AFTER}{' '.join(after)}\n")


def of(stage: str) -> Left | None:
    """Return what was left last of a stage, if anything is."""
    for file in (place(stage), being_joined(stage)):
        with suppress(FileNotFoundError):
            text, _, after = file.read_text(encoding="utf-8").rpartition(AFTER)
            return Left(text, frozenset([*after.split(), digest(text)]))
    return None


def every() -> dict[str, Left]:
    """Return what was left last of each stage."""
    stages = {file.stem for file in FOLDER.glob("[!.]*.*")}
    return {stage: one for stage in sorted(stages) if (one := of(stage))}


def take() -> None:
    """Give everything its name of what is joined: a job that leaves another entry meanwhile finds its place free."""
    for file in FOLDER.glob("[!.]*.yaml"):
        file.rename(being_joined(file.stem))
