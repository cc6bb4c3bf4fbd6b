"""A copy of the project's sources with other parameters, in which a benchmark or a test runs the real workflow."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from darkroom.params import inheritance
from darkroom.params.yaml_files import read
from darkroom.pipeline import template

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (
    "Makefile",
    "darkroom",
    "stages",
    "workflow",
    "dvclive",
    "models/dvc.yaml",
    "dvc.yaml",
    "params.yaml",
    ".dvcignore",
    ".gitignore",
    "LICENSE",
    "pyproject.toml",
    "requirements",
)
DVC_SOURCES = ("config", ".gitignore")


def copied(folder: Path) -> Path:
    """Copy the sources into ``folder``, as a git repository where nothing has run yet, and return it."""
    folder.mkdir(parents=True)
    for name in SOURCES:
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source, folder / name)
    (folder / ".dvc").mkdir()
    for name in DVC_SOURCES:
        shutil.copyfile(ROOT / ".dvc" / name, folder / ".dvc" / name)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


def edit(folder: Path, changes: dict[str, Any]) -> None:
    """Set the values under dotted keys of the params.yaml in ``folder``."""
    file = folder / "params.yaml"
    document = _load(file)
    for dotted, value in changes.items():
        *parents, last = dotted.split(".")
        node = document
        for part in parents:
            node = node.setdefault(part, {})
        node[last] = json.loads(json.dumps(value))  # a copy: what two values share, a later key would change in both
    file.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")


def _load(file: Path) -> dict[str, Any]:
    """Return the document in a file, by the reader in C: that in Python takes ten times as long, and tests edit."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def parameters(folder: Path) -> dict[str, Any]:
    """Return the params.yaml in ``folder`` with every entry in full, without its defaults."""
    return inheritance.expand(read(folder / "params.yaml")).value


def leave_one_study(folder: Path, study: str = "intel") -> None:
    """Let the params.yaml in ``folder`` ask for one study alone, with its models and their fine-tunes."""
    document = _load(folder / "params.yaml")
    left = {**document["studies"][study], "sweeps": [], "summary_only": []}
    edit(folder, {"studies": {study: left}, "sweeps": {}, "ensembles": {}, "explanations": {}})


def run(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run ``python -m`` with ``arguments`` in the copy and return what it printed."""
    done = start(folder, list(arguments), environment())
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done


def start(folder: Path, arguments: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``python -m`` with ``arguments`` in ``folder``, with these variables; tests start it in another way."""
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=variables)


def environment(*folders: Path) -> dict[str, str]:
    """Return this process' variables without Darkroom's, with ``folders`` and this Python first in the path."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DARKROOM_")}
    first = [*map(str, folders), str(Path(sys.executable).parent)]
    return {**inherited, "PATH": os.pathsep.join([*first, os.environ["PATH"]])}


def executed(output: str) -> list[str]:
    """Return the stages that make something whose commands DVC executed, by what it printed, sorted."""
    return sorted(stage for stage in re.findall(r"Running stage '([^']+)'", output) if stage != template.CHECK)


def snakemake(folder: Path, *arguments: str) -> list[str]:
    """Run the workflow in the copy and return the stages whose commands DVC executed, sorted."""
    shutil.rmtree(folder / "logs", ignore_errors=True)
    run(folder, "snakemake", *arguments)
    return executed("".join(log.read_text(encoding="utf-8") for log in (folder / "logs").rglob("*.log")))


def git(folder: Path, *arguments: str) -> str:
    """Run git in the copy, as an author of its own, and return what it printed."""
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def cloned(origin: Path, folder: Path) -> Path:
    """Clone a copy into ``folder``, and return it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    git(origin, "clone", "--quiet", str(origin), str(folder))
    return folder


def timed(folder: Path, *arguments: str) -> float:
    """Return the seconds that ``python -m`` with ``arguments`` takes in the copy."""
    began = time.perf_counter()
    run(folder, *arguments)
    return time.perf_counter() - began
