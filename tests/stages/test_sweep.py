"""Changes by a sweep's variants, of made-up evaluations."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas
import pytest
from scipy.stats import binomtest

from darkroom.comparison.sweeps import describe_verdict, has_learned, measure_variants
from darkroom.core.errors import UserError
from darkroom.core.files import read_json
from darkroom.evaluation.evaluations import Evaluated, open_evaluation
from darkroom.params.base import read_entry
from darkroom.params.model import Study
from stages import sweep
from tests.support.drawing import undrawn
from tests.support.evaluated_folders import write_evaluation
from tests.support.pages import list_items, unwrap

SWEEP = {
    "title": "Remedies",
    "of": "cnn",
    "variants": {"dropout": {"network": {"head": {"dropout": [0.5, 0.5]}}}, "short": {"training": {"epochs": 3}}},
}
MODELS = ["cnn", "remedy-dropout", "remedy-short"]


@pytest.fixture
def study(project: Callable[..., Path]) -> Path:
    """A working folder with a model, a variant of a smaller gap and one of a larger."""
    folder = project({"sweeps": {"remedy": SWEEP}, "studies.intel.sweeps": ["remedy"]})
    write_evaluation(folder / "evaluations/cnn", (50, 40, 30), gap=0.2)
    write_evaluation(folder / "evaluations/remedy-dropout", (50, 40, 50), gap=0.077)
    write_evaluation(folder / "evaluations/remedy-short", (50, 40, 29), gap=0.25)
    return folder


def run(*more: str, models: list[str] = MODELS, out: str = "sweep") -> None:
    options = ["--evaluations", "evaluations", "--study", "intel", "--dataset", "intel", "--out", out]
    sweep.main(["remedy", "--models", *models, *options, *more])


def open_all(study: Path, models: Iterable[str]) -> dict[str, Evaluated]:
    return {model: open_evaluation(study / "evaluations", model) for model in models}


def test_each_variant_beside_the_model_that_it_changes(study: Path) -> None:
    run()
    assert sorted(path.name for path in (study / "sweep").iterdir()) == [
        "curves.png",
        "gap.png",
        "sweep.csv",
        "sweep.json",
        "sweep.md",
    ]
    assert read_json(study / "sweep/sweep.json") == {"title": "Remedies", "of": "cnn"}
    table = pandas.read_csv(study / "sweep/sweep.csv").set_index("model")
    assert table.index.tolist() == MODELS
    assert table["changes"].tolist() == ["as it is", "network: {head: {dropout: [0.5, 0.5]}}", "training: {epochs: 3}"]
    assert table["gap"].tolist() == pytest.approx([0.2, 0.077, 0.25])
    assert table["gap_change"].fillna(9).tolist() == pytest.approx([9, -0.123, 0.05])
    assert set(table["against"]) == {"validation"}
    assert table.loc["remedy-dropout", ["only_base_correct", "only_variant_correct"]].tolist() == [0, 20]
    raw = binomtest(0, 20).pvalue
    assert table.loc["remedy-dropout", "p_corrected"] == pytest.approx(2 * raw, rel=1e-5)
    assert table["different"].tolist()[1:] == [True, False]


@undrawn
def test_the_page_says_what_each_variant_does_to_the_gap(study: Path) -> None:
    run()
    page = unwrap((study / "sweep/sweep.md").read_text(encoding="utf-8"))
    narrower = "narrows the gap by 12.3 points, from 20.0 to 7.7. 77.8% of the test images are correct, +11.1 points,"
    assert f"{narrower} a significant difference (corrected p " in page
    wider = "widens the gap by 5.0 points, from 20.0 to 25.0. 66.1% of the test images are correct, -0.6 points,"
    assert f"{wider} which may be due to chance (corrected p " in page
    assert "Significantly different from cnn: remedy-dropout." in page
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings and all("synthetic images" in line for line in headings)


def test_where_a_variant_was_not_validated_the_gap_of_all_is_to_the_test(study: Path) -> None:
    write_evaluation(study / "evaluations/remedy-alone", (60, 60, 60), validated=False)
    changed = dict.fromkeys([*MODELS, "remedy-alone"], "something")
    study_entry = read_entry(Study, "studies", "intel")
    table = measure_variants(open_all(study, changed), changed, study_entry).set_index("model")
    assert set(table["against"]) == {"test"}
    assert table["gap"].tolist() == pytest.approx([0.9 - 120 / 180, 0.9 - 140 / 180, 0.9 - 119 / 180, 0.9 - 1])
    assert "100.0% of the test images are correct" in list_items(describe_verdict(table.reset_index()))[3]


def test_a_gap_that_stays_is_not_said_to_change(study: Path) -> None:
    write_evaluation(study / "evaluations/twin", (50, 40, 30), gap=0.2)
    said = "leaves the gap at 20.0 points. 66.7% of the test images are correct, +0.0 points, which may be"
    assert said in verdicts_of(study, "cnn", "twin")[1]


def verdicts_of(study: Path, *models: str) -> list[str]:
    changes = dict.fromkeys(models, "nothing")
    return list_items(
        describe_verdict(measure_variants(open_all(study, models), changes, read_entry(Study, "studies", "intel")))
    )


@pytest.fixture
def guess(study: Path) -> str:
    """A variant that always names one class of three, of no gap."""
    write_evaluation(study / "evaluations/guess", (60, 0, 0), train_accuracy=0.33, val_accuracy=0.32)
    return "guess"


def test_a_variant_that_learned_nothing_narrows_no_gap(study: Path, guess: str) -> None:
    _, said, _, last = verdicts_of(study, "cnn", guess, "remedy-dropout")
    assert "did not learn: neither its 33.0% in training nor its 33.3% in the test is significantly better" in said
    assert (
        "largest class, 33.3%; so its gap says nothing. 33.3% of the test images are correct, -33.3 points, a sig"
        in said
    )
    assert "narrows" not in said
    assert "Smallest gap of those that learned: remedy-dropout (7.7 points)." in last


def test_no_gap_is_compared_with_that_of_a_model_that_learned_nothing(study: Path, guess: str) -> None:
    base, said, last = verdicts_of(study, guess, "cnn")
    assert "33.3% of the test images are correct. It did not learn: neither its 33.0% in training nor" in base
    assert "has a gap of 20.0 points. 66.7%" in said
    assert "Smallest gap of those that learned: cnn (20.0 points)." in last
    assert "Smallest gap of those that learned: none." in verdicts_of(study, guess)[-1]


def test_who_names_the_largest_class_of_the_training_images_did_not_learn() -> None:
    row = {"low": 0.14, "high": 0.26, "train_accuracy": 0.27, "largest_class": 0.5}
    assert not has_learned(row)
    assert has_learned({**row, "train_accuracy": 0.51})
    assert has_learned({**row, "low": 0.51})


def test_who_learned_the_training_images_alone_has_a_gap(study: Path) -> None:
    write_evaluation(study / "evaluations/crammed", (60, 0, 0), gap=0.5)
    said = verdicts_of(study, "cnn", "crammed")[1]
    assert "widens the gap by 30.0 points, from 20.0 to 50.0. 33.3% of the test images are correct" in said


def test_two_runs_give_the_same_bytes(study: Path) -> None:
    run(out="one")
    run(out="two")
    assert all(file.read_bytes() == (study / "two" / file.name).read_bytes() for file in (study / "one").iterdir())


def test_a_variant_without_an_evaluation_is_named(study: Path) -> None:
    with pytest.raises(UserError, match=r"remedy-l2/metrics\.json: no such file; run .*evaluate remedy-l2"):
        run(models=["cnn", "remedy-l2"])
    assert not (study / "sweep").exists()


def test_an_unknown_sweep_is_named(study: Path) -> None:
    options = ["--models", "cnn", "--study", "intel", "--evaluations", "e", "--dataset", "intel", "--out", "o"]
    with pytest.raises(UserError, match="sweeps: no entry 'size'; there is remedy"):
        sweep.main(["size", *options])
