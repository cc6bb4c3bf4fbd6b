"""What only looks at a repository from elsewhere, with the reader's own Darkroom, runs nothing of it."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from benchmarks.project import ROOT, copied, environment, leave_one_study
from benchmarks.project import git as run_git
from tests.support.image_folders import picture
from tests.support.refusals import one_line
from tests.support.trained_folders import scratch_network, write_model
from workflow import storage

CODE = ("sitecustomize.py", "usercustomize.py", "json.py", "yaml.py", "numpy.py", "keras.py", "dvc.py", "conftest.py")
CODE += ("workflow/__init__.py", "workflow/status.py", "workflow/audit/__main__.py", "darkroom/__init__.py")
CODE += ("darkroom/apps/predict.py", "stages/__init__.py", "stages/fetch.py", "Snakefile", "workflow/Snakefile")
SCRIPTS = ("Makefile", ".git/hooks/post-index-change", ".git/hooks/post-checkout", ".git/hooks/pre-commit", "program")
RESULT = "data/raw/intel"


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which whatever may be run makes a file ``canary``."""
    folder = copied(tmp_path_factory.mktemp("foreign") / "project")
    leave_one_study(folder)
    canary, program = folder / "canary", folder / "program"
    for name in CODE:
        (folder / name).write_text(f"open({str(canary)!r}, 'a').write({name!r} + '\\n')\n")
    for name in SCRIPTS:
        (folder / name).write_text(f"#!/bin/sh\necho '{name}' >>'{canary}'\ncat\n")
        (folder / name).chmod(0o755)
    document = yaml.safe_load((folder / "dvc.yaml").read_text())
    for stage in document["stages"].values():
        (stage.get("do") or stage)["cmd"] = f"touch '{canary}'"
    (folder / "dvc.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    (folder / RESULT).mkdir(parents=True)
    (folder / RESULT / "manifest.csv").write_text("name,bytes,sha256\n")
    out = {"path": RESULT, "hash": "md5", "md5": f"{'0' * 32}.dir", "size": 1, "nfiles": 1}
    entry = {"cmd": f"touch '{canary}'", "deps": [], "params": {}, "outs": [out]}
    (folder / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": {"fetch@intel": entry}}))
    (folder / ".dvc/config").write_text(
        f"[core]\n remote = theirs\n[hydra]\n plugins_path = {folder}\n['remote \"theirs\"']\n url = ssh://localhost/x\n"
    )
    run_git(folder, "add", "--all", "--force")
    for name in ("core.fsmonitor", "core.pager", "diff.external", "filter.theirs.clean", "diff.theirs.textconv"):
        run_git(folder, "config", name, str(program))
    (folder / ".gitattributes").write_text("* filter=theirs diff=theirs\n")
    canary.unlink(missing_ok=True)
    return folder


def look(foreign: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of this Darkroom, as docs/security.md says, in the folder of the other."""
    variables = {**environment(), "PYTHONSAFEPATH": "1", "PYTHONPATH": str(ROOT), "DARKROOM_GPU": "none"}
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=foreign, capture_output=True, text=True, check=False, env=variables)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["workflow.status"],
        ["workflow.status", "--format", "json"],
        ["workflow.audit", RESULT],
        ["workflow.audit", RESULT, "--format", "html"],
        ["workflow.audit", RESULT, "--verify"],
    ],
    ids=" ".join,
)
def test_to_look_at_it_runs_nothing(foreign: Path, arguments: list[str]) -> None:
    done = look(foreign, *arguments)
    told = "mismatch: darkroom/__init__.py holds code on which no stage depends" if "--verify" in arguments else "intel"
    assert told in done.stdout, done.stderr
    assert not (foreign / "canary").exists(), (foreign / "canary").read_text()


@pytest.mark.slow
def test_to_predict_in_it_runs_nothing(foreign: Path) -> None:
    folder = write_model(foreign / "models/theirs/cnn", scratch_network())
    picture(1).save(foreign / "photo.png")
    done = look(foreign, "darkroom.apps.predict", str(folder.relative_to(foreign)), "photo.png", "--format", "csv")
    assert done.stdout.startswith("file,class,probability,"), done.stderr
    assert not (foreign / "canary").exists(), (foreign / "canary").read_text()


@pytest.mark.slow
def test_its_code_is_dangerous(foreign: Path) -> None:
    subprocess.run([sys.executable, "-m", "workflow.status"], cwd=foreign, capture_output=True, check=False)
    assert "workflow/__init__.py" in (foreign / "canary").read_text()
    (foreign / "canary").unlink()


def test_settings_of_dvc_that_it_does_not_take_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text("[core]\n runs = this\n")
    one_line(lambda: storage.setting("cache", "dir"), ".dvc/config: ", "extra keys not allowed", "; correct it")
