"""The real workflow in copies of the sources: tiny studies from archive to comparison, by Snakemake and by DVC."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pandas
import pytest
import yaml

from benchmarks import trivial
from benchmarks.project import ROOT, edit, git, run, snakemake
from darkroom.params.yaml_files import read
from tests.support import in_process
from tests.support.drawing import undrawn, without_drawing
from tests.support.html_pages import Page
from tests.support.small_study import MODEL, SMALL, photographs, results, small
from tests.support.stub_study import PLAIN, comment

pytestmark = pytest.mark.slow

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
"""Where this environment's python and dvc are found first."""


def test_a_second_run_has_nothing_to_do_and_all_is_quiet(again: Path) -> None:
    said = run(again, "snakemake").stderr.splitlines()
    assert said[0].startswith("Using workflow specific profile")  # Snakemake's own
    assert said[1:] == [
        "Nothing to be done: intel is up to date.",
        "Results: results/intel/index.html; make report puts all figures on one page",
    ]
    assert "up to date" in run(again, "dvc", "status").stdout
    status = subprocess.run(["git", "status", "--porcelain"], cwd=again, capture_output=True, text=True, check=True)
    assert status.stdout == "?? dvc.lock\n"


def test_a_report_holds_what_is_made(again: Path) -> None:
    run(again, "workflow.reporting")
    page = (again / "report.html").read_text(encoding="utf-8")
    made = [*again.glob("results/intel/evaluations/*/confusion.png"), again / "results/intel/worksheet.md"]
    assert len(made) == len(SMALL["models"]) + 2
    made += again.glob("results/intel/evaluations/*/worst.webp")
    assert all(str(file.relative_to(again)) in page for file in made)
    assert "report.html" not in git(again, "status", "--porcelain")


def test_dvc_alone_refuses_a_plan_that_is_behind(again: Path) -> None:
    edit(again, {"models.plain.replicates": 3})
    done = run(again, "dvc", "repro", check=False)
    assert done.returncode != 0
    assert "workflow/plan.yaml is behind params.yaml: run python -m darkroom.pipeline.plan" in done.stderr
    assert "Traceback" not in done.stderr


def test_results_of_synthetic_images_say_so(made: Path) -> None:
    pages = ("census/intel/census.md", "intel/comparison/comparison.md", "intel/costs/costs.md", "intel/index.html")
    for name in (*pages, "index.html"):
        assert "synthetic" in (made / "results" / name).read_text().lower(), name
    assert "synthetic" in (made / "results/intel/evaluations/plain/evaluation.md").read_text()
    said = "random weights, no pretraining"
    for name in ("evaluations/frozen/evaluation.md", "evaluations/tuned/evaluation.md", "comparison/comparison.md"):
        assert said in (made / "results/intel" / name).read_text(), name
    assert said not in (made / "results/intel/evaluations/plain/evaluation.md").read_text()


def test_a_studys_page_leads_to_files_that_are_there(made: Path) -> None:
    for page in (made / "results/index.html", made / "results/intel/index.html"):
        found = Page(page.read_text(encoding="utf-8"))
        links = {unquote(one) for name in ("href", "src") for one in found.values(name) if not one.startswith("#")}
        assert links and [one for one in links if not (page.parent / one).exists()] == []
    models = [held["id"] for held in found.elements("details") if held.get("class") == "model"]
    assert sorted(models) == sorted(f"model-{name}" for name in ("plain", "frozen", "tuned"))
    images = json.loads(next(text for text in found.texts if text.startswith("{")))["confusion"]["plain"]
    folder = made / "results/intel" / images["folder"]
    assert all((folder / file).exists() for cell in images["behind"].values() for file, _ in cell)


def test_an_edit_without_effect_runs_its_stages_and_nothing_after_them_but_costs(again: Path) -> None:
    """``costs`` reads the records of the trainings, which have new times.

    Of the other stages, with commands that cost nothing, tests/workflow/test_reconcile.py tells the same.
    """
    before = results(again)
    edit(again, {"census.gallery": 2})
    for module in ("stages/train.py", "stages/costs.py"):
        comment(again, module)
    assert snakemake(again) == ["census@intel", "costs@intel", "train@plain"]
    now = results(again)
    changed = {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}
    assert changed == {f"results/census/intel/{name}" for name in ("gallery.webp",)}
    shutil.rmtree(again / ".scratch")
    assert snakemake(again) == []


def test_another_keras_trains_again_and_another_pytest_does_not(
    kinds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    for library in ("pytest", "keras"):
        folder = tmp_path / f"site/{library}-9.9.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {library}\nVersion: 9.9\n")
        said = run(kinds, "snakemake", "-n")
        if library == "pytest":
            assert "Nothing to be done" in said.stdout + said.stderr
    asked = set(re.findall(r"^Job \d+: (.*)", said.stdout, flags=re.MULTILINE))
    assert {"Training model-0001.", "Training frozen on its frozen backbone.", "Fine-tuning tuned."} <= asked
    asked -= {"Preparing the view varied."}  # Keras alters its images
    assert not any(job.startswith(("Fetching", "Unpacking", "Counting", "Preparing")) for job in asked)


def test_touched_files_execute_nothing(again: Path) -> None:
    for name in ("params.yaml", "dvc.yaml", "stages/train.py", "stages/unzip.py", "models/intel/plain/model.keras"):
        (again / name).touch()
    (again / "data/images/intel/index.csv").touch()
    assert snakemake(again) == []


def test_a_removed_model_leaves_the_comparison_and_prune_removes_its_files(kinds: Path) -> None:
    of_two = {"finetunes": {}, "backbones": {}, "studies.intel.models": ["model-0001", "model-0002"]}
    models = read(kinds / "params.yaml")["models"]
    edit(kinds, {**of_two, "models": {name: models[name] for name in of_two["studies.intel.models"]}})
    trivial.mark(kinds, 1)
    assert snakemake(kinds) == ["compare@intel", "costs@intel", "page@intel", "sweep@rate", "worksheet@intel"]
    assert not (kinds / "models/intel/frozen").exists()  # it would count among what is compared
    assert (kinds / "data/views/intel-180").exists()
    (kinds / "data/raw/mine").mkdir()
    (kinds / "data/raw/mine/own.zip").write_text("a user's file in the wrong place")
    said = run(kinds, "workflow.removal", "prune").stdout
    assert (kinds / "data/raw/mine/own.zip").exists()
    assert "left data/raw/mine: dvc.lock knows nothing of it" in said
    for gone in ("data/views/intel-180", "data/pretrained"):
        assert not (kinds / gone).exists()
        assert re.search(rf"removed {gone} \(\d", said), said
    assert not re.search(r"[@/]frozen\b", (kinds / "dvc.lock").read_text())
    assert snakemake(kinds) == []
    assert "up to date" in run(kinds, "dvc", "status").stdout
    assert "nothing to remove" in run(kinds, "workflow.removal", "prune").stdout


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


def results_of(folder: Path, model: str) -> dict[str, str]:
    """The hashes of what stages wrote of one model."""
    found = {name: content for name, content in results(folder).items() if f"/{model}/" in name}
    assert {Path(name).name for name in found} >= {"model.keras", "predictions.csv", "curves.png"}
    return found


def leave_replicates(folder: Path, model: str) -> None:
    """Let the study be of two trainings of one model."""
    left = {model: {**read(folder / "params.yaml")["models"][model], "replicates": 2}}
    edit(folder, {"models": left, "finetunes": {}, "backbones": {}, "studies.intel.models": [model]})


def test_replicates_give_mean_and_deviation_and_removed_models_leave_the_table(again: Path) -> None:
    """Nor does it matter that Snakemake begins a process for every stage, and this test one for all."""
    first = results_of(again, "plain")
    leave_replicates(again, "plain")
    run(again, "darkroom.pipeline.plan")
    in_process.make(again, "train@plain", "evaluate@plain")
    assert results_of(again, "plain") == first
    with without_drawing():
        in_process.make(again, "train@plain-replicate-2", "evaluate@plain-replicate-2", "compare@intel")
    table = pandas.read_csv(again / "results/intel/comparison/models.csv").set_index("model")
    assert list(table.index) == ["plain"]
    assert table.loc["plain", "replicates"] == 2
    replicates = pandas.read_csv(again / "results/intel/comparison/replicates.csv")
    accuracies = replicates.query("model == 'plain'")["accuracy"]
    assert table.loc["plain", "mean_accuracy"] == pytest.approx(accuracies.mean(), abs=1e-6)
    assert table.loc["plain", "sd_accuracy"] == pytest.approx(accuracies.std(ddof=1), abs=1e-6)


def test_replicates_are_made_alone(stub: Path) -> None:
    leave_replicates(stub, PLAIN)
    second = [f"evaluate@{PLAIN}-replicate-2", f"train@{PLAIN}-replicate-2"]
    assert snakemake(stub) == sorted(["compare@intel", "costs@intel", *second, "page@intel", "worksheet@intel"])


def have_photographs(folder: Path, source: Path) -> None:
    """Let the study be of one model on a data set of the user's own."""
    document = yaml.safe_load((folder / "params.yaml").read_text())
    dataset = document["datasets"]["intel"] | {"title": "Holidays", "source": str(source), "synthetic": None}
    dataset["splits"] = {"train": ["learn"], "validation": [], "test": ["exam"]}
    view = {**document["views"]["intel-150"], "resize": "pad", "filter": "lanczos", "dataset": "holidays", "size": 20}
    views = {"tiny": view}
    changes = {"datasets": {"holidays": dataset}, "views": views, "models": {"plain": {**MODEL, "view": "tiny"}}}
    changes |= {"finetunes": {}, "backbones": {}, "augmented": {}}
    study = {"models": ["plain"], "sweeps": [], "without": [], "confidence": 0.9, "correction": "holm"}
    edit(folder, {**changes, "studies": {"photographs": study}})


def test_a_data_set_never_heard_of_needs_an_edit_of_params_alone(stub: Path, tmp_path: Path) -> None:
    """What is computed, in this process; and what runs, with commands that cost nothing."""
    folder, source = small(tmp_path / "project"), tmp_path / "my images"
    source.mkdir()
    photographs(source / "learn.zip", 24)
    photographs(source / "exam.zip", 8)
    kept = {file: file.read_bytes() for file in source.iterdir()}
    have_photographs(folder, source)
    run(folder, "darkroom.pipeline.plan")
    made = in_process.make(folder)
    assert len(made) == 10
    table = pandas.read_csv(folder / "results/photographs/comparison/models.csv")
    assert table.loc[0, "images"] == 16
    assert "synthetic" not in (folder / "results/photographs/comparison/comparison.md").read_text()
    assert "snow & ice" in (folder / "results/photographs/evaluations/plain/evaluation.md").read_text()
    have_photographs(stub, source)
    assert snakemake(stub) == sorted(made)
    assert {file: file.read_bytes() for file in source.iterdir()} == kept

    photographs(source / "exam.zip", 9)
    executed = snakemake(stub)
    assert {"fetch@holidays", "unzip@holidays", "prepare@tiny", "evaluate@plain", "compare@photographs"} <= set(
        executed
    )
    in_process.make(folder, *executed)
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
    assert len(errors) == 1, done.stderr
    assert "seg_test.zip" in errors[0]
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


@undrawn
def test_the_worksheets_pretrained_pair_is_one_edit_away(tmp_path: Path) -> None:
    kept = yaml.safe_load((ROOT / "params.yaml").read_text())
    pair = ["efficientnetb0", "efficientnetb0-finetuned"]
    changes = {name: kept[name] for name in ("backbones", "models", "finetunes")} | {"studies.intel.models": pair}
    folder = small(tmp_path / "project", changes)
    edit(folder, {"backbones.efficientnetb0.weights": "none", "models.efficientnetb0.training.epochs": 2})
    edit(folder, {"finetunes.efficientnetb0-finetuned.training.epochs": 2})
    run(folder, "darkroom.pipeline.plan")
    in_process.make(folder)
    table = pandas.read_csv(folder / "results/intel/comparison/models.csv").set_index("model")
    assert list(table["parameters"]) == [4_416_297, 4_416_297]
    assert list(table["trainable_parameters"]) == [364_166, 1_715_126]
    assert set(table["weights"]) == {"random, seed 13"}
    page = (folder / "results/intel/comparison/comparison.md").read_text()
    assert "efficientnetb0, efficientnetb0-finetuned: random weights, no pretraining" in page.splitlines()[0]
