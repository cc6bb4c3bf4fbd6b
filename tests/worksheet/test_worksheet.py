"""The worksheet of a made-up study: which questions are asked, what is answered, and from which file."""

import re
import shutil
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pandas
import pytest

from darkroom.core.errors import UserError
from tests.conftest import with_parameters
from tests.support.answered_study import EDITS, MODELS, TUNED, compare_models, write_study, write_worksheet
from tests.support.evaluated_folders import write_evaluation
from tests.support.pages import unwrap


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the evaluations, the comparison and the census of a study."""
    folder = with_parameters(tmp_path_factory.mktemp("described") / "project", EDITS)
    write_study(folder)
    return folder


@pytest.fixture(scope="module")
def page(described: Path) -> str:
    """The worksheet of the study."""
    with chdir(described):
        return run()


@pytest.fixture
def study(described: Path, project: Callable[..., Path]) -> Path:
    """The study in a copy to try things on."""
    folder = project(EDITS)
    shutil.copytree(described, folder, dirs_exist_ok=True)
    return folder


def run(models: list[str] = MODELS, out: str = "worksheet.md") -> str:
    """The worksheet, with every paragraph on one line."""
    return unwrap(write_worksheet(models, out))


def answer(page: str, question: str) -> str:
    """The part of the page from the one question that begins so to the next."""
    found = re.findall(
        rf"^\*\*{re.escape(question)}.*?(?=^\*\*[A-Z][^*]*\?|^## |\Z)", page, flags=re.MULTILINE | re.DOTALL
    )
    assert len(found) == 1, question
    return found[0]


@pytest.mark.parametrize(
    ("question", "said", "file"),
    [
        ("How many images does each class have", "| all | 80 | 15 | 180 |", "census/classes.csv"),
        ("Are the classes balanced", "training classes are **not** balanced: 26.7 images", "census/classes.csv"),
        ("Which label stands for which class", "0: NA, 1: sea, 2: wald.", "evaluations/cnn-bn/classes.csv"),
        ("What sizes do the images have", "smallest by area: 99×80; largest: 150×150", "census/sizes.csv"),
        ("Can the images be fed to a network", "- They have 2 sizes.", "census/modes.csv"),
        (
            "Does any image occur twice",
            "\n1 group of images is the same in bytes",
            "census/duplicates.csv",
        ),
        ("Does any image occur twice", "| 1 | leak | test | NA | b |", "census/duplicates.csv"),
        (
            "Which views were made",
            "| intel-256 | intel | 256×256 | pad | lanczos | RGB | 1 |",
            "evaluations/*/view.json",
        ),
        ("How many images are used for training", "| 90 | 0 | 180 | frozen |", "metrics.json"),
        (
            "How many layers and parameters does each network have",
            "| cnn | 3 | – | 1,000 | 900 | 3 | 3.91 |",
            "layers.csv",
        ),
        (
            "How many layers and parameters does each network have",
            "| frozen | 3 | 150 | 1,000 | 900 | 3 | 3.91 |",
            "summary.json",
        ),
        (
            "Which layers hold the most",
            "| cnn | probabilities 800 (80.0%), convolution\\_1 200 (20.0%) |",
            "layers.csv",
        ),
        (
            "How much of each network on a backbone",
            "| tuned | 1,000 | 900 | 90.0% | from scratch | the last 20 |",
            "metrics",
        ),
        ("How many layers does the backbone have", "| lite | 150 | image | top | 6×6×1280 |", "frozen/summary.json"),
        (
            "Which hyperparameters are there",
            "There are 14, of which 10 differ between the 5 models",
            "hyperparameters.csv",
        ),
        ("Is each model overfitting", "| cnn | it overfits | validation loss stays level, but", "history.csv"),
        (
            "Is each model overfitting",
            "| frozen | its curves cannot tell | it was not validated; training accuracy minus test accuracy: "
            "+22.8 points |",
            "history.csv",
        ),
        ("How far apart are training", "| cnn | 90.0% | 70.0% | 66.7% | +20.0 |", "metrics.json"),
        ("How far apart are training", "| frozen | 90.0% | – | 67.2% | +22.8 |", "metrics.json"),
        ("Where does overfitting set in", "| cnn | 0.550 | 5 | 6.8% higher after the last |", "history.csv"),
        ("For how many epochs", "| cnn | 10 | 8 | 8 | yes |", "metrics.json"),
        ("For how many epochs", "| batch-8 | 10 | 10 | 8 | no |", "metrics.json"),
        ("What are the test accuracy and loss", "| cnn-bn | 162 | 180 | 90.0% |", "comparison/models.csv"),
        ("Which classes are predicted most", "| cnn | NA: 80 (60), sea: 50 (60), wald: 50 (60) |", "classes.csv"),
        (
            "Which classes are confused most often",
            "| cnn | wald for NA: 30, sea for wald: 20, NA for sea: 10 |",
            "pairs.csv",
        ),
        ("How good is the best model, cnn-bn", "| wald | 0.893 | 0.833 |", "evaluations/cnn-bn/classes.csv"),
        ("Which images does cnn-bn predict worst", "| test/NA/58.jpg | NA | 22.5% | sea | 55.0% |", "predictions.csv"),
        ("How certain are the predictions", "| cnn | 78.3% | 90.0% | 55.0% | 0.0% |", "predictions.csv"),
        ("Is that certainty justified", "| cnn | 0.250 | too certain by 11.7 points on average |", "metrics.json"),
        ("Which images are ambiguous to cnn-bn", "| test/NA/58.jpg | NA | sea | 55.0% | NA | 22.5% |", "ambiguous.csv"),
        ("Which model is best", "Highest accuracy: **cnn-bn**, 162 of 180", "comparison/pairs.csv"),
        (
            "What does a single choice change",
            "| cnn | cnn-bn | view intel-150 → intel-256; network.normal",
            "pairs.csv",
        ),
        ("What is the mean accuracy over classes", "| cnn | 66.7% | 75.0% | wald | sea | 58.3% |", "means.csv"),
        (
            "What does fine-tuning gain",
            "121 images correct before, 130 after, which may be due to chance",
            "finetuning.csv",
        ),
        ("What does fine-tuning gain", "in points: wald 51.7% → 83.3% (+31.7), NA 83.3%", "finetuning.csv"),
        (
            "Batch size: what does each variant change, compared with cnn",
            "**batch-8** (training: {batch_size: 8}) leaves the gap at 20.0 points. "
            "61.1% of the test images are correct",
            "sweeps/batch/sweep.csv",
        ),
    ],
)
def test_a_question_is_answered_from_this_run_and_names_the_file(
    page: str, question: str, said: str, file: str
) -> None:
    found = answer(page, question)
    assert said in found
    assert file in found.rpartition("From ")[2]


def test_times_are_named_and_not_told(study: Path) -> None:
    found = answer(run(out="sheets/worksheet.md"), "How long did training take")
    assert "[The page on costs](../costs/costs.md) begins with the answers: " in found
    assert "which batch size is fastest by step and which by epoch" in found
    assert "frozen layers" not in found
    assert not re.search(r"\d", found)


def test_a_sweeps_answer_is_that_of_its_own_page(study: Path) -> None:
    page = unwrap((study / "sweeps/batch/sweep.md").read_text(encoding="utf-8"))
    lines = [line for line in page.splitlines() if line.startswith(("- ", "Gap: "))]
    assert len(lines) == 4
    assert [line for line in answer(run(), "Batch size").splitlines() if line in lines] == lines


def test_views_and_sweeps_are_told_as_they_were_made(study: Path, project: Callable[..., Path]) -> None:
    before = run()
    changed = {"title": "Another", "of": "cnn-bn", "variants": {"9": {"training": {"batch_size": 9}}}}
    views = {"views.intel-150.size": 9, "views.intel-256.resize": "stretch"}
    study_again = {"studies.intel.sweeps": ["batch"], "studies.intel.without": [["NA"]]}
    project({"sweeps": {"batch": changed}, **study_again, **views})
    assert run() == before


def test_every_heading_says_what_the_images_and_models_are(study: Path) -> None:
    write_evaluation(study / "evaluations/random", note="random weights, no pretraining")
    compare_models([*MODELS, "random"])
    headings = [line for line in run([*MODELS, "random"]).splitlines() if line.startswith("#")]
    said = "(synthetic images, drawn by a program; random: random weights, no pretraining)"
    assert len(headings) == 7
    assert all(line.endswith(said) for line in headings)


def test_what_a_study_has_nothing_of_is_not_asked(study: Path, project: Callable[..., Path]) -> None:
    project()
    page = run(["cnn"])
    for absent in (
        "backbone",
        "fine-tuning",
        "single choice",
        "randomly changed",
        "batch size is",
        "network see",
        "## Sw",
    ):
        assert absent not in page, absent
    assert "nan" not in page


def test_all_hyperparameters_stand_side_by_side(study: Path) -> None:
    run()
    table = pandas.read_csv(study / "hyperparameters.csv", dtype=str).set_index("name")
    assert list(table) == MODELS
    assert table.loc["training.batch_size"].tolist() == ["64", "64", "64", "64", "8"]
    assert table.loc["unfreeze"].fillna("").tolist() == ["", "", "", "20", ""]
    assert table.loc["network.backbone"].fillna("").tolist() == ["", "", "lite", "lite", ""]
    assert table.loc["view"].tolist() == ["intel-150", "intel-256", "intel-150", "intel-150", "intel-150"]
    assert table.loc["view.size"].tolist() == ["150", "256", "150", "150", "150"]
    assert table.loc["view.resize"].tolist() == ["stretch", "pad", "stretch", "stretch", "stretch"]


def test_augmentation_is_told_by_what_it_changes(study: Path) -> None:
    used = {
        "training.augmentation.flip": "horizontal",
        "training.augmentation.zoom": 0,
        "training.augmentation.fill": "nearest",
    }
    write_evaluation(study / "evaluations/changed", used=used)
    compare_models([*MODELS, "changed"])
    found = answer(run([*MODELS, "changed"]), "Which networks are trained on randomly changed images")
    assert found.splitlines()[4:5] == ["| changed | flip horizontal | nearest |"]


def test_two_runs_give_the_same_bytes(study: Path) -> None:
    assert run() == run(out="again.md")


def test_a_missing_evaluation_is_named(study: Path) -> None:
    with pytest.raises(UserError, match=r"mlp/metrics\.json: no such file; run python -m stages\.evaluate mlp"):
        run(["cnn", "mlp"])


def test_means_that_no_model_has_are_left_out(study: Path) -> None:
    table = pandas.read_csv(study / "comparison/means.csv", keep_default_na=False)
    table.assign(without_two_worst="", second_worst="").to_csv(study / "comparison/means.csv", index=False)
    assert "| model | mean | without the worst | worst | without NA |" in answer(
        run(), "What is the mean accuracy over"
    )
    table[["model", "mean", "worst"]].to_csv(study / "comparison/means.csv", index=False)
    assert "| model | mean | worst |" in answer(run(), "What is the mean accuracy over classes?")


def test_unfrozen_layers_in_words(study: Path) -> None:
    write_evaluation(study / "evaluations/named", used={**TUNED, "unfreeze": "block7a_expand_conv"})
    write_evaluation(study / "evaluations/whole", used={**TUNED, "unfreeze": "all"})
    models = ["frozen", "tuned", "named", "whole"]
    compare_models(models)
    rows = answer(run(models), "How much of each network on a backbone").splitlines()[4:8]
    assert [(row.split(" | ")[0], row.split(" | ")[-1]) for row in rows] == [
        ("| frozen", "none |"),
        ("| tuned", "the last 20 |"),
        ("| named", "from block7a\\_expand\\_conv on |"),
        ("| whole", "all |"),
    ]
