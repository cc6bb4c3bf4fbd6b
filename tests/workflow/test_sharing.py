"""Results shared through a remote: what one clone computed, another restores, also what dvc.lock records no more."""

import hashlib
import json
import os
import re
import shutil
import stat
import time
from pathlib import Path

import pytest
import yaml

from benchmarks import project, trivial
from benchmarks.project import edit, executed, git, run, snakemake
from darkroom.params.yaml_files import read
from tests.support import stub_study
from tests.support.small_study import refusal
from tests.support.stub_study import METRICS, NETWORK, PLAIN, after

pytestmark = pytest.mark.slow

DROPOUT = f"models.{PLAIN}.network.head.dropout"
TRIED = [0.35, 0.25]


@pytest.fixture(scope="module")
def shared(kinds_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of every kind of stage, made, committed, and pushed to a folder beside it that these tests may change."""
    folder = stub_study.copy(kinds_made, tmp_path_factory.mktemp("shared") / "place") / "project"
    run(folder, "workflow.remote", "../storage")
    git(folder, "commit", "--quiet", "--all", "--message", "Share here")
    return folder


def cloned(origin: Path, folder: Path) -> Path:
    """A clone, with the source beside it."""
    return stub_study.bring_source(origin, project.cloned(origin, folder))


@pytest.fixture(scope="module")
def ann(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which another dropout was tried as an experiment of DVC's, taken back, and everything pushed."""
    folder = cloned(shared, tmp_path_factory.mktemp("ann") / "clone")
    run(folder, "workflow.sharing", "pull")
    before = {name: (folder / name).read_bytes() for name in (NETWORK, METRICS)}
    trivial.mark(folder, 1)
    done = run(folder, "dvc", "exp", "run", "--set-param", f"{DROPOUT}={TRIED}")
    assert executed(done.stdout + done.stderr) == after(f"evaluate@{PLAIN}", f"train@{PLAIN}")
    for name, content in before.items():
        assert (folder / name).read_bytes() != content, name
    kept = folder.parent / "tried"
    shutil.copytree(folder / "models", kept / "models")
    shutil.copytree(folder / "results", kept / "results")
    shutil.copyfile(folder / "dvc.lock", kept / "dvc.lock")
    for verb in ("params", "metrics", "plots"):
        more = ["--out", str(kept / "plots")] if verb == "plots" else []
        (kept / f"{verb}.json").write_text(run(folder, "dvc", verb, "diff", "--json", *more).stdout)
    git(folder, "checkout", ".")
    run(folder, "dvc", "checkout")
    assert (folder / NETWORK).read_bytes() == before[NETWORK]
    run(folder, "workflow.sharing", "push")
    return folder


@pytest.fixture(scope="module")
def pulled_after_ann(shared: Path, ann: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another clone, pulled after Ann had pushed what she tried."""
    folder = project.cloned(shared, tmp_path_factory.mktemp("pulled") / "clone")
    run(folder, "workflow.sharing", "pull")
    return folder


@pytest.fixture
def bob(pulled_after_ann: Path, shared: Path, tmp_path: Path) -> Path:
    """A copy of this clone, with the source beside it, to try things on."""
    return stub_study.bring_source(shared, stub_study.copy(pulled_after_ann, tmp_path / "clone"))


def test_a_clone_anywhere_finds_the_folder_and_has_nothing_to_do(shared: Path, tmp_path: Path) -> None:
    folder = cloned(shared, tmp_path / "elsewhere/and deeper/clone")
    said = run(folder, "workflow.sharing", "pull").stdout
    assert re.fullmatch(rf"brought [1-9]\d+ files and the notes of 26 runs from {shared.parent}/storage\n", said)
    assert "up to date" in run(folder, "dvc", "status").stdout
    assert executed(run(folder, "dvc", "repro").stdout) == []
    assert git(folder, "status", "--porcelain") == ""
    assert "brought 0 files and the notes of 0 runs" in run(folder, "workflow.sharing", "pull").stdout


def test_a_folder_open_to_its_group_stays_so(shared: Path) -> None:
    folders = [path for path in (shared.parent / "storage").rglob("*") if path.is_dir()]
    assert {path.parts[-1] for path in folders} >= {"files", "runs", "md5"}
    closed = [path for path in folders if not path.stat().st_mode & stat.S_IWGRP]
    assert closed == []


def test_an_experiment_changes_the_model_and_dvc_shows_how(ann: Path) -> None:
    kept = ann.parent / "tried"
    recorded = yaml.safe_load((kept / "dvc.lock").read_text())["stages"][f"train@{PLAIN}"]["params"]["params.yaml"]
    assert recorded[DROPOUT] == TRIED
    params = json.loads((kept / "params.json").read_text())
    before = read(ann / "params.yaml")["models"][PLAIN]["network"]["head"]["dropout"]
    assert params == {"params.yaml": {DROPOUT: {"old": str(before), "new": str(TRIED)}}}
    loss = json.loads((kept / "metrics.json").read_text())[METRICS]["loss"]
    now, tried = (json.loads((folder / METRICS).read_text())["loss"] for folder in (ann, kept))
    assert (loss["old"], loss["new"]) == (now, tried)
    assert loss["diff"] == pytest.approx(tried - now)
    plots = json.loads((kept / "plots.json").read_text())["data"]
    evaluations = f"results/intel/evaluations/{PLAIN}"
    assert any(f"{evaluations}/history.csv" in name for name in plots)
    assert {revision for drawn in plots.values() for plot in drawn for revision in plot["revisions"]} >= {"HEAD"}


def forge(folder: Path) -> None:
    """Put beside each note of the training a newer one, whose record is nowhere: DVC looks at the newest alone."""
    for note in (folder / ".dvc/cache/runs").rglob("*"):
        if note.is_file() and note.read_text().startswith(f"cmd: bash {trivial.SCRIPT} train {PLAIN} "):
            record = rf"(path: models/intel/{PLAIN}/record\.json\n +hash: md5\n +md5: )\w{{8}}"
            text, count = re.subn(record, r"\g<1>00000000", note.read_text())
            assert count == 1
            other = note.with_name("0" * len(note.name))
            other.write_text(text)
            os.utime(other, (time.time() + 60, time.time() + 60))


def test_what_a_colleague_tried_is_restored_and_not_computed(ann: Path, bob: Path) -> None:
    forge(bob)
    edit(bob, {DROPOUT: TRIED})
    assert snakemake(bob) == []
    tried = ann.parent / "tried"
    for name in (NETWORK, METRICS, "results/intel/comparison/comparison.md"):
        assert (bob / name).read_bytes() == (tried / name).read_bytes(), name


def test_what_a_colleague_tried_is_computed_where_the_remote_is_out_of_reach(
    ann: Path, bob: Path, shared: Path, tmp_path: Path
) -> None:
    edit(bob, {DROPOUT: TRIED})
    trivial.mark(bob, 1)
    (shared.parent / "storage").rename(tmp_path / "unplugged")
    try:
        executions = snakemake(bob, NETWORK)
    finally:
        (tmp_path / "unplugged").rename(shared.parent / "storage")
    log = (bob / f"logs/train/intel/{PLAIN}.log").read_text()
    assert f"[restore train@{PLAIN}] executed with these inputs before, but" in log
    assert "storage: no such folder, though .dvc/config names it; is its disk there?" in log
    assert executions == [f"train@{PLAIN}"]
    assert (bob / NETWORK).read_bytes() == (ann.parent / "tried" / NETWORK).read_bytes()


def test_a_clone_that_was_not_pulled_takes_all_from_the_remote(shared: Path, tmp_path: Path) -> None:
    folder = cloned(shared, tmp_path / "clone")
    assert snakemake(folder) == []
    assert (folder / NETWORK).read_bytes() == (shared / NETWORK).read_bytes()
    assert (folder / "results/intel/comparison/models.csv").exists()
    assert git(folder, "status", "--porcelain") == ""


def test_a_remote_that_lacks_a_file_is_told_and_the_rest_is_brought(shared: Path, tmp_path: Path) -> None:
    folder = cloned(shared, tmp_path / "clone")
    shutil.copytree(shared.parent / "storage", tmp_path / "storage")
    run(folder, "workflow.remote", "../storage")
    lost = hashlib.md5((shared / NETWORK).read_bytes()).hexdigest()
    (tmp_path / "storage/files/md5" / lost[:2] / lost[2:]).unlink()
    said = refusal(folder, "workflow.sharing", "pull")
    assert (
        "storage lacks 1 files that dvc.lock records: whoever committed it runs make push, or snakemake makes" in said
    )
    assert not (folder / NETWORK).exists()
    assert (folder / METRICS).read_bytes() == (shared / METRICS).read_bytes()


def test_a_result_changed_by_hand_is_not_overwritten(bob: Path, shared: Path) -> None:
    (bob / METRICS).write_text("{}")
    assert f"error: {METRICS}: changed by hand" in refusal(bob, "workflow.sharing", "pull")
    assert (bob / METRICS).read_text() == "{}"
    (bob / METRICS).unlink()
    run(bob, "workflow.sharing", "pull")
    assert (bob / METRICS).read_bytes() == (shared / METRICS).read_bytes()


def test_without_a_remote_one_line_says_what_to_do(shared: Path, tmp_path: Path) -> None:
    folder = cloned(shared, tmp_path / "clone")
    run(folder, "dvc", "remote", "remove", "storage")
    for what in ("push", "pull"):
        said = refusal(folder, "workflow.sharing", what)
        assert said.startswith("error: .dvc/config: no remote is set up: make remote URL=<a folder")
    assert "restore" not in run(folder, "workflow.job", "fetch@intel").stderr


def test_a_model_is_an_artifact_that_a_tag_names(shared: Path, tmp_path: Path) -> None:
    folder = cloned(shared, tmp_path / "clone")
    git(folder, "tag", "--annotate", f"models={PLAIN}@v1.0.0", "--message", "First")
    run(tmp_path, "dvc", "artifacts", "get", "clone", f"models:{PLAIN}", "--out", "fetched.keras")
    assert (tmp_path / "fetched.keras").read_bytes() == (shared / NETWORK).read_bytes()
