"""A worksheet in French: nothing on it is English, and it says the same as the English one."""

import json
import re
import shutil
from contextlib import chdir
from pathlib import Path
from typing import get_args

import pandas
import pytest

from benchmarks.project import edit
from darkroom.explanation.page import compose_page
from darkroom.explanation.parts import Part
from darkroom.pages.handout import read_handout
from darkroom.params.model import Study
from darkroom.worksheet import page as worksheet_page
from darkroom.worksheet import templates
from darkroom.worksheet.words import WORDS
from tests.conftest import with_parameters
from tests.support.answered_study import (
    BACKBONE,
    EDITS,
    MODELS,
    SWEEP,
    TUNED,
    compare_models,
    write_study,
    write_worksheet,
)
from tests.support.cited_numbers import list_numbers
from tests.support.english_words import find_english
from tests.support.evaluated_folders import write_evaluation
from tests.support.pages import list_shapes, split_questions

LANGUAGES = get_args(Study.model_fields["language"].annotation)
DOCUMENTS = get_args(get_args(Study.model_fields["document"].annotation)[0])
NAMES = ["Intel natural scenes", SWEEP["title"]]
"""Titles of params.yaml, which every page has as they are."""
AUGMENTED = {"flip": "horizontal", "zoom": 0.25, "fill": "nearest"}
LAYER = {"layer": "conv_1", "filters": 3, "height": 8, "width": 8}
PARTS = [
    Part("images", {"predictions": pandas.DataFrame({"file": ["test/a.jpg"], "probability": [0.5]})}),
    Part("activations", {**LAYER, "drawn": 3, "silent": 1, "zeros": 0.5}, "activations-1-conv_1.png"),
    Part("filter", {"layer": "conv_1", "number": 2}, "filter.png"),
    Part("kernels", {**LAYER, "channels": 3}, "kernels.png"),
    Part("regions", {**LAYER, "errors": 2, "by_position": 0, "none": 0}, "grad-cam.png"),
    Part("class", {"name": "wald", "counts": {"true positives": 30}}, "class-1-wald.png"),
    Part("augmented", {"parameters": AUGMENTED}, "augmented.png"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that has something of all that a worksheet may ask for."""
    folder = with_parameters(tmp_path_factory.mktemp("french") / "project", EDITS)
    write_study(folder)
    used = {f"training.augmentation.{name}": value for name, value in AUGMENTED.items()}
    write_evaluation(folder / "evaluations/changed", used=used, weights="random, seed 13")
    write_evaluation(folder / "evaluations/random", (20, 20, 20), note="random weights, no pretraining", gap=0.0)
    write_evaluation(folder / "evaluations/whole", used={**TUNED, "unfreeze": "all"}, weights="ImageNet, from Keras")
    for name, right in (("plain", 40), ("plainer", 30)):
        write_evaluation(folder / "evaluations" / name, (50, right, 30), {"network.normalization": "none"})
    (folder / "explanations/cnn").mkdir(parents=True)
    (folder / "explanations/cnn/explanation.md").write_text(compose_page("cnn", "", "figures", PARTS))
    responses = {"maximum": [1.5, 0, 0.2], "zeros": [0.5, 1, 0.1], "layer": ["conv_1"] * 2 + ["conv_2"]}
    pandas.DataFrame(responses).to_csv(folder / "explanations/cnn/activations.csv", index=False)
    (folder / "descriptions/big").mkdir(parents=True)
    summary = {"parameters": 4123456, "trainable_parameters": 1234567, "size_kib": 16107.25, "backbone": BACKBONE}
    (folder / "descriptions/big/summary.json").write_text(json.dumps(summary))
    shutil.copy(folder / "evaluations/cnn/layers.csv", folder / "descriptions/big")
    return folder


@pytest.fixture(scope="module")
def pages(made: Path) -> dict[str, str]:
    """The worksheets of the study, by language."""
    models = [*MODELS, "changed", "random", "whole"]
    with chdir(made):
        compare_models(models)
        return {language: write_in(language, models, "cnn", "big") for language in LANGUAGES}


def write_in(language: str, models: list[str], explained: str = "-", described: str = "-") -> str:
    """The worksheet of the study in the working folder, in a language."""
    edit(Path.cwd(), {"studies.intel.language": language})
    return write_worksheet(models, f"in-{language}.md", explained, described)


def test_nothing_on_a_french_page_is_english(pages: dict[str, str]) -> None:
    assert find_english(pages["fr"], NAMES) == []


def test_english_would_be_noticed_in_every_answer(pages: dict[str, str]) -> None:
    for title, answer in split_questions(pages["en"]):
        assert find_english(title, NAMES), title
        assert find_english(answer, NAMES), title


def test_the_page_says_once_what_stays_english(pages: dict[str, str]) -> None:
    assert pages["fr"].count(WORDS["fr"].stays) == 1
    assert pages["fr"].splitlines()[2] == WORDS["fr"].stays


def test_both_languages_have_the_same_headings_questions_tables_and_lists(pages: dict[str, str]) -> None:
    assert list_shapes(pages["fr"]) == list_shapes(pages["en"])
    assert len(split_questions(pages["fr"])) == sum(map(len, worksheet_page.SUBJECTS.values())) + 1


def test_both_languages_give_the_same_numbers_in_every_answer(pages: dict[str, str]) -> None:
    for (title, answer), (_, french) in zip(*map(split_questions, (pages["en"], pages["fr"])), strict=True):
        assert list_numbers(french, decimal_comma=True) == list_numbers(answer, decimal_comma=False), title


def test_every_heading_says_in_french_what_the_images_and_models_are(pages: dict[str, str]) -> None:
    drawn, random = "images de synthèse, dessinées par un programme", "poids aléatoires, sans préentraînement"
    said = f"({drawn}\u202f; random\u00a0: {random})"
    headings = [line for line in pages["fr"].splitlines() if line.startswith("#")]
    assert len(headings) == 8
    assert all(line.endswith(said) for line in headings)


@pytest.mark.parametrize(
    "said",
    [
        "| toutes | 80 | 15 | 180 |",
        "wald, avec 20, est la plus loin de cette moyenne (−25,0\u202f%\u202f; ±10\u202f% est permis).",
        "| 1 | deux jeux | test | NA | b |",
        "| tuned | 1\u202f000 | 900 | 90,0\u202f% | tirés au hasard | les 20 dernières |",
        "| whole | 1\u202f000 | 900 | 90,0\u202f% | ImageNet, fournis par Keras | toutes |",
        "| cnn | il surapprend | la perte de validation reste stable, mais l’exactitude d’entraînement a fini à 85,0",
        "exactitude d’entraînement moins exactitude de test\u00a0: +22,8 points |",
        "| cnn | 10 | 8 | 8 | oui |",
        "| cnn | 0,250 | trop sûr de lui, de 11,7 points en moyenne |",
        "[Cartes d’activation de conv\\_1](explanations/cnn/figures/activations-1-conv_1.png)",
        "[Régions qui ont plaidé pour la classe prédite]",
        "(p corrigée = 0,",
        "**batch-8** (training: {batch_size: 8}) laisse l’écart à 20,0 points.",
    ],
)
def test_sentences_are_made_from_the_numbers(pages: dict[str, str], said: str) -> None:
    assert said in pages["fr"]


@pytest.mark.parametrize("has_answers", [True, False])
def test_handouts_are_french(pages: dict[str, str], made: Path, has_answers: bool) -> None:
    body = read_handout(made / "in-fr.md", "fr", has_answers).compose_page().partition("<body>")[2]
    text = re.sub(r"<[^>]+>", "", re.sub(r"<code>[^<]*</code>", "", body))
    parameters = text.partition("hyperparamètre\nvaleur")[2].partition("D’après")[0] if has_answers else ""
    choices = re.findall(r"^.*→.*$", text, re.MULTILINE)
    assert find_english(text, [*NAMES, *filter(None, [parameters, *choices])]) == []
    assert text.count("Combien de couches et de paramètres chaque réseau a-t-il") == 1
    assert text.count(WORDS["fr"].stays) == int(has_answers)
    assert ("wald, avec 20," in text) == has_answers


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_page_on_a_document_is_french_where_the_study_lacks_what_it_asks_for(made: Path, document: str) -> None:
    models = ["plain", "plainer"]
    with chdir(made):
        edit(made, {"studies.intel.document": document})
        compare_models(models)
        english, french = (write_in(language, models) for language in ("en", "fr"))
        edit(made, {"studies.intel.document": None})
    assert find_english(french, NAMES) == []
    english_headings, headings = (re.findall("^#+ ", page, re.MULTILINE) for page in (english, french))
    assert headings == english_headings
    assert len(split_questions(french)) == len(split_questions(english))


def test_every_subject_and_passage_has_its_words_in_every_language() -> None:
    subjects = {*worksheet_page.SUBJECTS, "sweeps"}
    questions, passages = templates.HERE / "questions", templates.HERE / "passages"
    assert {file.name for file in questions.iterdir()} == {
        f"{subject}.{language}.md.j2" for subject in subjects for language in LANGUAGES
    }
    assert all(set(words.subjects) == subjects for words in WORDS.values())
    used = {name for file in questions.iterdir() for name in re.findall(r'passage\("(.+?)"\)', file.read_text())}
    others = [language for language in LANGUAGES if language != templates.PLAIN]
    assert all((templates.ROOMS / f"{name}.md.j2").is_file() for name in used)
    assert {file.name for file in passages.iterdir()} == {
        f"{Path(name).name}.{language}.md.j2" for name in used for language in others
    }
