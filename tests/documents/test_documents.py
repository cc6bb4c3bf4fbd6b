"""The table of what documents report beside what a checkout's studies gave."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest

from benchmarks import studies
from darkroom.params.document import load

MODELS = {
    "model": ["net", "lite"],
    "accuracy": [0.5, 0.75],
    "low": [0.4, 0.7],
    "high": [0.6, 0.8],
    "parameters": [10, 2000],
    "replicates": [3, 1],
    "mean_accuracy": [0.51, None],
    "sd_accuracy": [0.02, None],
}
REPORTED = [
    ("intel", "net", "", "test accuracy", "60 %"),
    ("intel", "heavy", "lite", "training accuracy", "97 %"),
    ("intel", "heavy", "lite", "mean over classes", "80 %"),
    ("intel", "heavy", "lite", "without NA", "82 %"),
    ("intel", "heavy", "lite", "without sea", "83 %"),
    ("intel", "heavy", "lite", "accuracy of NA", "70 %"),
    ("intel", "gone", "", "test accuracy", "99 %"),
    ("other", "net", "", "test accuracy", "99 %"),
]
DEPARTURES = [
    ("lite", "images.learn", "14034", "1500", ""),
    ("lite", "network.backbone", "heavy", "lite", "no server"),
    ("lite", "training.epochs", "20", "10", ""),
]


@pytest.fixture
def checkout(root: Path, project: Callable[..., Path]) -> Path:
    """A checkout with the comparison and the census of one study."""
    folder = project()
    (folder / "workflow").mkdir()
    for name in ("dvc.yaml", "workflow/plan.yaml"):
        shutil.copyfile(root / name, folder / name)
    for name in ("intel/comparison", "census/intel"):
        (folder / "results" / name).mkdir(parents=True)
    comparison = folder / "results/intel/comparison"
    pandas.DataFrame({**MODELS, "train_accuracy": [0.6, 0.95]}).to_csv(comparison / "models.csv", index=False)
    means = {"model": MODELS["model"], "mean": [0.5, 0.72], "worst": "NA", "without NA": [0.5, 0.8]}
    pandas.DataFrame(means).to_csv(comparison / "means.csv", index=False)
    classes = {"model": ["net", "lite", "lite"], "class": ["NA", "NA", "sea"], "accuracy": [0.1, 0.64, 0.8]}
    pandas.DataFrame(classes).to_csv(comparison / "classes.csv", index=False)
    columns = ["model", "setting", "document", "here", "why"]
    pandas.DataFrame(DEPARTURES, columns=columns).to_csv(comparison / "departures.csv", index=False)
    counted = {"class": ["NA", "sea"], "train": [900, 600], "test": [100, 101]}
    pandas.DataFrame(counted).to_csv(folder / "results/census/intel/classes.csv", index=False)
    return folder


def test_each_reported_figure_stands_beside_ours(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reported = pandas.DataFrame(REPORTED, columns=["study", "model", "stand_in", "quantity", "document"])
    reported.to_csv(checkout / "documents.csv", index=False)
    monkeypatch.setattr(studies, "DOCUMENTS", checkout / "documents.csv")
    studies.main(["--from", str(checkout), "--out", "studies.csv"])
    table = pandas.read_csv("studies.csv", keep_default_na=False)
    assert table["document"].tolist() == [row[-1] for row in REPORTED]
    departs = "network.backbone heavy → lite; training.epochs 20 → 10"
    assert table["differs in"].tolist() == ["", *[departs] * 5, "", ""]
    assert table["ours"].tolist() == ["50.0% (40.0% to 60.0%)", "95.0%", "72.0%", "80.0%", "", "64.0%", "", ""]
    assert table["run in its place"].tolist() == ["", *["lite"] * 5, "", ""]
    assert table["parameters"].tolist() == ["10", *["2,000"] * 5, "", ""]
    assert table["over seeds"].tolist() == ["51.0% ± 2.0 (3)", *[""] * 7]
    assert table["images"][0] == "1,500 train, 201 test (synthetic images, drawn by a program)"


def test_rows_of_studies_that_were_not_run_stay(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reported = pandas.DataFrame(REPORTED, columns=["study", "model", "stand_in", "quantity", "document"])
    reported.to_csv(checkout / "documents.csv", index=False)
    monkeypatch.setattr(studies, "DOCUMENTS", checkout / "documents.csv")
    older = {"study": ["other", "intel", "gone"], "model": ["net"] * 3, "ours": ["98.0%"] * 3}
    pandas.DataFrame(older).to_csv("studies.csv", index=False)
    studies.main(["--from", str(checkout), "--out", "studies.csv"])
    table = pandas.read_csv("studies.csv", keep_default_na=False)
    assert table["study"].tolist() == [*["intel"] * 7, "other", "gone"]
    assert table["ours"].tolist()[-2:] == ["98.0%", "98.0%"]
    assert table["ours"][0] == "50.0% (40.0% to 60.0%)"


def test_documents_name_studies_and_models_that_there_are(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    parameters = load()
    known = {*parameters.trained, *parameters.finetunes}
    reported = pandas.read_csv(studies.DOCUMENTS, dtype=str, keep_default_na=False)
    assert set(parameters.studies) - set(reported["study"]) == {"intel-best"}  # of no document
    assert set(reported["study"]) <= set(parameters.studies)
    for row in reported.to_dict("records"):
        named = [name for name in (row["model"], row["stand_in"]) if name]
        assert set(named) <= known
        assert set(named) & set(parameters.members(row["study"])), row
