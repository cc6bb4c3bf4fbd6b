"""DVC's experiments on values of params.yaml that stand with a model, with its base, or among the defaults."""

from pathlib import Path

import pytest

from benchmarks import trivial
from benchmarks.project import edit, run
from darkroom.pipeline import template

pytestmark = pytest.mark.slow

OF_THE_STUDY = ("compare@intel", "costs@intel", "page@intel", "worksheet@intel")


def executed(folder: Path, *overrides: str) -> set[str]:
    """The stages that DVC executes in an experiment."""
    trivial.forget(folder)
    run(folder, "dvc", "exp", "run", *(f"--set-param={override}" for override in overrides))
    return {stage for stage, _ in trivial.executed(folder)}


def test_an_experiment_runs_what_has_the_value(stub: Path) -> None:
    edit(stub, {"models.model-0002": {"base": "model-0001", "training": {"learning_rate": 0.5}}})
    run(stub, "snakemake")
    first = {"train@model-0001", "evaluate@model-0001", *OF_THE_STUDY}
    both = {*first, "train@model-0002", "evaluate@model-0002"}
    assert executed(stub, "models.model-0001.training.learning_rate=0.25") == first
    assert executed(stub, "models.model-0001.training.epochs=7") == both
    assert executed(stub, "defaults.training.batch_size=16") == both
    unused = ("defaults.training.learning_rate=0.125", "defaults.finetunes.training.epochs=4")
    assert executed(stub, *unused) == set()
    assert "training.batch_size" in run(stub, "dvc", "params", "diff").stdout


def test_an_experiment_that_adds_a_value_says_how_to_write_it(stub: Path) -> None:
    trivial.forget(stub)
    added = ("dvc", "exp", "run", "--set-param", "+models.model-0001.training.batch_size=16")
    done = run(stub, *added, check=False)
    assert "error: workflow/plan.yaml is behind params.yaml" in done.stdout + done.stderr
    assert (
        "run python -m darkroom.pipeline.plan, then dvc repro, or dvc exp run without -S, again"
        in done.stdout + done.stderr
    )
    run(stub, "darkroom.pipeline.plan")
    run(stub, "dvc", "exp", "run")
    assert {stage for stage, _ in trivial.executed(stub)} == {
        "train@model-0001",
        "evaluate@model-0001",
        *OF_THE_STUDY,
    }
    reads = template.read_stages(stub)["train@model-0001"].params["params.yaml"]
    assert "models.model-0001.training.batch_size" in reads
    assert "defaults.training.batch_size" not in reads
