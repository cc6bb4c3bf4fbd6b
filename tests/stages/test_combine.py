"""A tiny study with folds and ensembles, from drawn archives to its worksheet."""

import json
import re
import shutil
from contextlib import chdir
from pathlib import Path

import numpy
import pandas
import pytest

from benchmarks.project import run
from darkroom.apps.model_folder import ModelFolder
from darkroom.core.provenance import NOTES
from darkroom.images.prepared.holdout import Holdout
from darkroom.images.prepared.shards import open_view
from stages import combine
from tests.support import in_process
from tests.support.drawing import without_drawing
from tests.support.ensemble_study import FOLDED, FOLDS, make_project
from tests.support.pages import unwrap
from tests.support.refusals import one_line

pytestmark = pytest.mark.slow
SAYING = [("summary.json", "note_on_images"), ("record.json", "note")]
OF_WHOLE = [*FOLDED, "plain"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study, made stage by stage."""
    folder = make_project(tmp_path_factory.mktemp("ensembles") / "project")
    in_process.make(folder, within=lambda stage: without_drawing())
    return folder


def read(study: Path, file: str) -> pandas.DataFrame:
    return pandas.read_csv(study / "results/intel" / file, keep_default_na=False, na_values=[""])


def summarize(study: Path, folder: str) -> dict:
    return json.loads((study / "models" / folder / "summary.json").read_text())


def predictions(study: Path, key: str) -> numpy.ndarray:
    return read(study, f"evaluations/{key}/predictions.csv").filter(regex="^p_").to_numpy()


def test_folds_hold_out_every_training_image_once(study: Path) -> None:
    view = open_view(study / "data/views/intel-150")
    held = [Holdout.read(summarize(study, f"intel/{key}")).list_rows(view)[1] for key in FOLDED]
    assert sorted(numpy.concatenate(held)) == list(range(view.count("train")))
    assert [summarize(study, f"intel/{key}")["fold"] for key in FOLDED] == list(range(1, FOLDS + 1))


def test_an_ensemble_predicts_the_mean_of_its_members_and_is_as_any_model(study: Path) -> None:
    wanted = numpy.mean([predictions(study, key) for key in OF_WHOLE], axis=0)
    assert numpy.abs(predictions(study, "whole") - wanted).max() < 1e-6
    assert numpy.abs(predictions(study, "mirrored") - predictions(study, "plain")).max() > 1e-6
    folder = study / "models/ensembles/whole"
    names = {path.name for path in folder.iterdir()}
    assert names == {"model.keras", "layers.csv", "view.json", "summary.json", "record.json"}
    assert (folder / "view.json").read_bytes() == (study / "models/intel/plain/view.json").read_bytes()
    assert [json.loads((folder / name).read_text())[key] for name, key in SAYING] == [NOTES["drawn"]] * len(SAYING)
    assert ModelFolder.open(str(folder)).note == NOTES["drawn"]
    assert pandas.read_csv(folder / "layers.csv")["layer"].tolist() == ["image", *OF_WHOLE, "probabilities"]


def test_images_that_no_member_was_trained_on_validate(study: Path) -> None:
    whole, mirrored, plain = (summarize(study, key) for key in ("ensembles/whole", "ensembles/mirrored", "intel/plain"))
    assert (whole["train_images"], whole["validation_images"]) == (36, 0) and "val_accuracy" not in whole
    assert (mirrored["train_images"], mirrored["validation_images"]) == (27, 9)
    assert plain["validation_images"] == 9 and 0 <= mirrored["val_accuracy"] <= 1
    models = read(study, "comparison/models.csv").set_index("model")
    assert models.loc["mirrored", "val_accuracy"] == pytest.approx(mirrored["val_accuracy"], abs=1e-6)
    assert models.loc[["whole", "mirrored"], ["epochs", "best_epoch", "train_accuracy"]].isna().all(axis=None)


def test_pages_say_what_an_ensemble_is(study: Path) -> None:
    evaluation = unwrap((study / "results/intel/evaluations/mirrored/evaluation.md").read_text())
    assert "| Mean of | plain; each on an image and its mirror image |" in evaluation
    assert "Not trained itself, so it has no curves" in evaluation and "| Epochs |" not in evaluation
    comparison = unwrap((study / "results/intel/comparison/comparison.md").read_text())
    assert "its validation accuracy is that on images that none of its members was trained on" in comparison
    assert "folded is cross-validated: each of its 4 replicates held out another fold" in comparison
    assert "Epochs until the weights" not in comparison, "all kept their last, and guess"
    costs = unwrap((study / "results/intel/costs/costs.md").read_text())
    assert f"whole was not trained itself: it costs what {', '.join(OF_WHOLE)} cost" in costs
    assert "Left out" not in costs and read(study, "costs/costs.csv")["model"].tolist() == OF_WHOLE
    learning = (study / "results/intel/worksheet.md").read_text().split("overfitting?")[1].split("How long")[0]
    assert "| plain |" in learning and "whole" not in learning and "mirrored" not in learning


def test_doubts_are_about_training_images_too(study: Path) -> None:
    page = unwrap((study / "results/intel/doubts/doubts.md").read_text())
    assert "intel on intel: doubts about test images, and labels of training images" in page
    assert "Each of the 36 training images is judged by that of the 4 replicates of folded that held it out;" in page
    errors = read(study, "doubts/training-label-errors.csv")
    assert errors.columns.tolist() == ["file", "class", "probable", "p_class", "p_probable"]
    assert errors["file"].str.startswith("train/").all() and (study / "results/intel/doubts/label-errors.csv").is_file()


def test_combining_again_gives_the_same_bytes(study: Path, tmp_path: Path) -> None:
    given = ["--members", *OF_WHOLE, "--models", "models/intel", "--view", "data/views/intel-150", "--out"]
    with chdir(study):
        combine.main(["whole", *given, str(tmp_path / "again")])
    for name in ("model.keras", "layers.csv", "summary.json", "view.json"):
        assert (tmp_path / "again" / name).read_bytes() == (study / "models/ensembles/whole" / name).read_bytes()


def test_a_member_of_other_images_or_none(study: Path, tmp_path: Path) -> None:
    given = ["--members", "plain", "--view", "data/views/intel-150", "--out", str(tmp_path / "out"), "--models"]
    shutil.copytree(study / "models/intel/plain", tmp_path / "other/plain")
    file = tmp_path / "other/plain/summary.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "train_images": 5}))
    with chdir(study):
        one_line(lambda: combine.main(["mirrored", *given, str(tmp_path / "other")]), "trained on 14 images, but", "36")
        one_line(lambda: combine.main(["mirrored", *given, str(tmp_path)]), "plain/model.keras: no such file")


def test_snakemake_combines_after_the_members(study: Path) -> None:
    planned = run(study, "snakemake", "--dry-run", "models/ensembles/whole/model.keras").stdout
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", planned, re.MULTILINE))
    assert (jobs["train"], jobs["combine"]) == ("5", "1")
    assert planned.index("Training folded-replicate-4.") < planned.index("Combining the members of whole.")
