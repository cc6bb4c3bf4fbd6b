"""A study on a view in shards, with real Snakemake and DVC: the same bytes, and only the shards that changed again."""

import shutil
import zipfile
from pathlib import Path

import pytest

from benchmarks.project import cloned, edit, git, run, snakemake
from tests.support.image_folders import picture
from tests.support.small_study import MODEL as SETTINGS
from tests.support.small_study import encoded, results, small

pytestmark = pytest.mark.slow

SHARDS = 4
ONE_MODEL = {"models": {"plain": SETTINGS}, "finetunes": {}, "backbones": {}, "studies.intel.models": ["plain"]}
MODEL, PREDICTIONS = "models/intel/plain/model.keras", "results/intel/evaluations/plain/predictions.csv"


def zip_images(archive: Path, first: int, count: int) -> None:
    """Zip images of two classes."""
    with zipfile.ZipFile(archive, "w") as opened:
        for name in ("ice", "sea"):
            for number in range(first, first + count):
                opened.writestr(f"{archive.stem}/{name}/{number}.png", encoded(picture(hash_name(name, number)), "PNG"))


def hash_name(name: str, number: int) -> int:
    """A seed for each image."""
    return number + 10_000 * (name == "sea")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study, made as far as its predictions, with what it was made from beside it."""
    place = tmp_path_factory.mktemp("sharded")
    (place / "archives").mkdir()
    zip_images(place / "archives/learn.zip", 0, 300)
    zip_images(place / "archives/exam.zip", 5_000, 20)
    splits = {"train": ["learn*"], "validation": [], "test": ["exam"]}
    source = {"datasets.intel.source": "../archives", "datasets.intel.splits": splits}
    folder = small(place / "project", {**ONE_MODEL, **source, "views.intel-150.shards": SHARDS})
    done = snakemake(folder, PREDICTIONS)
    names = [f"shard@intel-150-shard-{number}" for number in range(1, SHARDS + 1)]
    assert {"divide@intel-150", *names} <= set(done) and "prepare@intel-150" not in done
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Run")
    return folder


def test_shards_change_no_result_and_what_is_added_changes_one(study: Path, tmp_path: Path) -> None:
    """First as a clone that was pulled; then images come; then one file instead of shards."""
    run(study, "workflow.remote", str(tmp_path / "storage"))
    run(study, "workflow.sharing", "push")
    git(study, "add", "--all")
    git(study, "commit", "--quiet", "--message", "Share")
    shutil.copytree(study.parent / "archives", tmp_path / "archives")
    clone = cloned(study, tmp_path / "clone")
    run(clone, "workflow.sharing", "pull")
    assert snakemake(clone, PREDICTIONS) == []
    assert "up to date" in run(clone, "dvc", "status", "--with-deps", "evaluate@plain").stdout
    assert run(clone, "workflow.audit", "--verify", MODEL).stdout.startswith("verified: ")

    zip_images(tmp_path / "archives/learn_more.zip", 9_000, 5)
    again = snakemake(clone, PREDICTIONS)
    assert len([name for name in again if name.startswith("shard@")]) == 1
    assert {"fetch@intel", "unzip@intel", "divide@intel-150", "train@plain"} <= set(again)

    sharded = results(clone)
    edit(clone, {"views.intel-150.shards": 1})
    assert {"prepare@intel-150"} == {name for name in snakemake(clone, PREDICTIONS) if "intel-150" in name}
    whole = results(clone)
    assert [whole[name] for name in (MODEL, PREDICTIONS)] == [sharded[name] for name in (MODEL, PREDICTIONS)]

    edit(clone, {"views.intel-150.shards": SHARDS})
    for _ in range(2):
        assert snakemake(clone, PREDICTIONS) == []  # all of it is in DVC's cache
        assert results(clone) == sharded


def test_an_edited_image_or_shard_does_not_flow_into_a_result(study: Path, tmp_path: Path) -> None:
    shutil.copytree(study.parent / "archives", tmp_path / "archives")
    folder = Path(shutil.copytree(study, tmp_path / "project", symlinks=True))
    before = results(folder)
    picture(1).save(folder / "data/images/intel/train/sea/7.png")
    shard = next(folder.glob("data/views/intel-150/*-shard-*/train.npy"))
    shard.write_bytes(shard.read_bytes()[::-1])
    (folder / "data/lists/intel-150/whole.json").write_text("{}")
    edit(folder, {"models.plain.training.epochs": 1})
    done = snakemake(folder, MODEL)
    assert "train@plain" in done and not [name for name in done if "shard" in name]
    after = results(folder)
    made = [name for name in before if name.startswith("data/")]
    assert len(made) > 100 and {name: after.get(name) for name in made} == {name: before[name] for name in made}
