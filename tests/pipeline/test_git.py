"""What git is asked runs no program that a repository's settings name."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.project import git as run_git
from darkroom.pipeline import git
from workflow.audit.commits import find_recording_commits

LOCK = "stages:\n  one:\n    cmd: x\n"


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose settings name a program that makes a file, in every way that reading might meet."""
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    run_git(folder, "init", "--quiet")
    (folder / "dvc.lock").write_text(LOCK)
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "--quiet", "--message", "One")
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho $0 >>'{tmp_path}/canary'\ncat\n")
    program.chmod(0o755)
    settings = ["core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "core.hooksPath"]
    settings += [f"filter.a=b.{kind}" for kind in ("clean", "smudge", "process")]
    settings += ["diff.a=b.textconv", "diff.a=b.command", "merge.a=b.driver"]
    for name in settings:
        run_git(folder, "config", name, str(program))
    run_git(folder, "config", "filter.a=b.required", "true")
    (folder / ".gitattributes").write_text("* filter=a=b diff=a=b merge=a=b\n")
    (folder / "dvc.lock").write_text(f"{LOCK}  two:\n    cmd: y\n")
    (folder / ".git/hooks/post-index-change").write_text(program.read_text())
    (folder / ".git/hooks/post-index-change").chmod(0o755)
    return folder


@pytest.mark.parametrize(
    "asked",
    [
        lambda: find_recording_commits(Path("dvc.lock")),
        lambda: git.printed("diff", "--name-only"),
        lambda: git.printed("show", "HEAD:./dvc.lock"),
        lambda: git.printed("status"),
        lambda: git.printed("diff") or "refused",
    ],
)
def test_a_repository_from_elsewhere_runs_nothing(hostile: Path, asked: Callable[[], object]) -> None:
    assert asked()
    assert not (hostile.parent / "canary").exists()


def test_these_settings_are_dangerous(hostile: Path) -> None:
    subprocess.run(["git", "blame", "dvc.lock"], capture_output=True, check=False)
    assert (hostile.parent / "canary").exists()
