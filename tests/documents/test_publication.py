"""What is published of a run: its studies' pages and figures, in the folders of results/, and nothing that went."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy
import pandas
import pytest
from PIL import Image

from benchmarks import publication
from darkroom.params.document import load

FIGURES = ("comparison/accuracy.png", "sweeps/rate/gap.png", "explanations/cnn/figures/kernels.webp")
MODELS = ("cnn", "cnn-bn")


@pytest.fixture
def checkout(root: Path, project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the results of one study, as far as they matter here; its lineage is a word."""

    def write(study: str, lineage: Path) -> None:
        lineage.mkdir(parents=True)
        (lineage / "lineage.json").write_text(f"{study} of {Path.cwd().name}\n", encoding="utf-8")

    monkeypatch.setattr(publication.publish, "write", write)
    folder = project({"studies.intel.models": list(MODELS)})
    (folder / "workflow").mkdir()
    for name in ("dvc.yaml", "workflow/plan.yaml"):
        shutil.copyfile(root / name, folder / name)
    study = folder / "results/intel"
    pixels = numpy.random.default_rng(1).integers(0, 256, (40, 60, 3), numpy.uint8)
    named = (f"evaluations/{model}/{name}" for model in MODELS for name in ("diagram.png", "worst.webp"))
    for name in (*FIGURES, *named, "../census/intel/classes.png"):
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(study / name, **({"lossless": True} if "figures" in name else {}))
    for name in ("worksheet.md", "evaluations/cnn/predictions.csv", "../census/intel/census.md"):
        (study / name).write_text(f"{name}\n", encoding="utf-8")
    models = {"model": list(MODELS), "correct": [5, 5], "loss": [0.4, 0.3]}
    pandas.DataFrame(models).to_csv(study / "comparison/models.csv", index=False)
    return folder


def test_pages_figures_and_the_best_models_galleries_are_published(checkout: Path) -> None:
    (checkout / "out/intel/sweeps/gone").mkdir(parents=True)
    publication.main(["--from", ".", "--out", "out"])
    found = {file.relative_to("out").as_posix() for file in Path("out").rglob("*") if file.is_file()}
    names = {*FIGURES, "worksheet.md", "comparison/models.csv", "evaluations/cnn-bn/worst.webp"}
    names |= {f"evaluations/{model}/diagram.png" for model in MODELS}
    names.add("lineage/lineage.json")
    assert found == {f"intel/{name}" for name in names} | {"census/intel/census.md", "census/intel/classes.png"}
    assert (checkout / "out/intel/lineage/lineage.json").read_text() == f"intel of {checkout.name}\n"
    assert not (checkout / "out/intel/sweeps/gone").exists()


def test_what_a_published_page_shows_is_published_with_it(checkout: Path) -> None:
    page = Path("results/intel/worksheet.md")
    shown = "![Curves](evaluations/cnn/curves.png) of [cnn](../../models/cnn), [all](index.html), [gone](gone.png)"
    page.write_text(f"{shown}\n", encoding="utf-8")
    for name in ("evaluations/cnn/curves.png", "index.html", "../../models/cnn"):
        file = page.parent / name
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile("results/intel/comparison/accuracy.png", file)
    publication.main(["--from", ".", "--out", "out"])
    assert Path("out/intel/evaluations/cnn/curves.png").is_file()
    assert not list(Path("out").rglob("index.html"))
    assert not list(Path("out").rglob("models"))


def test_figures_keep_their_colours(checkout: Path) -> None:
    publication.main(["--from", ".", "--out", "out"])
    name = "intel/comparison/accuracy.png"
    with Image.open(Path("out", name)) as image, Image.open(Path("results", name)) as original:
        assert numpy.array_equal(numpy.asarray(image), numpy.asarray(original))
    with Image.open("out/intel/evaluations/cnn-bn/worst.webp") as image:
        assert (image.format, image.size) == ("WEBP", (60, 40))


def test_maps_keep_their_colours_and_images_of_galleries_stay_behind(checkout: Path) -> None:
    results = checkout / "results/intel/explanations/cnn"
    shutil.copytree(results / "figures", results / "galleries")
    publication.main(["--from", ".", "--out", "out"])
    name = "intel/explanations/cnn/figures/kernels.webp"
    with Image.open(Path("out", name)) as image, Image.open(Path("results", name)) as original:
        assert numpy.array_equal(numpy.asarray(image), numpy.asarray(original))
    assert not Path("out/intel/explanations/cnn/galleries").exists()


def test_times_are_left_out_where_that_is_asked_for(checkout: Path) -> None:
    costs = Path("results/intel/costs")
    costs.mkdir()
    (costs / "costs.csv").write_text("model,seconds,images_per_second,peak_memory_mib\ncnn,12.5,80,1155\n")
    for name in ("costs.md", "costs.js"):
        (costs / name).write_text("12.5 s\n")
    publication.main(["--from", ".", "--out", "out", "--without-times"])
    assert sorted(file.name for file in Path("out/intel/costs").iterdir()) == ["costs.csv", "costs.md"]
    assert "| cnn | 1,155 |" in Path("out/intel/costs/costs.md").read_text()
    assert Path("out/intel/costs/costs.csv").read_text() == "model,peak_memory_mib\ncnn,1155\n"
    assert Path("out/intel/worksheet.md").is_file()
    publication.main(["--from", ".", "--out", "out"])
    assert Path("out/intel/costs/costs.csv").read_text() == (costs / "costs.csv").read_text()


def test_a_checkout_without_a_comparison_publishes_nothing(checkout: Path) -> None:
    shutil.rmtree("results/intel")
    publication.main(["--from", ".", "--out", "out"])
    assert not Path("out").exists()


def test_the_published_studies_are_those_of_params_yaml_with_the_published_edit(root: Path, tmp_path: Path) -> None:
    shutil.copyfile(root / "params.yaml", tmp_path / "params.yaml")
    subprocess.run(["git", "apply", str(root / publication.OUT / "params.diff")], cwd=tmp_path, check=True)
    sources = {dataset.source for dataset in load(tmp_path / "params.yaml").datasets.values()}
    assert "synthetic" not in sources


@pytest.mark.parametrize("folder", ["best", "parts", "recipe"])
def test_an_edit_that_is_published_beside_results_applies(root: Path, tmp_path: Path, folder: str) -> None:
    shutil.copyfile(root / "params.yaml", tmp_path / "params.yaml")
    subprocess.run(["git", "apply", str(root / "docs" / folder / "params.diff")], cwd=tmp_path, check=True)
    assert load(tmp_path / "params.yaml").datasets["intel"].source == "../shared/data/intel"
