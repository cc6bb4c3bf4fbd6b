"""`make report` shows what is made, says what it lacks, and takes a study by its name."""

import shutil
from pathlib import Path

import pytest

from benchmarks.project import ROOT, edit, environment, run
from darkroom.params.yaml_files import read
from tests.support.small_study import refusal

pytestmark = pytest.mark.slow


def shown(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def test_a_report_of_a_study_beside_others_that_are_not_made(stub: Path) -> None:
    intel = read(stub / "params.yaml")["studies"]["intel"]
    edit(stub, {"studies.another": {**intel, "models": ["model-0002"]}, "studies.intel.models": ["model-0001"]})
    run(stub, "snakemake", "intel")
    said = run(stub, "workflow.reporting").stdout
    assert "not in report.html, as not made yet: train@model-0002, evaluate@model-0002, compare@another" in said
    assert "results/intel/comparison/comparison.md" in shown(stub)
    assert "evaluations/model-0001/confusion.png" in shown(stub)
    assert "results/another" not in shown(stub)
    (stub / "report.html").unlink()
    run(stub, "workflow.reporting", "intel")
    assert "results/intel/worksheet.md" in shown(stub)
    shutil.rmtree(stub / ".dvc/cache")
    shutil.rmtree(stub / "results/intel/comparison")
    shutil.rmtree(stub / "data/images")
    said = run(stub, "workflow.reporting", "intel").stdout
    assert "not in report.html, as not made yet: compare@intel, worksheet@intel" in said
    assert "results/intel/comparison/comparison.md" not in shown(stub)
    assert "evaluations/model-0001/confusion.png" in shown(stub)


def test_what_cannot_be_reported_is_said_and_the_last_report_stays(stub: Path) -> None:
    (stub / "report.html").write_text("the last")
    assert refusal(stub, "workflow.reporting", "inlet") == (
        "error: inlet: no such study; did you mean 'intel'? There is intel, and all\n"
    )
    for name in ("data", "models/intel", "results", ".dvc/cache"):
        shutil.rmtree(stub / name)
    assert refusal(stub, "workflow.reporting") == (
        "error: nothing of intel is made yet: run make TARGET=<study> first\n"
    )
    assert shown(stub) == "the last"
    assert list(stub.glob(".darkroom-*")) == []


@pytest.mark.parametrize(
    ("words", "variable", "study"), [((), None, ""), (("TARGET=waste",), None, "waste"), ((), "mnist", "mnist")]
)
def test_make_hands_on_the_study_that_is_named(words: tuple[str, ...], variable: str | None, study: str) -> None:
    import subprocess

    variables = {**environment(), **({"TARGET": variable} if variable else {})}
    variables = {name: value for name, value in variables.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "-n", "report", *words], cwd=ROOT, env=variables, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1].rstrip() == f"python -m workflow.reporting {study}".rstrip()
