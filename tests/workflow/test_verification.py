"""Everything upstream of a result, tampered with for real: each way is found, and named, by --verify."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from benchmarks.project import edit, run
from benchmarks.tampering import append, cached, flip, link, md5, swap
from darkroom.params.yaml_files import read
from tests.support import forgery
from tests.support.forgery import change, forge_chain, forge_code, forge_command, forge_parameter, forge_result
from tests.support.stub_study import ARRAY, METRICS, NETWORK, PLAIN, SWEPT
from workflow import hashes
from workflow.audit import __main__ as audits

pytestmark = pytest.mark.slow

RESULT = "results/intel/comparison"
EPOCHS = f"models.{PLAIN}.training.epochs"
NOT_PULLED = "dvc.lock was edited, or the run cache was not pulled (make pull)"


@dataclass(frozen=True)
class Audited:
    """How an audit ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def study(stub: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished study and its archives, in a copy to tamper with; times are kept."""
    monkeypatch.chdir(stub)
    return stub


@pytest.fixture
def audit(study: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Audited]:
    """Audit the study, as the command line does."""

    def audited(*arguments: str) -> Audited:
        capfd.readouterr()
        code = 0
        try:
            audits.main(arguments)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        return Audited(code, *capfd.readouterr())

    return audited


@pytest.fixture
def verified(audit: Callable[..., Audited]) -> Callable[..., tuple[int, list[str]]]:
    """The exit code and the lines of --verify."""

    def lines(*targets: str) -> tuple[int, list[str]]:
        done = audit(*(targets or (RESULT,)), "--verify")
        assert done.stderr == ""
        return done.returncode, done.stdout.splitlines()

    return lines


Audit, Verified = Callable[..., Audited], Callable[..., tuple[int, list[str]]]


def test_what_nobody_touched_holds(study: Path, verified: Verified) -> None:
    code, lines = verified()
    assert code == 0
    assert len(lines) == 1
    assert re.fullmatch(r"verified: 9 steps, \d+ files, \d+\.\d [KM]iB, in [\d.]+ s", lines[0]), lines
    assert verified("data", "models", "results")[0] == 0
    done = run(study, "workflow.audit", RESULT, "--verify")
    assert (done.stdout.partition(", in ")[0], done.stderr) == (lines[0].partition(", in ")[0], "")


IMAGE = "data/images/intel/content"


def without_its_stage(folder: Path) -> None:
    """Let the study be of another model."""
    model = read(folder / "params.yaml")["models"][PLAIN]
    edit(folder, {"models": {"other": model}, "studies.intel.models": ["other"]})
    run(folder, "darkroom.pipeline.plan")


TAMPERED: dict[str, tuple[Callable[[Path], object], str]] = {
    "archives": (
        lambda at: flip(at.parent / "archives/seg_test/1.png"),
        "fetch@intel: ../archives changed: seg_test/1.png differs",
    ),
    "a new file beside them": (
        lambda at: (at.parent / "archives/more.txt").write_text("more"),
        "fetch@intel: ../archives changed: more.txt is new",
    ),
    "a raw archive": (
        lambda at: flip(at / "data/raw/intel/content"),
        "fetch@intel: data/raw/intel/content is not what fetch@intel wrote",
    ),
    "an image removed": (
        lambda at: (at / IMAGE).unlink(),
        f"unzip@intel: {IMAGE} is not what unzip@intel wrote",
    ),
    "an image": (lambda at: flip(at / IMAGE), f"unzip@intel: {IMAGE} is not what unzip@intel wrote"),
    "a view": (lambda at: flip(at / ARRAY), f"prepare@intel-150: {ARRAY} is not what prepare@intel-150 wrote"),
    "a network": (lambda at: flip(at / NETWORK), f"train@{PLAIN}: {NETWORK} is not what train@{PLAIN} wrote"),
    "a result": (lambda at: flip(at / METRICS), f"evaluate@{PLAIN}: {METRICS} is not what evaluate@{PLAIN} wrote"),
    "a result removed": (
        lambda at: (at / METRICS).unlink(),
        f"evaluate@{PLAIN}: {METRICS} is missing: bring it back with make pull, or snakemake",
    ),
    "code": (
        lambda at: flip(at / "darkroom/images/prepared/views.py"),
        "prepare@intel-150: darkroom/images/prepared changed: views.py differs",
    ),
    "a parameter": (
        lambda at: edit(at, {EPOCHS: 3}),
        f"train@{PLAIN}: {EPOCHS} was 20, is 3 (params.yaml)",
    ),
    "a library": (
        lambda at: change(at / "workflow/versions.yaml", "keras: ", "keras: 1"),
        "train@model-0001: keras was 'VERSION', is '1VERSION' (workflow/versions.yaml)",
    ),
    "a command": (
        lambda at: change(at / "dvc.yaml", "bash trivial.sh train ", "bash -u trivial.sh train "),
        "train@model-0001: the command changed",
    ),
    "a stage removed": (without_its_stage, f"train@{PLAIN}: is no longer in dvc.yaml"),
    "a figure redrawn": (
        lambda at: (at / forgery.FIGURE).write_text("a better one"),
        f"compare@intel: {forgery.FIGURE} is not what compare@intel wrote",
    ),
    "two models swapped": (
        lambda at: swap(at / NETWORK, at / NETWORK.replace(PLAIN, SWEPT)),
        f"train@{SWEPT}: {NETWORK.replace(PLAIN, SWEPT)} is not what train@{SWEPT} wrote",
    ),
    "the record of another machine": (
        lambda at: (at / forgery.RECORD).write_text('{"machine": {"host": "other"}}'),
        f"train@{PLAIN}: {forgery.RECORD} is not what train@{PLAIN} wrote",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_change_is_found_and_named(study: Path, audit: Audit, verified: Verified, what: str) -> None:
    tamper, expected = TAMPERED[what]
    version = yaml.safe_load((study / "workflow/versions.yaml").read_text())["keras"]
    tamper(study)
    asked = NETWORK if "stage" in what else RESULT
    assert verified(asked) == (1, [f"mismatch: {expected.replace('VERSION', version)}"])
    shown = audit(RESULT, "models")
    assert shown.returncode == 0
    assert "compare@intel" in shown.stdout
    assert re.match(r"\d+ differences? from what dvc.lock records: ", shown.stdout.splitlines()[-1])


def test_what_was_hashed_before_is_not_believed(study: Path, audit: Audit, verified: Verified) -> None:
    audit("data", "models", "results")
    known = json.loads((study / ".dvc/tmp/contents.json").read_text())
    flip(study / METRICS)
    known[METRICS][0] = hashes.signature(Path(METRICS))
    (study / ".dvc/tmp/contents.json").write_text(json.dumps(known))
    assert "still holds" in audit(METRICS).stdout
    assert verified(METRICS) == (1, [f"mismatch: {TAMPERED['a result'][1]}"])


UNRECORDED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a forged copy in the cache": (
        forgery.forge_copy,
        f"evaluate@{PLAIN}: COPY, the cache's copy of {METRICS}, does not hold what evaluate@{PLAIN} wrote",
    ),
    "a forged copy in the cache, of a folder": (
        lambda at: append(cached(at, md5(at / ARRAY)), "more"),
        f"prepare@intel-150: ARRAY, the cache's copy of {ARRAY}, does not hold what prepare@intel-150 wrote",
    ),
    "an extra file among results": (
        lambda at: append(at / "results/intel/comparison/extra.csv", "accuracy\n1.0\n"),
        "results/intel/comparison/extra.csv is of no stage: remove it, or keep it elsewhere",
    ),
    "an extra model's result": (
        lambda at: shutil.copytree((at / METRICS).parent, at / "results/intel/evaluations/better"),
        "results/intel/evaluations/better is of no stage: remove it, or keep it elsewhere",
    ),
    "a dependency dropped": (
        forgery.drop_dependency,
        f"train@{SWEPT}: read darkroom/networks, which its stage in dvc.yaml no longer names",
    ),
    "a dependency dropped, also from dvc.lock": (
        forgery.drop_dependency_also_in_lock,
        f"train@{SWEPT}: darkroom/networks has a hash in dvc.lock that it had not when these outputs were made: "
        f"{NOT_PULLED}",
    ),
    "a parameter dropped": (
        forgery.drop_parameter,
        f"train@{SWEPT}: read models.{SWEPT}.training.epochs (params.yaml), which its stage in dvc.yaml no longer "
        "names",
    ),
    "an output that is a link": (
        lambda at: link(at / METRICS, at / "metrics.json"),
        f"evaluate@{PLAIN}: {METRICS} is a link to PLACE/metrics.json, which may change: put a copy in its place",
    ),
    "a link in an output": (
        lambda at: link(at / ARRAY, at / "array"),
        f"prepare@intel-150: {ARRAY} is a link to PLACE/array, which may change: put a copy in its place",
    ),
    "a size edited": (
        forgery.forge_size,
        f"evaluate@{PLAIN}: {METRICS} has another size or number of files in dvc.lock than it has",
    ),
    "a size edited of what was read": (
        forgery.forge_size_read,
        f"train@{PLAIN}: darkroom/networks has another size or number of files in dvc.lock than it has",
    ),
    "a package's file": (
        lambda at: append(at / "stages/__init__.py", "import numpy\n"),
        "stages/__init__.py holds code on which no stage depends: move it into a room",
    ),
    "a package's file, of the rooms": (
        lambda at: append(at / "darkroom/images/__init__.py", "print()\n"),
        "darkroom/images/__init__.py holds code on which no stage depends: move it into a room",
    ),
    "a module that hides a library": (
        lambda at: append(at / "pandas.py", ""),
        "pandas.py hides the library pandas: rename it",
    ),
    "a package that hides one of Python's": (
        lambda at: ((at / "csv").mkdir(), append(at / "csv/__init__.py", "")),
        "csv/__init__.py hides the library csv: rename it",
    ),
    "sitecustomize": (
        lambda at: append(at / "sitecustomize.py", ""),
        "sitecustomize.py: Python runs it by itself before what it is asked for: remove it",
    ),
    "the lock of another branch": (
        forgery.take_lock_of_branch,
        f"train@{PLAIN}: {EPOCHS} was 3, is 20 (params.yaml)",
    ),
}


@pytest.mark.parametrize("what", UNRECORDED)
def test_what_no_hash_tells_is_found_and_named(study: Path, verified: Verified, what: str) -> None:
    tamper, expected = UNRECORDED[what]
    copies = {"COPY": md5(study / METRICS), "ARRAY": md5(study / ARRAY)}
    tamper(study)
    for word, digest in copies.items():
        expected = expected.replace(word, str(cached(Path(), digest)))
    assert verified() == (1, [f"mismatch: {expected.replace('PLACE', str(study))}"])


def test_a_stage_that_stands_twice_in_the_lock_is_named(study: Path, audit: Audit) -> None:
    text = (study / "dvc.lock").read_text()
    entry = text[text.index(f"  evaluate@{PLAIN}:\n") :]
    append(study / "dvc.lock", entry)
    done = audit(RESULT, "--verify")
    said = f"error: dvc.lock: evaluate@{PLAIN} stands there twice; take it from git again: git checkout dvc.lock\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


FORGED: dict[Callable[[Path], None], str] = {
    forge_result: f"evaluate@{PLAIN}: {METRICS} has a hash in dvc.lock that no execution produced",
    forge_parameter: f"train@{PLAIN}: {EPOCHS} is 3 in dvc.lock, but was 20 when these outputs were made: {NOT_PULLED}",
    forge_code: "train@model-0001: stages/train.py has a hash in dvc.lock that it had not "
    f"when these outputs were made: {NOT_PULLED}",
    forge_command: f"train@model-0001: the command in dvc.lock was another when these outputs were made: {NOT_PULLED}",
    forgery.forge_record: f"train@{PLAIN}: {forgery.RECORD} has a hash in dvc.lock that no execution produced",
    forgery.forge_figure: f"compare@intel: {forgery.FIGURE} has a hash in dvc.lock that no execution produced",
    forgery.forge_swap: f"train@{SWEPT}: {NETWORK.replace(PLAIN, SWEPT)} has a hash in dvc.lock that no execution "
    "produced",
    forge_chain: f"evaluate@{PLAIN}: {NETWORK} is recorded in dvc.lock with another hash than its writer's",
}


@pytest.mark.parametrize("forge", FORGED)
def test_a_forged_entry_of_the_lock_is_found_and_named(
    study: Path, verified: Verified, forge: Callable[[Path], None]
) -> None:
    forge(study)
    assert verified() == (1, [f"mismatch: {FORGED[forge]}"])


def test_without_a_run_cache_forgery_is_not_known_and_that_is_said(study: Path, verified: Verified) -> None:
    shutil.rmtree(study / ".dvc/cache/runs")
    code, (note, line) = verified()
    assert code == 0
    assert note.startswith("DVC's run cache is not here (make pull)")
    assert line.startswith("verified: 9 steps")
    forge_chain(study)
    assert verified()[0] == 1


def test_an_execution_that_the_run_cache_knows_nothing_of_is_named(study: Path, verified: Verified) -> None:
    for file in (study / ".dvc/cache/runs").glob("*/*/*"):
        if "trivial.sh unzip" in file.read_text():
            file.unlink()
    code, (line,) = verified()
    assert code == 1
    assert line.startswith("mismatch: unzip@intel: no execution with what dvc.lock says it read is in ")
    assert line.endswith(NOT_PULLED)


def test_a_run_cache_that_was_moved_is_found(study: Path, verified: Verified) -> None:
    run(study, "dvc", "cache", "dir", "--local", "../cache")
    shutil.move(study / ".dvc/cache", study.parent / "cache")
    assert len(verified()[1]) == 1
    forge_result(study)
    assert verified() == (1, [f"mismatch: {FORGED[forge_result]}"])


def test_a_crate_is_written_of_what_holds(study: Path, audit: Audit) -> None:
    done = audit(RESULT, "--format", "ro-crate", "exports/crate")
    assert done.returncode == 0, done.stderr
    assert f"{RESULT}/accuracy.png" in (study / "exports/crate/ro-crate-metadata.json").read_text()


def test_a_mistake_gets_one_line_and_exit_code_2(study: Path, audit: Audit) -> None:
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
        done = audit(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {said}\n")
    change(study / "dvc.lock", "schema: '2.0'\n", "<<<<<<< HEAD\nschema: '2.0'\n")
    assert audit(RESULT, "--verify").stderr == "error: dvc.lock: holds a merge conflict; run make merge\n"
    (study / "dvc.lock").unlink()
    done = audit(RESULT)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {RESULT}: dvc.lock records no execution that wrote it; run snakemake first\n"
