"""Odd places, repositories and clocks in which a study is made."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import project
from benchmarks.faults.environments import around
from benchmarks.faults.study import MARK, MODEL
from benchmarks.faults.trial import Fault, Trial

PATHS = (
    "with a space",
    "it's",
    'double "quotes"',
    "Straße – été 图",
    "{braces}",
    "$HOME",
    "a;b&c",
    "percent%20",
    "#hash",
    "star*",
    "[ab]",
    "-dash",
    "new\nline",
    "~",
    "a" * 200,
)
YEAR = 365 * 24 * 3600


def moved(name: str) -> Callable[[Trial], None]:
    """Return what makes the study in a folder of another name."""

    def inject(trial: Trial) -> None:
        new = trial.folder.with_name(name)
        trial.folder.rename(new)
        trial.folder = new

    return inject


def through_a_link(trial: Trial) -> None:
    """Work in a link to the checkout."""
    link = trial.folder.with_name("link")
    link.symlink_to(trial.folder.name)
    trial.folder = link


def dated(seconds: float) -> Callable[[Trial], None]:
    """Return what dates all files of the study back or forward, by os.utime."""

    def inject(trial: Trial) -> None:
        now = time.time() + seconds
        for file in trial.folder.rglob("*"):
            if file.is_file() and ".git" not in file.parts and file.name != MARK:
                os.utime(file, (now, now))

    return inject


def faked(offset: str) -> Callable[[Trial], None]:
    """Return what runs the study with another clock, by libfaketime, and then with this one."""
    return around(("faketime", "-f", offset))


def lacks_faketime() -> str | None:
    """Return what is lacking to fake a clock."""
    return None if shutil.which("faketime") else "faketime (Debian, Ubuntu: apt install faketime)"


def go(trial: Trial, folder: Path) -> None:
    """Go on in another checkout, with the cache of the first."""
    cache = trial.folder / ".dvc/cache"
    (folder / ".dvc/config.local").write_text(f"[cache]\n    dir = {cache}\n", encoding="utf-8")
    trial.folder = folder


def worktree(trial: Trial) -> None:
    """Work in another worktree of the repository."""
    project.git(trial.folder, "worktree", "add", "--quiet", "../other", "HEAD")
    go(trial, trial.folder.with_name("other"))


def shallow(trial: Trial) -> None:
    """Work in a clone that has the last commit alone."""
    project.git(trial.folder.parent, "clone", "--quiet", "--depth", "1", trial.folder.as_uri(), "shallow")
    go(trial, trial.folder.with_name("shallow"))


def submodule(trial: Trial) -> None:
    """Work in a submodule of another repository."""
    outer = trial.folder.with_name("outer")
    outer.mkdir()
    project.git(outer, "init", "--quiet")
    project.git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(trial.folder), "inner")
    shutil.copytree(trial.folder.with_name("archives"), outer / "archives")
    go(trial, outer / "inner")


def no_git(trial: Trial) -> None:
    """Take the repository away, and do what is said then."""
    shutil.rmtree(trial.folder / ".git")
    trial.run()
    trial.run("sh", "workflow/without-git")


def faults() -> Iterator[Fault]:
    """Yield the faults."""
    yield from (Fault("path", f"a checkout in {name[:40]!r}", moved(name), edit=MODEL) for name in PATHS)
    yield Fault("path", "a checkout reached through a link", through_a_link, edit=MODEL)
    for name, act in {"worktree": worktree, "shallow clone": shallow, "submodule": submodule}.items():
        yield Fault("repository", f"a git {name}", act)
    yield Fault("repository", "no repository", no_git)
    for name, seconds in {"a year back": -YEAR, "a year ahead": YEAR, "to 1970": -time.time() + 1}.items():
        yield Fault("clock", f"all files dated {name} (os.utime)", dated(seconds))
        yield Fault("clock", f"all files dated {name} (os.utime), then an edit", dated(seconds), edit=MODEL)
    for name, offset in {"a year back": "-365d", "a year ahead": "+365d", "a minute back": "-60s"}.items():
        yield Fault("clock", f"a run {name} (libfaketime)", faked(offset), edit=MODEL, needs=lacks_faketime)
