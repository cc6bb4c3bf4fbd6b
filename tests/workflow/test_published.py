"""A published study is evaluated again from its models, trains nothing, and every published number is compared."""

import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

from benchmarks import trivial
from benchmarks.project import git, run
from tests.support import stub_study
from workflow.audit.publish import KEPT

pytestmark = pytest.mark.slow

OUT = Path("docs/mine/intel")
METRICS = "evaluations/model-0002/metrics.json"


@pytest.fixture
def published(kinds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished study beside which a part of its results is published, with its lineage."""
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setenv("TMPDIR", str(kept))
    shutil.rmtree(kinds / "docs", ignore_errors=True)
    git(kinds, "add", "--all")
    git(kinds, "commit", "--quiet", "--allow-empty", "--message", "Publish nothing yet")
    parameters = kinds / "params.yaml"
    parameters.write_text(f"# Not committed.\n{parameters.read_text()}")
    run(kinds, "workflow.audit.publish", "intel", str(OUT / "lineage"))
    for name in ("comparison", METRICS, "../census/intel"):
        source, target = kinds / "results/intel" / name, kinds / OUT / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
    (kinds / OUT.parent / "census/other").mkdir()  # that of another study's images
    (kinds / OUT.parent / "census/other/census.md").write_text("3 images\n")
    return kinds


def verify(folder: Path, *arguments: str) -> tuple[int, str, list[str]]:
    """Return the exit code, what was said, and the stages whose commands ran in the clones that stay."""
    done = run(folder, "workflow.audit.published", "intel", *arguments, check=False)
    stays = (folder.parent / "kept").glob("darkroom-intel-*/a/b/c/intel")
    return done.returncode, done.stdout + done.stderr, [stage for one in stays for stage, _ in trivial.executed(one)]


def test_the_lineage_names_commit_parameters_and_models_and_its_crate_holds_no_model(published: Path) -> None:
    lineage = json.loads((published / OUT / "lineage/lineage.json").read_text())
    assert lineage["commit"] == git(published, "rev-parse", "HEAD").strip()
    assert [one["path"] for one in lineage["models"]] == sorted(
        f"models/intel/{name}/model.keras" for name in stub_study.MODELS
    )
    assert "# Not committed." in (published / OUT / "lineage/params.diff").read_text()
    with ZipFile(published / OUT / "lineage/crate.zip") as crate:
        names = crate.namelist()
    assert "ro-crate-metadata.json" in names
    assert "results/intel/comparison/models.csv" in names
    assert not [name for name in names if name.endswith((".keras", "/content"))]


def test_the_models_of_a_checkout_are_evaluated_again_and_none_is_trained(published: Path) -> None:
    code, said, _ = verify(published, "--from", str(published))
    assert code == 0, said
    assert "intel: verified: 6 models evaluated" in said
    assert not list((published.parent / "kept").glob("darkroom-intel-*"))


def test_a_number_that_was_published_otherwise_is_named(published: Path) -> None:
    file = published / OUT / METRICS
    file.write_text(file.read_text().replace('"loss": 0', '"loss": 1'))
    code, said, ran = verify(published, "--from", str(published))
    assert code == 1
    assert f"intel/{METRICS}: 1 differ, by 1 at most; the first: 1 is now 0" in said
    assert "evaluate@model-0002" in ran
    assert not [stage for stage in ran if stage.partition("@")[0] in KEPT]


def test_models_alone_are_enough_where_images_can_be_made_again(published: Path, tmp_path: Path) -> None:
    shutil.copytree(published / "models", tmp_path / "given/models")
    code, said, _ = verify(published, "--from", str(tmp_path / "given"))
    assert code == 0, said


def test_another_model_is_refused(published: Path, tmp_path: Path) -> None:
    shutil.copytree(published / "models", tmp_path / "given/models")
    (tmp_path / "given/models/intel/model-0002/model.keras").write_text("another")
    code, said, ran = verify(published, "--from", str(tmp_path / "given"))
    assert (code, ran) == (1, [])
    assert "error: models/intel/model-0002/model.keras: not the model that was published" in said
    assert not list((published.parent / "kept").iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "error: --from: missing"),
        (("--from", "nowhere"), "error: nowhere: no such folder"),
        (("waste",), "error: waste: not published with its lineage; studies that are: intel"),
    ],
)
def test_what_is_asked_for_wrongly_is_one_line(published: Path, arguments: tuple[str, ...], said: str) -> None:
    (published / ".dvc/config").write_text("")
    code, found, _ = verify(published, *arguments)
    assert code == 1
    assert said in found.splitlines()[-1]


def test_code_that_was_not_committed_is_not_published(published: Path) -> None:
    stub_study.comment(published, "darkroom/core/errors.py")
    done = run(published, "workflow.audit.publish", "intel", "out", check=False)
    assert done.stderr.splitlines()[-1].startswith("error: darkroom/core/errors.py: not as committed")
    assert not (published / "out").exists()
