"""The comparison of made-up evaluations."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy
import pandas
import pytest
from scipy.stats import chi2

from darkroom.comparison import class_accuracies, significance
from darkroom.comparison.verdict import find_largest
from darkroom.core.errors import UserError
from stages import compare
from tests.support.drawing import undrawn
from tests.support.evaluated_folders import CLASSES, EACH, write_evaluation
from tests.support.pages import unwrap

RIGHT = {
    "cnn": (50, 40, 30),
    "cnn-bn": (58, 54, 50),
    "cnn-bn-256-gap": (50, 40, 32),
    "cnn-replicate-2": (50, 40, 40),
    "cnn-replicate-3": (50, 40, 26),
}
IMAGES = EACH * len(CLASSES)
TABLES = ["classes", "departures", "finetuning", "means", "models", "pairs", "replicates"]


@pytest.fixture
def study(project: Callable[..., Path]) -> Path:
    """A working folder with evaluations of five trainings and of a removed model."""
    folder = project()
    for key, right in {**RIGHT, "removed": (60, 60, 60)}.items():
        write_evaluation(folder / "evaluations" / key, right)
    return folder


def run(models: Sequence[str] = tuple(RIGHT), out: str = "comparison", warnings: Sequence[str] = ()) -> None:
    rows = [{"kind": "leak", "images": 2, "what": what} for what in warnings]
    pandas.DataFrame(rows, columns=["kind", "images", "what"]).to_csv("warnings.csv", index=False)
    options = ["--evaluations", "evaluations", "--dataset", "intel", "--warnings", "warnings.csv", "--out", out]
    compare.main(["intel", "--models", *models, *options])


def read(study: Path, table: str) -> pandas.DataFrame:
    return pandas.read_csv(study / f"comparison/{table}.csv", keep_default_na=False, na_values=[""])


def page_of(study: Path) -> str:
    return unwrap((study / "comparison/comparison.md").read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_study_is_compared(study: Path) -> None:
    run()
    figures = ["accuracy.png", "classes.png", "curves.png"]
    assert sorted(contents(study / "comparison")) == sorted(
        [*figures, "comparison.md", *(f"{name}.csv" for name in TABLES)]
    )
    models = read(study, "models").set_index("model")
    assert models.index.tolist() == ["cnn", "cnn-bn", "cnn-bn-256-gap"]
    assert models["correct"].tolist() == [120, 162, 122]
    assert models["replicates"].tolist() == [3, 1, 1]
    assert models.loc["cnn", ["train_accuracy", "val_accuracy"]].tolist() == pytest.approx([0.9, 0.7])
    accuracies = [120 / IMAGES, 130 / IMAGES, 116 / IMAGES]
    assert models.loc["cnn", "mean_accuracy"] == pytest.approx(numpy.mean(accuracies))
    assert models.loc["cnn", "sd_accuracy"] == pytest.approx(numpy.std(accuracies, ddof=1))
    assert models.loc["cnn-bn", ["mean_accuracy", "sd_accuracy"]].isna().all()
    replicates = read(study, "replicates")
    assert replicates["training"].tolist() == list(RIGHT)
    assert replicates["replicate"].tolist() == [1, 1, 1, 2, 3]


@undrawn
def test_replicates_that_are_folds_are_called_so(project: Callable[..., Path]) -> None:
    folder = project()
    for key, right in RIGHT.items():
        used = {"folds": 3} if key.startswith("cnn-replicate") or key == "cnn" else {}
        write_evaluation(folder / "evaluations" / key, right, used, gap=0.1 * right[2] / 60)
    run()
    models, replicates = read(folder, "models").set_index("model"), read(folder, "replicates").set_index("training")
    held = replicates.loc[["cnn", "cnn-replicate-2", "cnn-replicate-3"], "val_accuracy"]
    assert models.loc["cnn", ["folds", "mean_held", "sd_held"]].tolist() == pytest.approx(
        [3, held.mean(), held.std()], rel=1e-4
    )
    assert models.loc["cnn-bn", ["folds", "mean_held", "sd_held"]].isna().all() and replicates["folds"].count() == 3
    page = page_of(folder)
    assert "cnn is cross-validated: each of its 3 replicates held out another fold of the training images." in page
    assert f"folds: {held.mean():.1%} ± {100 * held.std():.1f} points on the images held out, 67.8% ±" in page
    assert "over seeds" not in page and "| mean held out | deviation held out |" in page


@undrawn
def test_pairs_are_tested_on_first_replicates_and_corrected(study: Path) -> None:
    run()
    pairs = read(study, "pairs")
    named = [["cnn", "cnn-bn"], ["cnn", "cnn-bn-256-gap"], ["cnn-bn", "cnn-bn-256-gap"]]
    assert pairs[["first", "second"]].values.tolist() == named
    assert pairs["only_first_correct"].tolist() == [0, 0, 40]
    assert pairs["only_second_correct"].tolist() == [42, 2, 0]
    raw = [chi2.sf(41**2 / 42, 1), 0.5, chi2.sf(39**2 / 40, 1)]
    assert pairs["p"].tolist() == pytest.approx(raw, rel=1e-6)
    assert pairs["p_corrected"].tolist() == pytest.approx([3 * raw[0], raw[1], 2 * raw[2]], rel=1e-6)
    assert pairs["different"].tolist() == [True, False, True]


@undrawn
def test_every_class_of_every_model_and_the_means_without_the_worst(study: Path, project: Callable[..., Path]) -> None:
    project({"studies.intel.without": [["sea"], ["NA", "wald"]]})
    run()
    classes = read(study, "classes")
    assert classes["class"].tolist() == CLASSES * 3
    assert classes[classes["model"] == "cnn"]["accuracy"].tolist() == pytest.approx([50 / 60, 40 / 60, 30 / 60])
    means = read(study, "means").set_index("model").loc["cnn"]
    assert means[["worst", "second_worst"]].tolist() == ["wald", "sea"]
    assert means[["mean", "without_worst"]].tolist() == pytest.approx([40 / 60, 45 / 60])
    assert means[["without sea", "without NA and wald"]].tolist() == pytest.approx([40 / 60, 40 / 60])
    assert "| cnn | 66.7% | 75.0% | wald | sea | 66.7% | 66.7% |" in page_of(study)


@pytest.mark.parametrize(("classes", "worst", "two_worst"), [(2, None, None), (3, 0.85, None), (4, 0.8, 0.85)])
def test_a_mean_of_one_class_alone_is_none(classes: int, worst: float | None, two_worst: float | None) -> None:
    accuracies = {"a": 0.8, "b": 0.7, "c": 0.9, "d": 0.7}
    table = pandas.DataFrame({"model": "cnn", "class": list(accuracies), "accuracy": list(accuracies.values())})
    found = class_accuracies.average(table.head(classes), []).iloc[0]
    for column, expected in (("without_worst", worst), ("without_two_worst", two_worst)):
        assert found[column] == pytest.approx(math.nan if expected is None else expected, nan_ok=True)
    assert (found["worst"], found["second_worst"]) == ("b", {2: None, 3: "a", 4: "d"}[classes])


@pytest.mark.parametrize("names", [["sea", "lake"], [], CLASSES])
def test_classes_that_cannot_be_left_out_are_refused(
    study: Path, project: Callable[..., Path], names: list[str]
) -> None:
    project({"studies.intel.without": [names]})
    with pytest.raises(UserError, match=r"^params.yaml: studies\.intel\.without: .* NA, sea, wald$"):
        run()


@undrawn
def test_fine_tuning_is_shown_class_by_class_beside_its_base(study: Path) -> None:
    write_evaluation(study / "evaluations/tuned", (50, 30, 50), {"base": "cnn"})
    run(["cnn", "cnn-bn", "tuned"])
    table = read(study, "finetuning")
    assert table["class"].tolist() == CLASSES
    assert set(table["base"]) == {"cnn"}
    assert table["difference"].tolist() == pytest.approx([0, -10 / 60, 20 / 60], abs=1e-6)
    said = "**tuned**, fine-tuned from cnn: 20 test images are correct for it alone, 10 for its base alone. The two do"
    assert f"{said} not differ significantly (corrected p " in page_of(study)


@undrawn
@pytest.mark.parametrize(("start", "improved"), [(9.0, True), (0.001, False)])
def test_a_fine_tune_is_judged_from_the_validation_loss_of_its_base(study: Path, start: float, improved: bool) -> None:
    write_evaluation(study / "evaluations/first", val_loss=start)
    write_evaluation(study / "evaluations/tuned", (50, 30, 50), {"base": "first"})
    run(["first", "tuned"])
    lowest = pandas.read_csv(study / "evaluations/tuned/history.csv")["val_loss"].min()
    better = f"Validation loss was {start:.3f} before it and {lowest:.3f} at its lowest, after epoch "
    worse = f"**It never improved on its base**: validation loss was {start:.3f} before it, and not below {lowest:.3f}"
    assert (better in page_of(study), worse in page_of(study)) == (improved, not improved)


@undrawn
def test_what_differs_from_the_documents_stands_on_the_page(study: Path) -> None:
    run()
    table = read(study, "departures").set_index(["model", "setting"])
    assert table.loc[("cnn", "images.learn"), ["document", "here"]].tolist() == ["14034", "100"]
    assert "## Differs from the documents in" in (page := page_of(study))
    assert "| images.learn | 14034 | 100 |" in page


@undrawn
def test_without_a_fine_tune_the_table_has_a_header_alone(study: Path) -> None:
    run()
    assert (study / "comparison/finetuning.csv").read_text() == "finetuned,base,class,images,before,after,difference\n"
    assert "fine-tuning" not in page_of(study)


@undrawn
def test_models_that_nothing_validated_are_compared(study: Path) -> None:
    write_evaluation(study / "evaluations/alone", validated=False)
    run(["alone"])
    assert read(study, "models")["val_accuracy"].isna().all()
    assert "| validation |" not in page_of(study)
    run(["alone", "cnn"])
    assert "| validation |" in page_of(study)


@undrawn
def test_many_models_are_compared_and_the_page_stays_short(study: Path) -> None:
    names = [f"model-{number}" for number in range(30)]
    for number, name in enumerate(names):
        write_evaluation(study / f"evaluations/{name}", (50, 40, number))
    run(names)
    assert len(read(study, "pairs")) == 30 * 29 / 2
    page = page_of(study)
    assert page.count("| model-29 |") == 2 + 29
    assert "Only the pairs of model-29 are shown; all are in pairs.csv." in page


@undrawn
def test_the_page_gives_a_verdict_and_says_that_images_are_synthetic(study: Path) -> None:
    run()
    page = page_of(study)
    assert "Highest accuracy: **cnn-bn**, 162 of 180 test images correct (90.0%" in page
    assert "cnn-bn is significantly better than cnn-bn-256-gap and cnn." in page
    assert "2 of 3 pairs of models differ significantly, after correction." in page
    assert "cnn 67.8% ± 4.0 points (3 seeds)" in page
    assert "Always answering wald would be correct for 33.3%; as a mean over classes, cnn-bn reaches 90.0%." in page
    assert "removed" not in page and "The census warns" not in page
    table = pandas.read_csv("comparison/models.csv").set_index("model")
    widths = (table["high"] - table["low"]) / 2
    assert (
        f"with 180 test images, the accuracy of cnn-bn is uncertain by about ±{100 * widths['cnn-bn']:.1f} points, "
        f"those of others by up to ±{100 * widths.max():.1f} points." in page
    )
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings and all("synthetic images" in line for line in headings)


@undrawn
def test_the_verdict_says_what_the_census_warns_of(study: Path) -> None:
    run(warnings=["2 of 180 test images are also training images", "very dark: 1 image"])
    page = page_of(study)
    place = page.index("The census warns: 2 of 180 test images are also training images.")
    dark = page.index("The census warns: very dark: 1 image.")
    assert page.index("Highest accuracy") < place < dark < page.index("## Models")


def test_the_largest_class_is_named_beside_an_accuracy_that_it_alone_explains() -> None:
    classes = pandas.DataFrame({"class": ["rare", "usual"] * 2, "images": [1, 1000] * 2})
    found = find_largest(classes)
    assert (found["class"], found["share"]) == ("usual", 1000 / 1001)


@undrawn
def test_what_is_said_of_models_names_them_once(study: Path, project: Callable[..., Path]) -> None:
    project({"datasets.intel.source": "../archives"})
    for name in ("one", "two"):
        write_evaluation(study / f"evaluations/{name}", note="random weights")
    run(["cnn", "one", "two"])
    headings = [line for line in page_of(study).splitlines() if line.startswith("#")]
    assert all(line.endswith("(one, two: random weights)") for line in headings)
    assert "synthetic" not in page_of(study)


def test_two_runs_give_the_same_bytes_whatever_the_leftovers(study: Path) -> None:
    run(out="one")
    write_evaluation(study / "evaluations/another")
    run(out="two")
    assert contents(study / "one") == contents(study / "two")


@undrawn
def test_one_model_alone_has_no_pairs(study: Path) -> None:
    run(["cnn"])
    assert (study / "comparison/pairs.csv").read_text() == ",".join(significance.COLUMNS) + "\n"
    assert "nothing to compare it with" in page_of(study)


@undrawn
def test_equal_models_do_not_differ(study: Path) -> None:
    write_evaluation(study / "evaluations/twin", RIGHT["cnn"])
    run(["cnn", "twin"])
    pairs = read(study, "pairs")
    assert (pairs["p"].tolist(), pairs["different"].tolist()) == ([1.0], [False])
    said = (
        "0 of 1 pair of models differ significantly, after correction. The lead of cnn over twin may be due to chance."
    )
    assert said in page_of(study)


def test_a_missing_evaluation_is_named_and_nothing_is_written(study: Path) -> None:
    with pytest.raises(UserError, match=r"evaluations/mlp/metrics\.json: no such file; run .*evaluate mlp"):
        run(["cnn", "mlp"])
    assert not (study / "comparison").exists()


def test_replicates_without_their_first_are_refused(study: Path) -> None:
    with pytest.raises(UserError, match="cnn-replicate-2: a replicate of cnn without cnn itself"):
        run(["cnn-bn", "cnn-replicate-2"])


def test_an_unknown_study_is_named(study: Path) -> None:
    options = ["--models", "cnn", "--evaluations", "e", "--dataset", "intel", "--warnings", "w", "--out", "o"]
    with pytest.raises(UserError, match="studies: no entry 'flowers'; there is intel"):
        compare.main(["flowers", *options])


@undrawn
def test_models_tested_on_moved_images_stand_side_by_side(study: Path) -> None:
    run()
    assert "Moved images" not in page_of(study)
    write_evaluation(study / "evaluations/dense", (50, 40, 30), moved=[120, 90])
    write_evaluation(study / "evaluations/convolved", (50, 40, 40), moved=[130, 126])
    run(["dense", "convolved", "cnn"])
    page = page_of(study)
    assert "| pixels | dense | convolved |" in page
    assert "| 0 | 66.7% (59.5% to 73.1%) | 72.2% (65.3% to 78.2%) |" in page
    assert "| 1 | 50.0% (42.8% to 57.2%) | 70.0% (62.9% to 76.2%) |" in page
