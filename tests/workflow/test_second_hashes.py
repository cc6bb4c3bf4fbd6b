"""SHA-256 beside MD5: two files that share an MD5, and MD5 that are forged wherever DVC has them, are named."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from benchmarks import trivial
from benchmarks.project import edit, run
from benchmarks.tampering import append, cached, locked, md5, out
from tests.support import forgery, stub_study
from tests.support.collision import ONE, OTHER
from tests.support.forgery import forge_result
from tests.support.stub_study import ARRAY, METRICS, PLAIN
from workflow import digest_records
from workflow.audit import __main__ as audits

pytestmark = pytest.mark.slow

RESULTS = ("data", "models", "results")
RECORDS = Path(".dvc/cache") / digest_records.FOLDER
VIEW = "data/views/intel-150"
SHARED = "has the MD5 that dvc.lock records, and another SHA-256 than was recorded with it"
Verified = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def study(stub: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished study in a copy to tamper with."""
    monkeypatch.chdir(stub)
    return stub


@pytest.fixture
def verified(study: Path, capfd: pytest.CaptureFixture[str]) -> Verified:
    """The exit code and the lines of --verify."""

    def lines(*targets: str) -> tuple[int, list[str]]:
        capfd.readouterr()
        code = 0
        try:
            audits.main([*(targets or RESULTS), "--verify"])
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        return code, capfd.readouterr().out.splitlines()

    return lines


def forge_run_cache(study: Path, old: str, new: str) -> None:
    """Let the run cache know of the new MD5 alone, and the cache hold what has it."""
    for note in (study / ".dvc/cache/runs").glob("*/*/*"):
        note.chmod(0o644)
        note.write_text(note.read_text().replace(old, new))
    cached(study, new).parent.mkdir(exist_ok=True)
    shutil.copyfile(study / METRICS, cached(study, new))


def list_records(study: Path) -> list[dict[str, dict[str, dict[str, str]]]]:
    return [json.loads(file.read_text()) for file in (study / RECORDS).glob("*/*/*.json")]


def test_every_run_has_the_sha256_of_all_that_it_read_and_wrote(study: Path, verified: Verified) -> None:
    stages = yaml.safe_load((study / "dvc.lock").read_text())["stages"]
    by_stage = {str(one["stage"]): one for one in list_records(study)}
    for name, entry in stages.items():
        for section in ("deps", "outs") if "outs" in entry else ():
            recorded = {path: one["md5"] for path, one in by_stage[name][section].items()}
            assert recorded == {one["path"]: one["md5"] for one in entry[section]}, name
    assert by_stage[f"evaluate@{PLAIN}"]["outs"][METRICS]["sha256"] == digest(study / METRICS)
    assert "recorded without" not in verified()[1][-1]


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_dvc_takes_a_lock_and_a_cache_that_have_a_second_hash_beside_them(study: Path) -> None:
    entries = yaml.safe_load((study / "dvc.lock").read_text())["stages"].values()
    facts = {fact for one in entries for section in ("deps", "outs") for each in one.get(section, ()) for fact in each}
    assert facts == {"path", "hash", "md5", "size", "nfiles"}
    assert "up to date" in run(study, "dvc", "status").stdout
    run(study, "dvc", "gc", "--workspace", "--force")
    assert len(list_records(study)) > 1


def test_a_file_with_the_md5_of_another_is_named(study: Path, verified: Verified) -> None:
    """It is in the view, in the cache, and is what every record of DVC's promises."""
    (study / "twin.bin").write_bytes(ONE)
    append(study / trivial.SCRIPT, f'[ "$stage" != prepare@intel-150 ] || cp twin.bin {ARRAY}\n')
    stub_study.comment(study, "stages/prepare.py")
    run(study, "snakemake")
    assert (study / ARRAY).read_bytes() == ONE
    assert verified()[0] == 0
    for file in (study / ARRAY, cached(study, md5(study / ARRAY))):
        file.chmod(0o644)
        file.write_bytes(OTHER)
    assert "up to date" in run(study, "dvc", "status").stdout
    assert verified() == (1, [f"mismatch: prepare@intel-150: {VIEW} {SHARED}"])


def test_an_md5_forged_in_the_lock_and_every_cache_is_named(study: Path, verified: Verified) -> None:
    old = md5(study / METRICS)
    forge_result(study)
    forge_run_cache(study, old, md5(study / METRICS))
    said = f"mismatch: evaluate@{PLAIN}: {METRICS} has another MD5 in dvc.lock than was recorded with its SHA-256"
    assert verified(METRICS) == (1, [said])
    run(study, "snakemake")
    assert verified(METRICS)[0] == 1, "a run meanwhile must not make it true"


def test_without_a_run_cache_a_forged_figure_is_named(study: Path, verified: Verified) -> None:
    forgery.forge_figure(study)
    shutil.rmtree(study / ".dvc/cache/runs")
    said = f"mismatch: compare@intel: {forgery.FIGURE} has another MD5 in dvc.lock than was recorded with its SHA-256"
    assert verified("results/intel/comparison")[1][-1] == said


def test_a_record_that_was_edited_is_named(study: Path, verified: Verified) -> None:
    real, forged = digest(study / METRICS), "0" * 64
    for file in (study / RECORDS).glob("*/*/*.json"):
        file.write_text(file.read_text().replace(real, forged))
    assert verified(METRICS) == (1, [f"mismatch: evaluate@{PLAIN}: {METRICS} {SHARED}"])


def test_what_was_recorded_without_sha256_holds_and_is_said_to_be(study: Path, verified: Verified) -> None:
    shutil.rmtree(study / RECORDS)
    code, (line,) = verified("results/intel/comparison")
    assert code == 0
    assert line.endswith("; 9 steps recorded without SHA-256")
    run(study, "snakemake")
    assert trivial.executed(study) == []


@pytest.mark.parametrize("held", ["", "{", "[]", '{"deps": {}}', '{"deps": {"a": {"md5": 1}}, "outs": {}}'])
def test_a_spoilt_record_is_none(study: Path, verified: Verified, held: str) -> None:
    for file in (study / RECORDS).glob("*/*/*.json"):
        file.write_text(held)
    assert verified("results/intel/comparison")[1][-1].endswith("; 9 steps recorded without SHA-256")


def test_a_run_of_dvc_alone_is_recorded_without_sha256(study: Path, verified: Verified) -> None:
    edit(study, {f"models.{PLAIN}.training.epochs": 5})
    run(study, "darkroom.pipeline.plan")
    run(study, "dvc", "repro")
    code, (line,) = verified(METRICS)
    assert code == 0
    assert line.endswith("; 2 steps recorded without SHA-256")


def test_a_record_of_times_may_differ_where_dvc_made_it_again(study: Path, verified: Verified) -> None:
    text = (study / forgery.RECORD).read_text()
    (study / forgery.RECORD).write_text(text[::-1])
    now = md5(study / forgery.RECORD)
    locked(study, lambda stages: out(stages[f"train@{PLAIN}"], "outs", forgery.RECORD).update(md5=now))
    shutil.rmtree(study / ".dvc/cache/runs")
    assert verified(METRICS)[1][-1].endswith("; 1 step recorded without SHA-256")


def test_a_clone_that_was_pulled_has_them_and_runs_nothing(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = run(clone, "workflow.audit", *RESULTS, "--verify").stdout.splitlines()[-1]
    assert line.startswith("verified: ") and "without" not in line
    run(clone, "snakemake")
    assert trivial.executed(clone) == []


def test_a_quiet_run_reads_no_output_again(study: Path) -> None:
    run(study, "snakemake")
    kept = (study / ".dvc/tmp/contents.json").read_bytes()
    run(study, "snakemake")
    assert (study / ".dvc/tmp/contents.json").read_bytes() == kept
