"""The comparison of made-up evaluations, its statistics against published numbers, and the cost table."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from scipy.stats import binomtest, chi2

from stages import compare, costs, significance
from stages.errors import UserError

IMAGES = 200
RIGHT = {"cnn": 150, "cnn-bn": 190, "cnn-bn-256-gap": 152, "cnn-replicate-2": 160, "cnn-replicate-3": 146}
STUDY = ["cnn", "cnn-bn", "cnn-bn-256-gap", "cnn-replicate-2", "cnn-replicate-3"]


def write_evaluation(folder: Path, right: int, files: Sequence[str] | None = None, note: str = "") -> None:
    """Write an evaluation whose first ``right`` images are right."""
    model, _, replicate = folder.name.partition("-replicate-")
    names = files or [f"test/forest/{number}.jpg" for number in range(IMAGES)]
    folder.mkdir(parents=True)
    table = pandas.DataFrame({"file": names, "class": "NA", "predicted": ["NA"] * right + ["sea"] * (IMAGES - right)})
    table.assign(probability=0.9, p_forest=0.9).to_csv(folder / "predictions.csv", index=False)
    epochs = numpy.arange(1, 9)
    losses = {"loss": 2 / epochs, "accuracy": epochs / 10, "val_loss": 2.1 / epochs, "val_accuracy": epochs / 11}
    pandas.DataFrame({"epoch": epochs, **losses}).to_csv(folder / "history.csv", index=False)
    metrics = {"images": IMAGES, "right": right, "accuracy": right / IMAGES, "loss": 1 - right / IMAGES, "ece": 0.05}
    training = {
        "parameters": 1000 * len(model),
        "trainable_parameters": 900,
        "epochs": 8,
        "best_epoch": len(model) // 2,
    }
    known = {"model": model, "replicate": int(replicate or 1), "macro_f1": 0.7}
    known |= {"weights": "from scratch", "note": note}
    (folder / "metrics.json").write_text(json.dumps(known | metrics | training), encoding="utf-8")


def write_record(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    machine = {"processor": "Abacus 9000", "cores": 2, "memory_gib": 8.0, "host": "node-7"}
    figures = {
        "seconds": 61.25,
        "frozen_seconds": 7.5,
        "epochs": 8,
        "images_per_second": 310.5,
        "peak_memory_mib": 812.0,
        "machine": machine,
    }
    record = {**figures, "threads": 1, "precision": "float32", "versions": {"keras": "3"}}
    file.write_text(json.dumps(record), encoding="utf-8")


@pytest.fixture
def study(project: Callable[..., Path]) -> Path:
    """A working folder with evaluations of five trainings and of a removed model, and two records."""
    folder = project()
    for key, right in {**RIGHT, "removed": 200}.items():
        write_evaluation(folder / "evaluations" / key, right)
    for key in ("cnn", "cnn-bn", "removed"):
        write_record(folder / "trained" / key / "record.json")
    return folder


def run(models: Sequence[str] = STUDY, out: str = "comparison") -> None:
    compare.main(["intel", "--models", *models, "--evaluations", "evaluations", "--dataset", "intel", "--out", out])


def run_costs(out: str = "costs") -> None:
    costs.main(["intel", "--models", *STUDY, "--trained", "trained", "--dataset", "intel", "--out", out])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_study_is_compared(study: Path) -> None:
    run()
    assert sorted(contents(study / "comparison")) == [
        "accuracy.png",
        "comparison.md",
        "curves.png",
        "models.csv",
        "pairs.csv",
        "replicates.csv",
    ]
    models = pandas.read_csv(study / "comparison/models.csv", index_col="model")
    assert models.index.tolist() == ["cnn", "cnn-bn", "cnn-bn-256-gap"]
    assert models["right"].tolist() == [150, 190, 152]
    assert models["replicates"].tolist() == [3, 1, 1]
    accuracies = [150 / 200, 160 / 200, 146 / 200]
    assert models.loc["cnn", "mean_accuracy"] == pytest.approx(numpy.mean(accuracies))
    assert models.loc["cnn", "sd_accuracy"] == pytest.approx(numpy.std(accuracies, ddof=1))
    assert models.loc["cnn-bn", ["mean_accuracy", "sd_accuracy"]].isna().all()
    replicates = pandas.read_csv(study / "comparison/replicates.csv")
    assert replicates["training"].tolist() == STUDY
    assert replicates["replicate"].tolist() == [1, 1, 1, 2, 3]


def test_pairs_are_tested_on_first_replicates_and_corrected(study: Path) -> None:
    run()
    pairs = pandas.read_csv(study / "comparison/pairs.csv")
    assert pairs[["first", "second"]].values.tolist() == [
        ["cnn", "cnn-bn"],
        ["cnn", "cnn-bn-256-gap"],
        ["cnn-bn", "cnn-bn-256-gap"],
    ]
    assert pairs["only_first_right"].tolist() == [0, 0, 38]
    assert pairs["only_second_right"].tolist() == [40, 2, 0]
    raw = [chi2.sf(39**2 / 40, 1), 0.5, chi2.sf(37**2 / 38, 1)]
    assert pairs["p"].tolist() == pytest.approx(raw, rel=1e-6)
    assert pairs["p_corrected"].tolist() == pytest.approx([3 * raw[0], raw[1], 2 * raw[2]], rel=1e-6)
    assert pairs["different"].tolist() == [True, False, True]


def test_the_page_gives_a_verdict_and_says_that_images_are_synthetic(study: Path) -> None:
    run()
    page = (study / "comparison/comparison.md").read_text(encoding="utf-8")
    assert "Highest accuracy: **cnn-bn**, 190 of 200 test images right (95.0%" in page
    assert "Beyond chance, after correction, it is better than cnn-bn-256-gap and cnn." in page
    assert "2 of 3 pairs of models differ beyond chance" in page
    assert "cnn 76.0% ± 3.6% (3 seeds)" in page
    assert "removed" not in page
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings and all("synthetic images" in line for line in headings)


def test_the_page_of_real_images_does_not_call_them_synthetic(study: Path, project: Callable[..., Path]) -> None:
    project({"datasets.intel.source": "../archives"})
    run()
    run_costs()
    assert "synthetic" not in (study / "comparison/comparison.md").read_text(encoding="utf-8")
    assert "synthetic" not in (study / "costs/costs.md").read_text(encoding="utf-8")


def test_two_runs_give_the_same_bytes_whatever_the_leftovers(study: Path) -> None:
    run(out="one")
    write_evaluation(study / "evaluations/another", 3)
    run(out="two")
    assert contents(study / "one") == contents(study / "two")


def test_costs_come_from_the_records_that_there_are(study: Path) -> None:
    run_costs()
    table = pandas.read_csv(study / "costs/costs.csv")
    assert table["model"].tolist() == ["cnn", "cnn-bn"]
    assert table.loc[0].tolist()[1:] == [61.25, 7.5, 8, 310.5, 812, 1, "float32", "Abacus 9000"]
    page = (study / "costs/costs.md").read_text(encoding="utf-8")
    assert "left out: cnn-bn-256-gap, cnn-replicate-2, cnn-replicate-3" in page
    assert page.splitlines()[0].endswith("(synthetic images, drawn by a program)")


def test_costs_of_trainings_without_any_record_are_an_empty_table(study: Path) -> None:
    shutil.rmtree(study / "trained")
    run_costs()
    assert (study / "costs/costs.csv").read_text() == ",".join(costs.COLUMNS) + "\n"
    assert "No training has left a record." in (study / "costs/costs.md").read_text()


def test_costs_name_the_gpu_and_bear_an_incomplete_record() -> None:
    table = costs.table({"cnn": {"seconds": 2.0, "machine": {"processor": "Abacus"}, "gpu": "Sun"}, "mlp": {}})
    assert table["processor"].fillna("none").tolist() == ["Sun", "none"]
    assert table["seconds"].isna().tolist() == [False, True]


def test_one_model_alone_has_no_pairs(study: Path) -> None:
    run(["cnn"])
    assert (study / "comparison/pairs.csv").read_text() == ",".join(significance.COLUMNS) + "\n"
    assert "nothing to be compared with" in (study / "comparison/comparison.md").read_text(encoding="utf-8")


def test_equal_models_do_not_differ(study: Path) -> None:
    write_evaluation(study / "evaluations/twin", RIGHT["cnn"])
    run(["cnn", "twin"])
    pairs = pandas.read_csv(study / "comparison/pairs.csv")
    assert (pairs["p"].tolist(), pairs["different"].tolist()) == ([1.0], [False])
    page = (study / "comparison/comparison.md").read_text(encoding="utf-8")
    assert "Its lead over twin may be chance. In all, 0 of 1 pairs" in page


def test_a_missing_evaluation_is_named_and_nothing_is_written(study: Path) -> None:
    with pytest.raises(UserError, match=r"evaluations/mlp/metrics\.json: no such file; run .*evaluate mlp"):
        run(["cnn", "mlp"])
    assert not (study / "comparison").exists()


def test_models_tested_on_other_images_are_refused(study: Path) -> None:
    write_evaluation(study / "evaluations/other", 10, [f"{number}.png" for number in range(IMAGES)])
    with pytest.raises(UserError, match="other: not tested on the same images as cnn"):
        run(["cnn", "other"])
    assert not list(study.glob(".comparison*")) and not (study / "comparison").exists()


def test_replicates_without_their_first_are_refused(study: Path) -> None:
    with pytest.raises(UserError, match="replicates of cnn without cnn itself"):
        run(["cnn-bn", "cnn-replicate-2"])


def test_an_unknown_study_is_named(study: Path) -> None:
    options = ["--models", "cnn", "--evaluations", "e", "--dataset", "intel", "--out", "o"]
    with pytest.raises(UserError, match="studies: no entry 'flowers'; there is intel"):
        compare.main(["flowers", *options])


@pytest.mark.parametrize(("first", "second"), [(0, 0), (10, 0), (3, 9), (12, 12)])
def test_few_discordant_images_are_tested_exactly(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue if first + second else 1
    assert significance.mcnemar_p(first, second) == pytest.approx(expected)


def test_mcnemar_on_agrestis_approval_ratings() -> None:
    """Agresti, Categorical Data Analysis, 1990, p. 350: 150 and 86 changed their mind."""
    assert significance.mcnemar_p(150, 86) == pytest.approx(chi2.sf((abs(150 - 86) - 1) ** 2 / (150 + 86), 1))
    assert significance.mcnemar_p(150, 86) == pytest.approx(4.11e-5, rel=0.01)


def test_wilson_interval_is_the_published_one() -> None:
    """Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I: 81 of 263, and 0 of 20."""
    assert significance.interval(81, 263, 0.95) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert significance.interval(0, 20, 0.95) == pytest.approx((0, 0.1611), abs=5e-5)


@pytest.mark.parametrize(
    ("correction", "expected"),
    [("bonferroni", [0.03, 0.12, 0.09]), ("holm", [0.03, 0.06, 0.06]), ("fdr_bh", [0.03, 0.04, 0.04])],
)
def test_corrections(correction: str, expected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    chances = iter([0.01, 0.04, 0.03])
    monkeypatch.setattr(significance, "mcnemar_p", lambda only_first, only_second: next(chances))
    table = pandas.DataFrame({"file": ["a", "b"], "class": ["x", "y"], "predicted": ["x", "x"]})
    pairs = significance.pairs(dict.fromkeys("abc", table), 0.95, correction)
    assert pairs["p_corrected"].tolist() == pytest.approx(expected)
    assert pairs["different"].tolist() == [value < 0.05 for value in expected]
