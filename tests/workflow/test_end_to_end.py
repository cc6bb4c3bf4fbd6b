"""The real workflow in copies of the sources: tiny studies from archive to comparison, by Snakemake and by DVC."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas
import pytest
import yaml

from benchmarks.project import ROOT, edit, git, run, snakemake
from tests.support.small_study import MODEL, SMALL, photographs, results, small

pytestmark = pytest.mark.slow

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
"""Where this environment's python and dvc are found first."""


def test_a_second_run_has_nothing_to_do_and_all_is_quiet(made: Path) -> None:
    assert "Nothing to be done" in run(made, "snakemake").stderr
    assert "up to date" in run(made, "dvc", "status").stdout
    status = subprocess.run(["git", "status", "--porcelain"], cwd=made, capture_output=True, text=True, check=True)
    assert status.stdout == "?? dvc.lock\n"


def test_a_report_holds_what_is_made(again: Path) -> None:
    run(again, "workflow.reporting")
    page = (again / "report.html").read_text(encoding="utf-8")
    made = [*again.glob("results/intel/evaluations/*/confusion.png"), again / "results/intel/worksheet.md"]
    assert len(made) == len(SMALL["models"]) + 2
    assert all(str(file.relative_to(again)) in page for file in made)
    assert "report.html" not in git(again, "status", "--porcelain")


def test_dvc_alone_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    folder = small(tmp_path / "project")
    command = [sys.executable, "-m", "dvc", "repro"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, "PATH": PATH})
    ours, theirs = results(made), results(folder)
    assert len(ours) > 60
    assert {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)} == set()


def test_dvc_alone_refuses_a_plan_that_is_behind(again: Path) -> None:
    edit(again, {"models.plain.replicates": 3})
    done = run(again, "dvc", "repro", check=False)
    assert done.returncode != 0
    assert "workflow/plan.yaml is behind params.yaml: run python -m darkroom.pipeline.plan" in done.stderr
    assert "Traceback" not in done.stderr


def test_results_of_synthetic_images_say_so(made: Path) -> None:
    for name in ("census/intel/census.md", "intel/comparison/comparison.md", "intel/costs/costs.md"):
        assert "synthetic" in (made / "results" / name).read_text(), name
    assert "synthetic" in (made / "results/intel/evaluations/plain/evaluation.md").read_text()
    said = "random weights, no pretraining"
    for name in ("evaluations/frozen/evaluation.md", "evaluations/tuned/evaluation.md", "comparison/comparison.md"):
        assert said in (made / "results/intel" / name).read_text(), name
    assert said not in (made / "results/intel/evaluations/plain/evaluation.md").read_text()


def test_a_fine_tune_follows_its_base_and_nothing_else(again: Path) -> None:
    edit(again, {"finetunes.tuned.unfreeze": 3})
    assert snakemake(again) == ["compare@intel", "costs@intel", "evaluate@tuned", "finetune@tuned", "worksheet@intel"]
    edit(again, {"models.frozen.training.learning_rate": 0.02})
    executed = ["evaluate@frozen", "evaluate@tuned", "finetune@tuned", "transfer@frozen"]
    assert snakemake(again) == ["compare@intel", "costs@intel", *executed, "worksheet@intel"]
    shutil.rmtree(again / ".scratch")
    assert snakemake(again) == []


def test_a_changed_dropout_executes_that_model_and_the_comparison_only(again: Path) -> None:
    edit(again, {"models.plain.network.head.dropout": [0.3]})
    assert snakemake(again) == ["compare@intel", "costs@intel", "evaluate@plain", "train@plain", "worksheet@intel"]
    assert snakemake(again) == []


def test_another_size_of_a_view_is_prepared_and_not_taken_from_what_was(again: Path) -> None:
    edit(again, {"views.intel-150.size": 20})
    models = ["evaluate@plain", "prepare@intel-150", "train@plain"]
    assert snakemake(again) == ["compare@intel", "costs@intel", *models, "worksheet@intel"]


@pytest.mark.parametrize(
    ("module", "executed"),
    [
        ("train", ["costs@intel", "train@normalized", "train@plain"]),
        ("prepare", ["prepare@intel-150", "prepare@intel-180", "prepare@intel-256"]),
        ("costs", ["costs@intel"]),
    ],
)
def test_a_comment_executes_its_stage_and_nothing_after_it(again: Path, module: str, executed: list[str]) -> None:
    before = results(again)
    file = again / f"stages/{module}.py"
    file.write_text(f"{file.read_text()}# A comment.\n")
    assert snakemake(again) == executed
    assert results(again) == before


def test_another_keras_trains_again_and_another_pytest_does_not(
    again: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    for library in ("pytest", "keras"):
        folder = tmp_path / f"site/{library}-9.9.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {library}\nVersion: 9.9\n")
        said = run(again, "snakemake", "-n")
        if library == "pytest":
            assert "Nothing to be done" in said.stdout + said.stderr
    asked = set(re.findall(r"^Job \d+: (.*)", said.stdout, flags=re.MULTILINE))
    assert {"Training plain.", "Training frozen on its frozen backbone.", "Fine-tuning tuned."} <= asked
    assert not any(job.startswith(("Fetching", "Unpacking", "Counting", "Preparing")) for job in asked)


def test_touched_files_execute_nothing(again: Path) -> None:
    for name in ("params.yaml", "dvc.yaml", "stages/train.py", "stages/unzip.py", "models/intel/plain/model.keras"):
        (again / name).touch()
    (again / "data/images/intel/index.csv").touch()
    assert snakemake(again) == []


def test_a_removed_model_leaves_the_comparison_and_prune_removes_its_files(again: Path) -> None:
    edit(again, {"models": {"plain": MODEL}, "finetunes": {}, "studies.intel.models": ["plain"]})
    assert snakemake(again) == ["compare@intel", "costs@intel", "worksheet@intel"]
    table = pandas.read_csv(again / "results/intel/comparison/models.csv")
    assert list(table["model"]) == ["plain"]
    assert not (again / "models/intel/normalized").exists()  # it would count among what is compared
    assert (again / "data/views/intel-256").exists()
    (again / "data/raw/mine").mkdir()
    (again / "data/raw/mine/own.zip").write_text("a user's file in the wrong place")
    said = run(again, "workflow.removal", "prune").stdout
    assert (again / "data/raw/mine/own.zip").exists()
    assert "left data/raw/mine: dvc.lock knows nothing of it" in said
    for gone in ("data/views/intel-256", "data/pretrained"):
        assert not (again / gone).exists()
        assert re.search(rf"removed {gone} \(\d", said), said
    assert "normalized" not in (again / "dvc.lock").read_text()
    assert snakemake(again) == []
    assert "up to date" in run(again, "dvc", "status").stdout
    assert "nothing to remove" in run(again, "workflow.removal", "prune").stdout


def test_clean_removes_what_can_be_made_again_and_nothing_else(again: Path) -> None:
    before = subprocess.run(["git", "ls-files"], cwd=again, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    said = run(again, "workflow.removal", "clean").stdout
    assert "freed" in said
    assert not any(
        (again / name).exists()
        for name in ("models/intel", "results/intel", "data/raw", "data/pretrained", ".scratch", ".snakemake", "logs")
    )
    assert all((again / name).exists() for name in before if name)


def test_replicates_give_mean_and_deviation(again: Path) -> None:
    edit(again, {"models.plain.replicates": 2})
    second = ["evaluate@plain-replicate-2", "train@plain-replicate-2"]
    assert snakemake(again) == ["compare@intel", "costs@intel", *second, "worksheet@intel"]
    table = pandas.read_csv(again / "results/intel/comparison/models.csv").set_index("model")
    assert table.loc["plain", "replicates"] == 2
    accuracies = pandas.read_csv(again / "results/intel/comparison/replicates.csv").query("model == 'plain'")[
        "accuracy"
    ]
    assert table.loc["plain", "mean_accuracy"] == pytest.approx(accuracies.mean(), abs=1e-6)
    assert table.loc["plain", "sd_accuracy"] == pytest.approx(accuracies.std(ddof=1), abs=1e-6)


def test_a_data_set_never_heard_of_needs_an_edit_of_params_alone(tmp_path: Path) -> None:
    folder, source = small(tmp_path / "project"), tmp_path / "my images"
    source.mkdir()
    photographs(source / "learn.zip", 24)
    photographs(source / "exam.zip", 8)
    kept = {file: file.read_bytes() for file in source.iterdir()}
    document = yaml.safe_load((folder / "params.yaml").read_text())
    dataset = document["datasets"]["intel"] | {"title": "Holidays", "source": str(source), "synthetic": None}
    dataset["splits"] = {"train": ["learn"], "validation": [], "test": ["exam"]}
    views = {"tiny": {**document["views"]["intel-256"], "dataset": "holidays", "size": 20}}
    changes = {"datasets": {"holidays": dataset}, "views": views, "models": {"plain": {**MODEL, "view": "tiny"}}}
    changes |= {"finetunes": {}, "backbones": {}, "augmented": {}}
    study = {"models": ["plain"], "sweeps": [], "without": [], "confidence": 0.9, "correction": "holm"}
    edit(folder, {**changes, "studies": {"photographs": study}})
    assert len(snakemake(folder)) == 9
    table = pandas.read_csv(folder / "results/photographs/comparison/models.csv")
    assert table.loc[0, "images"] == 16
    assert "synthetic" not in (folder / "results/photographs/comparison/comparison.md").read_text()
    assert "snow & ice" in (folder / "results/photographs/evaluations/plain/evaluation.md").read_text()
    assert {file: file.read_bytes() for file in source.iterdir()} == kept

    photographs(source / "exam.zip", 9)
    executed = snakemake(folder)
    assert {"fetch@holidays", "unzip@holidays", "prepare@tiny", "evaluate@plain", "compare@photographs"} <= set(
        executed
    )
    assert pandas.read_csv(folder / "results/photographs/comparison/models.csv").loc[0, "images"] == 18


def test_a_broken_archive_stops_the_workflow_with_one_line_and_leaves_nothing(again: Path, tmp_path: Path) -> None:
    source = tmp_path / "broken"
    source.mkdir()
    whole = (again / "data/raw/intel/seg_test.zip").read_bytes()
    shutil.copyfile(again / "data/raw/intel/seg_train.zip", source / "seg_train.zip")
    (source / "seg_test.zip").write_bytes(whole[: len(whole) // 2])
    edit(again, {"datasets.intel.source": str(source)})
    done = run(again, "snakemake", check=False)
    assert done.returncode != 0
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 2, done.stderr  # when the stage meets it, and below all else
    assert all("seg_test.zip" in line for line in errors)
    assert done.stderr.splitlines()[-1] == errors[-1]
    assert "Traceback" not in done.stderr + done.stdout
    assert not (again / "data/raw/intel").exists()


def test_a_tree_without_git_works(tmp_path: Path) -> None:
    folder = small(tmp_path / "project")
    shutil.rmtree(folder / ".git")
    environment = {**os.environ, "PATH": PATH, "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    refused = subprocess.run(
        [sys.executable, "-m", "snakemake"], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert "error: no git repository here, which DVC asks for: run make" in refused.stderr
    script = str(folder / "workflow/without-git")
    done = subprocess.run([script], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 1
    again = subprocess.run([script], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    assert again.stdout == ""
    assert snakemake(folder, "results/census/intel/census.md") == ["census@intel", "fetch@intel", "unzip@intel"]


def test_the_worksheets_pretrained_pair_is_one_edit_away(tmp_path: Path) -> None:
    kept = yaml.safe_load((ROOT / "params.yaml").read_text())
    pair = ["efficientnetb0", "efficientnetb0-finetuned"]
    changes = {name: kept[name] for name in ("backbones", "models", "finetunes")} | {"studies.intel.models": pair}
    folder = small(tmp_path / "project", changes)
    edit(folder, {"backbones.efficientnetb0.weights": "none", "models.efficientnetb0.training.epochs": 2})
    edit(folder, {"finetunes.efficientnetb0-finetuned.training.epochs": 2})
    snakemake(folder)
    table = pandas.read_csv(folder / "results/intel/comparison/models.csv").set_index("model")
    assert list(table["parameters"]) == [4_416_297, 4_416_297]
    assert list(table["trainable_parameters"]) == [364_166, 1_715_126]
    assert set(table["weights"]) == {"random, seed 13"}
    page = (folder / "results/intel/comparison/comparison.md").read_text()
    assert "efficientnetb0, efficientnetb0-finetuned: random weights, no pretraining" in page.splitlines()[0]
