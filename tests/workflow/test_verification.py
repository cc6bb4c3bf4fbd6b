"""Everything upstream of a result, tampered with for real: each way is found, and named, by --verify."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from benchmarks.project import edit, run, snakemake
from tests.support.forgery import (
    ARRAY,
    METRICS,
    NETWORK,
    change,
    flip,
    forge_chain,
    forge_code,
    forge_command,
    forge_parameter,
    forge_result,
    image,
)
from tests.support.small_study import MODEL, photographs, small

pytestmark = pytest.mark.slow

RESULT = "results/intel/comparison"
OWN = {"models": {"plain": MODEL}, "finetunes": {}, "backbones": {}, "studies.intel.models": ["plain"]}
OWN |= {"datasets.intel.source": "../photographs", "datasets.intel.synthetic": None}
OWN |= {"datasets.intel.splits": {"train": ["learn"], "validation": [], "test": ["exam"]}}
NOT_PULLED = "dvc.lock was edited, or the run cache was not pulled (make pull)"


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny study of one network on archives beside it, made, committed and shown once."""
    place = tmp_path_factory.mktemp("untouched")
    (place / "photographs").mkdir()
    photographs(place / "photographs/learn.zip", 24)
    photographs(place / "photographs/exam.zip", 8)
    folder = small(place / "project", OWN)
    snakemake(folder, f"{RESULT}/models.csv")
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    subprocess.run(["git", *identity, "commit", "--quiet", "--message", "Run"], cwd=folder, check=True)
    run(folder, "workflow.audit", "data", "models", "results")
    return folder


@pytest.fixture
def study(untouched: Path, tmp_path: Path) -> Path:
    """The study and its archives in a copy to tamper with; times are kept."""
    shutil.copytree(untouched.parent, tmp_path / "place", symlinks=True)
    return tmp_path / "place/project"


def audit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "workflow.audit", *arguments, check=False)


def verified(folder: Path, *targets: str) -> tuple[int, list[str]]:
    """The exit code and the lines of --verify."""
    done = audit(folder, *(targets or (RESULT,)), "--verify")
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_what_nobody_touched_holds(untouched: Path) -> None:
    code, lines = verified(untouched)
    assert code == 0
    assert len(lines) == 1
    assert re.fullmatch(r"verified: 6 steps, \d+ files, \d+\.\d [KM]iB, in \d+\.\d s", lines[0]), lines
    assert verified(untouched, "data", "models", "results")[0] == 0


TAMPERED: dict[str, tuple[Callable[[Path], object], str]] = {
    "archives": (
        lambda at: photographs(at.parent / "photographs/exam.zip", 9),
        "fetch@intel: ../photographs changed: exam.zip differs",
    ),
    "a new file beside them": (
        lambda at: (at.parent / "photographs/more.txt").write_text("more"),
        "fetch@intel: ../photographs changed: more.txt is new",
    ),
    "a raw archive": (
        lambda at: flip(at / "data/raw/intel/exam.zip"),
        "fetch@intel: data/raw/intel/exam.zip is not what fetch@intel wrote",
    ),
    "an image removed": (
        lambda at: image(at).unlink(),
        "unzip@intel: data/images/intel/IMAGE is not what unzip@intel wrote",
    ),
    "an image": (lambda at: flip(image(at)), "unzip@intel: data/images/intel/IMAGE is not what unzip@intel wrote"),
    "a view": (lambda at: flip(at / ARRAY), f"prepare@intel-150: {ARRAY} is not what prepare@intel-150 wrote"),
    "a network": (lambda at: flip(at / NETWORK), f"train@plain: {NETWORK} is not what train@plain wrote"),
    "a result": (lambda at: flip(at / METRICS), f"evaluate@plain: {METRICS} is not what evaluate@plain wrote"),
    "a result removed": (
        lambda at: (at / METRICS).unlink(),
        f"evaluate@plain: {METRICS} is missing: bring it back with make pull, or snakemake",
    ),
    "code": (
        lambda at: flip(at / "darkroom/images/prepared/views.py"),
        "prepare@intel-150: darkroom/images/prepared changed: views.py differs",
    ),
    "a parameter": (
        lambda at: edit(at, {"models.plain.training.epochs": 3}),
        "train@plain: models.plain.training.epochs was 2, is 3 (params.yaml)",
    ),
    "a library": (
        lambda at: change(at / "workflow/versions.yaml", "keras: ", "keras: 1"),
        "train@plain: keras was 'VERSION', is '1VERSION' (workflow/versions.yaml)",
    ),
    "a command": (
        lambda at: change(at / "dvc.yaml", "python -m stages.train ", "python -X dev -m stages.train "),
        "train@plain: the command changed",
    ),
    "a stage removed": (
        lambda at: (
            edit(at, {"models": {"other": MODEL}, "studies.intel.models": ["other"]})
            or run(at, "darkroom.pipeline.plan")
        ),
        "train@plain: is no longer in dvc.yaml",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_change_is_found_and_named(study: Path, what: str) -> None:
    tamper, expected = TAMPERED[what]
    named = {"IMAGE": str(image(study).relative_to(study / "data/images/intel"))}
    named["VERSION"] = yaml.safe_load((study / "workflow/versions.yaml").read_text())["keras"]
    tamper(study)
    for word, stands_for in named.items():
        expected = expected.replace(word, stands_for)
    assert verified(study, "models/intel/plain/model.keras" if "stage" in what else RESULT) == (
        1,
        [f"mismatch: {expected}"],
    )
    shown = audit(study, RESULT, "models")
    assert shown.returncode == 0
    assert "compare@intel" in shown.stdout
    assert re.match(r"\d+ differences? from what dvc.lock records: ", shown.stdout.splitlines()[-1])


def test_what_was_hashed_before_is_not_believed(study: Path) -> None:
    known = json.loads((study / ".dvc/tmp/contents.json").read_text())
    flip(study / METRICS)
    asked = f"from workflow.hashes import signature; print(signature(__import__('pathlib').Path('{METRICS}')))"
    known[METRICS][0] = subprocess.run(
        ["python", "-c", asked], cwd=study, capture_output=True, text=True, check=True
    ).stdout.strip()
    (study / ".dvc/tmp/contents.json").write_text(json.dumps(known))
    assert "still holds" in audit(study, METRICS).stdout
    assert verified(study, METRICS) == (1, [f"mismatch: evaluate@plain: {METRICS} is not what evaluate@plain wrote"])


FORGED: dict[Callable[[Path], None], str] = {
    forge_result: f"evaluate@plain: {METRICS} has a hash in dvc.lock that no execution produced",
    forge_parameter: "train@plain: models.plain.training.epochs is 3 in dvc.lock, "
    f"but was 2 when these outputs were made: {NOT_PULLED}",
    forge_code: "train@plain: stages/train.py has a hash in dvc.lock that it had not "
    f"when these outputs were made: {NOT_PULLED}",
    forge_command: f"train@plain: the command in dvc.lock was another when these outputs were made: {NOT_PULLED}",
    forge_chain: f"evaluate@plain: {NETWORK} is recorded in dvc.lock with another hash than its writer's",
}


@pytest.mark.parametrize("forge", FORGED)
def test_a_forged_entry_of_the_lock_is_found_and_named(study: Path, forge: Callable[[Path], None]) -> None:
    forge(study)
    assert verified(study) == (1, [f"mismatch: {FORGED[forge]}"])


def test_without_a_run_cache_forgery_is_not_known_and_that_is_said(study: Path) -> None:
    shutil.rmtree(study / ".dvc/cache/runs")
    code, (note, line) = verified(study)
    assert code == 0
    assert note.startswith("DVC's run cache is not here (make pull)")
    assert line.startswith("verified: 6 steps")
    forge_chain(study)
    assert verified(study)[0] == 1


def test_an_execution_that_the_run_cache_knows_nothing_of_is_named(study: Path) -> None:
    for file in (study / ".dvc/cache/runs").glob("*/*/*"):
        if "stages.unzip" in file.read_text():
            file.unlink()
    code, (line,) = verified(study)
    assert code == 1
    assert line.startswith("mismatch: unzip@intel: no execution with what dvc.lock says it read is in ")
    assert line.endswith(NOT_PULLED)


def test_a_run_cache_that_was_moved_is_found(study: Path) -> None:
    run(study, "dvc", "cache", "dir", "--local", "../cache")
    shutil.move(study / ".dvc/cache", study.parent / "cache")
    assert len(verified(study)[1]) == 1
    forge_result(study)
    assert verified(study) == (1, [f"mismatch: {FORGED[forge_result]}"])


def test_a_crate_is_written_of_what_holds(study: Path) -> None:
    done = audit(study, RESULT, "--format", "ro-crate", "exports/crate")
    assert done.returncode == 0, done.stderr
    assert f"{RESULT}/accuracy.png" in (study / "exports/crate/ro-crate-metadata.json").read_text()


def test_a_mistake_gets_one_line_and_exit_code_2(study: Path) -> None:
    for arguments, said in {
        (): "PATH: missing: name a file or folder in data, models or results",
        (
            "params.yaml",
        ): "params.yaml: no stage of dvc.yaml writes it; name a file or folder in data, models or results",
        (RESULT, "--format", "xml"): "--format: 'xml': allowed: tree, json, html, ro-crate",
        (RESULT, "--format", "ro-crate", "crate"): "crate: DVC would take crate/dvc.yaml for its own; "
        "name a folder outside, or below exports",
        (
            RESULT,
            "--format",
            "ro-crate",
        ): "--format ro-crate: name the folder to write, as in --format ro-crate ../crate",
    }.items():
        done = audit(study, *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {said}\n")
    change(study / "dvc.lock", "schema: '2.0'\n", "<<<<<<< HEAD\nschema: '2.0'\n")
    assert audit(study, RESULT, "--verify").stderr == "error: dvc.lock: holds a merge conflict; run make merge\n"
    (study / "dvc.lock").unlink()
    done = audit(study, RESULT)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {RESULT}: dvc.lock records no execution that wrote it; run snakemake first\n"
