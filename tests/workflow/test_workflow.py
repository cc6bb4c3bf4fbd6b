"""dvc.yaml, the rules and the code agree: the declared is what is imported, the planned what is asked for."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import project as copies
from darkroom.core.errors import UserError
from darkroom.params.document import Parameters, load
from darkroom.pipeline import origins, plan, planning, template

TRAININGS = {"train", "transfer", "finetune"}
RULES = {"fetch", "unzip", "census", "prepare", "divide", "shard", "pretrained", *TRAININGS, "evaluate", "explain"}
RULES |= {"augment", "combine", "describe", "compare", "sweep", "worksheet", "costs", "doubts", "page"}


def test_the_committed_plan_and_artifacts_are_those_of_the_committed_params(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    assert plan.find_outdated(load()) == {}, "run python -m darkroom.pipeline.plan"


def test_the_plan_shares_no_key_with_the_parameters(root: Path) -> None:
    assert not set(planning.make_plan(load(root / "params.yaml"))) & set(
        Parameters.model_fields
    )  # DVC would join both values


def test_replicates_are_trainings_of_their_own(project: Callable[..., Path]) -> None:
    project({"models.cnn.replicates": 3, "models.cnn-bn.replicates": 1, "studies.intel.models": ["cnn-bn", "cnn"]})
    planned = planning.make_plan(load())
    assert list(planned["trainings"]) == ["cnn-bn", "cnn", "cnn-replicate-2", "cnn-replicate-3"]
    assert planned["trainings"]["cnn-replicate-3"]["replicate"] == 3
    assert planned["comparisons"]["intel"]["models"] == "cnn-bn cnn cnn-replicate-2 cnn-replicate-3"


def test_fine_tunes_have_the_replicates_of_their_base_and_start_from_them(project: Callable[..., Path]) -> None:
    project({"models.efficientnetlite0.replicates": 2})
    planned = planning.make_plan(load())
    assert [one["origin"] for one in planned["pretrainings"].values()] == [origins.WEIGHTS["package"]]
    assert list(planned["transfers"]) == ["efficientnetlite0", "efficientnetlite0-replicate-2"]
    second = planned["finetunings"]["efficientnetlite0-finetuned-replicate-2"]
    assert (second["base"], second["replicate"]) == ("efficientnetlite0-replicate-2", 2)
    assert set(planned["evaluations"]) == set(planned["comparisons"]["intel"]["models"].split())


def test_folds_are_replicates_that_say_which_they_are(project: Callable[..., Path]) -> None:
    project({"models.efficientnetlite0.replicates": {"folds": 5}})
    planned = planning.make_plan(load())
    assert [one["replicate"] for one in planned["transfers"].values()] == [f"{n}-of-5" for n in range(1, 6)]
    last = planned["finetunings"]["efficientnetlite0-finetuned-replicate-5"]
    assert (last["base"], last["replicate"]) == ("efficientnetlite0-replicate-5", "5-of-5")


@pytest.mark.parametrize(
    ("edit", "old"),
    [
        ({"studies.intel.models": ["cnn"]}, "workflow/plan.yaml"),
        ({"models.cnn.replicates": 2}, "workflow/plan.yaml"),
        ({"datasets.intel.title": "Holidays"}, "models/dvc.yaml"),
    ],
)
def test_a_plan_that_is_behind_is_refused(root: Path, project: Callable[..., Path], edit: dict, old: str) -> None:
    shutil.copyfile(root / "dvc.yaml", project() / "dvc.yaml")
    plan.update(load())
    plan.check(load())
    project(edit)
    with pytest.raises(UserError, match=f"^{old} is behind params.yaml: run python -m darkroom.pipeline.plan"):
        plan.check(load())
    plan.update(load())
    plan.check(load())


def test_templates_are_filled_as_dvc_fills_them(root: Path) -> None:
    from dvc.repo import Repo

    with Repo(str(root), uninitialized=True) as repo:
        theirs = {stage.addressing: stage for stage in repo.index.stages}
    ours = template.read_stages(root)
    ours[template.CHECK] = template.read_check(root)
    assert set(ours) == set(theirs)
    for name, stage in ours.items():
        assert stage.command == theirs[name].cmd
        assert set(stage.outs) == {str(Path(out.fs_path).relative_to(root)) for out in theirs[name].outs}
        deps = {os.path.relpath(dep.fs_path, root): getattr(dep, "params", None) for dep in theirs[name].deps}
        assert {os.path.normpath(dep) for dep in stage.deps} == {dep for dep, keys in deps.items() if keys is None}
        assert {file: set(keys) for file, keys in stage.params.items()} == {
            file: set(keys) for file, keys in deps.items() if keys is not None
        }


def test_every_rule_has_what_a_reader_and_a_cluster_need(root: Path) -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in sorted((root / "workflow/rules").glob("*.smk")))
    rules = re.split(r"^rule ", text, flags=re.MULTILINE)[1:]
    assert {rule.split(":")[0] for rule in rules} == {*RULES, "timings"}
    for rule in rules:
        for part in ('    """', "message:", "log:", "benchmark:", "threads:", "mem_mb=growing(", "runtime=growing("):
            assert part in rule, (rule.split(":")[0], part)
        for part in ("lambda", "retries:"):  # Slurm's jobs would retry inside what they were given, too
            assert part not in rule, (rule.split(":")[0], part)
    assert {rule.split(":")[0] for rule in rules if "gpu=1" in rule} == {
        *TRAININGS,
        "combine",
        "evaluate",
        "explain",
        "doubts",
    }


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The sources in a folder of their own, where nothing has run."""
    return copies.copied(tmp_path / "checkout")


@pytest.mark.slow
def test_the_dry_run_lists_every_job_once(checkout: Path) -> None:
    copies.leave_one_study(checkout)
    done = copies.run(checkout, "snakemake", "-n")
    scratch = ["cnn", "cnn-bn", "cnn-bn-256-flatten", "cnn-bn-256-gap"]
    pretrained = ["efficientnetlite0", "efficientnetlite0-finetuned"]
    messages = re.findall(r"^Job \d+: (.*)", done.stdout, flags=re.MULTILINE)
    assert sorted(messages) == sorted(
        [
            "Fetching the archives of intel.",
            "Unpacking intel.",
            "Counting and checking the images of intel.",
            *(f"Preparing the view {view}." for view in ("intel-150", "intel-180", "intel-256")),
            *(f"Training {model}." for model in scratch),
            "Bringing the weights of efficientnetlite0.",
            "Training efficientnetlite0 on its frozen backbone.",
            "Fine-tuning efficientnetlite0-finetuned.",
            *(f"Evaluating {model}." for model in scratch + pretrained),
            "Comparing the models of intel.",
            "Answering the worksheet of intel.",
            "Putting the results of intel on a page.",
            "Adding up what the trainings of intel cost.",
            "Every study of params.yaml is made.",
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            {"views.intel-150.size": "big"},
            "error: params.yaml: views.intel-150.size: 'big': input should be a valid integer",
        ),
        (
            {"models.cnn.view": "none"},
            "error: params.yaml: models.cnn.view: 'none': no such entry; allowed: intel-150, intel-256, intel-180, "
            "intel-64, intel-96, intel-224, cifar10-32, waste-320, cats-dogs-64, cats-dogs-150, cats-dogs-150-grey, "
            "cats-dogs-64-variants, mnist-28",
        ),
        (
            {"datasets.intel.source": "data/raw/mine"},
            "error: params.yaml: datasets.intel.source: 'data/raw/mine': must lie outside data, models, results, "
            "which Darkroom writes; try ../images",
        ),
        (
            {"backbones.efficientnetb0.weights": "data/raw/mine"},
            "error: params.yaml: backbones.efficientnetb0.weights: 'data/raw/mine': allowed: imagenet, package, none, "
            "or the path of a Keras .h5 file",
        ),
        (
            {"backbones.efficientnetb0.weights": "../nowhere.h5"},
            "error: params.yaml: backbones.efficientnetb0.weights: '../nowhere.h5': no such file; correct the path",
        ),
        (
            {"datasets.intel.source": "../nowhere"},
            "error: params.yaml: datasets.intel.source: '../nowhere': no such file or folder; correct the path",
        ),
    ],
)
def test_a_mistake_in_params_stops_snakemake_with_one_line(checkout: Path, edit: dict, expected: str) -> None:
    (checkout / "data/raw/mine").mkdir(parents=True)
    copies.edit(checkout, edit)
    done = copies.run(checkout, "snakemake", check=False)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Using workflow specific profile")]
    assert lines == [expected]
