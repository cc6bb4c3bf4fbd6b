"""The worksheet's questions on what networks see, from pages and tables as explain writes them."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest

from darkroom import explanation
from darkroom.evaluation.evaluations import open_evaluation
from darkroom.explanation.page import compose_page
from darkroom.explanation.parts import Part
from darkroom.params.document import load
from darkroom.pipeline import planning, template
from darkroom.worksheet import seeing
from darkroom.worksheet.material import Explained, Material
from darkroom.worksheet.templates import render
from tests.support.evaluated_folders import write_evaluation

MAPS = {"layer": "conv_1", "filters": 3, "drawn": 3, "silent": 1, "height": 8, "width": 8, "zeros": 0.5}
PARTS = [
    Part("images", {"predictions": pandas.DataFrame({"file": ["test/a.jpg"], "probability": [0.5]})}),
    Part("activations", MAPS, "activations-1-conv_1.webp"),
    Part("class", {"name": "wald", "counts": {"true positives": 30}}, "class-1-wald.webp"),
    Part("class", {"name": "NA", "counts": {"true positives": 50}}, "class-2-NA.webp"),
]

UNASKED = dict.fromkeys(seeing.QUESTIONS)


@pytest.fixture
def material(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Material:
    """A study with one of two models explained: three filters of a layer, one of them silent, one rarely awake."""
    write_evaluation(tmp_path / "evaluations/cnn", (50, 40, 30))
    folder = tmp_path / "explanations/cnn"
    folder.mkdir(parents=True)
    page = compose_page("cnn", "synthetic images", "figures", PARTS)
    (folder / "explanation.md").write_text(page, encoding="utf-8")
    figures = {"maximum": [1.5, 0, 0.2, 3], "zeros": [0.5, 1, 1, 0.1], "layer": ["conv_1"] * 3 + ["conv_2"]}
    pandas.DataFrame(figures).to_csv(folder / "activations.csv", index=False)
    monkeypatch.chdir(tmp_path)
    one = Explained(open_evaluation(Path("evaluations"), "cnn"), Path("explanations/cnn"))
    nothing = dict.fromkeys(("study", "dataset", "views", "sweeps", "balance_tolerance", "evaluated", "census"))
    nothing |= dict.fromkeys(("comparison", "costs", "described"))
    return Material(**nothing, explained={"cnn": one}, page=Path("worksheet.md"))


def test_silent_filters_are_counted_by_layer(material: Material) -> None:
    found = seeing.count_silent_filters(material)
    assert found
    page = render("questions/seeing.en.md.j2", "en", seeing={**UNASKED, "silent_filters": found})
    assert "| cnn | conv\\_1 | 3 | 1 | 33.3% | 83.3% |\n| cnn | conv\\_2 | 1 | 0 | 0.0% | 10.0% |" in page
    assert found["files"] == [Path("explanations/cnn/activations.csv")]


def test_a_chosen_class_is_found_missed_and_mistaken(material: Material) -> None:
    # 30 of 60 wald are right; of 60 sea 20 are taken for wald; of 60 wald 30 for NA
    found = seeing.count_outcomes(material)
    assert found
    assert [list(row.values()) for row in found["rows"]] == [["cnn", "wald", 30, 30, 20], ["cnn", "NA", 50, 10, 30]]
    assert list(found["rows"][0]) == ["model", "class", "found", "missed", "mistaken"]


def test_the_figures_are_a_click_away(material: Material) -> None:
    answers = {name: question(material) for name, question in seeing.QUESTIONS.items()}
    page = render("questions/seeing.en.md.j2", "en", seeing=answers)
    assert page.partition("**Which figures show what a network sees?**")[2].strip().splitlines() == [
        "- **cnn**: [the page with all of them](explanations/cnn/explanation.md)",
        "  - [Feature maps of conv\\_1](explanations/cnn/figures/activations-1-conv_1.webp)",
        "  - [Class wald](explanations/cnn/figures/class-1-wald.webp)",
        "  - [Class NA](explanations/cnn/figures/class-2-NA.webp)",
    ]


def test_a_figure_of_every_kind_is_known_by_its_heading() -> None:
    values = {"layer": "conv_1", "number": 2, "name": "wald <b>", "counts": {}, "errors": 0, "parameters": None}
    values |= dict.fromkeys(("height", "width", "channels", "filters", "drawn", "silent", "zeros"), 3)
    page = compose_page("cnn", "", "figures", [Part(kind, values, f"{kind}.png") for kind in seeing.HEADINGS])
    found = {file: seeing.read_heading(heading) for heading, file in seeing.FIGURE.findall(page)}
    assert {Path(file).stem: kind for file, (kind, _) in found.items()} == {kind: kind for kind in seeing.HEADINGS}
    assert found["figures/filter.png"][1] == {"number": "2", "layer": "conv_1"}
    assert found["figures/class.png"][1] == {"name": "wald <b>"}
    template = (Path(explanation.__file__).parent / "explanation.md.j2").read_text()
    assert set(re.findall(r'part\.kind == "(\w+)"', template)) == {"images", *seeing.HEADINGS}


def test_no_class_chosen_is_no_question(material: Material) -> None:
    page = compose_page("cnn", "", "figures", PARTS[1:2])
    Path("explanations/cnn/explanation.md").write_text(page, encoding="utf-8")
    assert seeing.count_outcomes(material) is None


def test_the_worksheet_waits_for_the_explanations_that_the_study_has(root: Path, project: Callable[..., Path]) -> None:
    explanation = load(root / "params.yaml").explanations.popitem()[1].model_dump()
    definitions = template.read_definitions(root)

    def worksheet() -> template.Stage:
        planned = planning.make_plan(load())
        return template.expand({"worksheet": definitions["worksheet"]}, planned)["worksheet@intel"]

    project()
    assert "--explained - --sweeps" in worksheet().command
    assert not [dep for dep in worksheet().deps if "explanations" in dep]
    project({"explanations": {"cnn-bn": explanation, "mnist-visual": explanation}})
    assert "--explained cnn-bn --sweeps" in worksheet().command
    assert "results/intel/explanations" in worksheet().deps
