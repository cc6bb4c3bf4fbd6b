"""The study that faults are tried on: made once, and once more after each edit, without any fault."""

import hashlib
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import project, trivial
from darkroom.pipeline import template

STAND_IN = Path(__file__).with_name("stand_in.py")
VIEW, MODEL = "a view edited", "a model edited"
EDITS: dict[str, dict[str, object]] = {
    "": {},
    VIEW: {"views.intel-150.filter": "bilinear"},
    MODEL: {"models.model-0002.training.epochs": 3},
}
"""Edits of params.yaml: none, one that asks for a view and all that stands on it, and one for five stages."""
MARK = ".snakemake_timestamp"


@dataclass
class Base:
    """A finished study in the folder ``project`` of ``place``, its source beside it, and what comes of each edit.

    ``outs`` are the paths that stages write. By the edit, ``wanted`` are the hashes of all files there, ``asked`` the
    stages that run, and ``seconds`` how long that takes.
    """

    place: Path
    outs: tuple[str, ...] = ()
    wanted: dict[str, Mapping[str, str]] = field(default_factory=dict)
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def copy(self, place: Path) -> Path:
        """Copy the study into ``place``, with its source, and return its folder."""
        subprocess.run(["cp", "--archive", str(self.place), str(place)], check=True)  # faster than shutil
        return place / "project"

    def hashes(self, folder: Path) -> dict[str, str]:
        """Return the SHA-256 of every file that stages wrote into a copy, by its path."""
        tops = [folder / out for out in self.outs]
        files = [file for top in tops for file in (sorted(top.rglob("*")) if top.is_dir() else [top])]
        there = (file for file in files if file.is_file() and file.name != MARK)
        return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in there}

    def learn(self, edit: str) -> None:
        """Make the study with an edit, undisturbed, and note what comes of it."""
        folder = self.copy(self.place.with_name("undisturbed"))
        project.edit(folder, EDITS[edit])
        began = time.monotonic()
        project.run(folder, "snakemake")
        self.seconds[edit] = time.monotonic() - began
        self.asked[edit] = tuple(stage for stage, _ in trivial.executed(folder))
        self.wanted[edit] = self.hashes(folder)
        shutil.rmtree(self.place.with_name("undisturbed"))


def made(place: Path, every_kind: bool = True) -> Base:
    """Make the study in ``place``; with ``every_kind`` it has a stage of every kind, or else of most."""
    base = Base(place / "base")
    folder = trivial.made(base.place / "project", 2, every_kind)
    for name in ("seg_train", "seg_test"):
        (base.place / f"archives/{name}").mkdir(parents=True)
        (base.place / f"archives/{name}/1.png").write_text(name, encoding="utf-8")
    project.edit(folder, {"datasets.intel.source": "../archives"})
    shutil.copyfile(STAND_IN, folder / STAND_IN.name)
    (folder / trivial.SCRIPT).write_text(f'exec python {STAND_IN.name} "$1" "$2"\n', encoding="utf-8")
    project.run(folder, "snakemake")
    project.git(folder, "add", "--all")
    project.git(folder, "commit", "--quiet", "--message", "Run")
    trivial.forget(folder)
    base.outs = tuple(out for stage in template.read_stages(folder).values() for out in stage.outs)
    return base


def an_out(folder: Path, verb: str) -> Path:
    """Return a file that the first stage of a kind wrote."""
    stage = next(one for one in template.read_stages(folder).values() if one.verb == verb)
    first = folder / stage.outs[0]
    return first if first.is_file() else next(file for file in sorted(first.rglob("*")) if file.name != MARK)
