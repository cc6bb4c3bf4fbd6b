"""Documents: the questions that they hold, in both languages, and how one is answered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from darkroom.core.errors import UserError
from darkroom.params.model import Study
from darkroom.worksheet import documents
from darkroom.worksheet.cited import Cited, Folder
from darkroom.worksheet.documents import Answered, Question, read_document
from darkroom.worksheet.facts import Facts
from darkroom.worksheet.material import Material
from darkroom.worksheet.words import WORDS
from tests.support.course_questions import KINDS, list_ids

NAMES = get_args(get_args(Study.model_fields["document"].annotation)[0])
LANGUAGES = get_args(Study.model_fields["language"].annotation)


def list_questions(name: str, language: str) -> list[Question]:
    """Return the questions of a document, in its order."""
    return [question for section in read_document(name, language) for question in section.questions]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_question_stands_in_its_place_with_what_it_asks_for(name: str, language: str) -> None:
    questions = list_questions(name, language)
    assert [question.id for question in questions] == list_ids(name)
    for question in questions:
        assert question.text, question.id
        assert question.reason or KINDS[question.id] == "figures", question.id
        assert question.run or KINDS[question.id] == "reason", question.id


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_ask_the_facts_for_the_same(name: str) -> None:
    english, french = (list_questions(name, language) for language in ("en", "fr"))
    for one, other in zip(english, french, strict=True):
        assert bool(one.run) == bool(other.run), one.id


def test_a_language_is_known_everywhere() -> None:
    assert set(WORDS) == set(LANGUAGES)


@pytest.fixture
def material(tmp_path: Path) -> Material:
    """A study that has nothing but a census."""
    (tmp_path / "census").mkdir()
    (tmp_path / "census/classes.csv").write_text("class,train,test\nNA,12,4\n=sea,1500,5\n")
    known: Mapping[str, Any] = {"census": tmp_path / "census", "page": tmp_path / "intel/worksheet.md"}
    nothing: Mapping[str, Any] = {"evaluated": {}, "described": {}, "explained": {}, "sweeps": []}
    rest = dict.fromkeys(set(Material.__dataclass_fields__) - {*known, *nothing})
    return Material(**known, **nothing, **rest)


def answer(run: str, material: Material, language: str = "en") -> Answered:
    """Return the answer that a template of a run's part gives."""
    return documents.answer(Question("intel-02", "How many?", "Because.", run), material, language)


def test_an_answer_names_the_files_that_its_numbers_came_from(material: Material) -> None:
    answered = answer("{{ facts.census.rows('classes.csv') | sum(attribute='train') | number }} images", material)
    assert answered.run == "1,512 images"
    assert answered.files == (material.census / "classes.csv",)
    assert not answered.absent


def test_what_a_study_lacks_is_said_in_its_place(material: Material) -> None:
    answered = answer("{{ facts.census.rows('classes.csv')[0].train }} {{ model('cnn').metrics.loss }}", material)
    assert answered.absent
    assert answered.files == ()
    assert "`cnn`" in answered.run and "`studies.intel.models`" in answered.run
    assert answered.reason == "Because."


def test_wrapped_lines_of_a_template_are_joined_where_they_belong_together(material: Material) -> None:
    text = "one\ntwo\n\n- first\n  goes on\n- second\n\n| a | b\nc |\n| --- | --- |\n\n```text\n a\n  b\n```"
    joined = ["one two", "- first goes on\n- second", "| a | b c |\n| --- | --- |", "```text\n a\n  b\n```"]
    assert answer(text, material).run == "\n\n".join(joined)


def test_a_fact_that_is_not_there_stops_the_worksheet(material: Material) -> None:
    with pytest.raises(UserError, match=r"intel-02: its template cannot be filled .*trained"):
        answer("{{ facts.census.rows('classes.csv')[0].trained }}", material)


def test_a_table_has_ten_rows_and_says_how_many_are_left(material: Material) -> None:
    facts = Facts(material, "fr", Cited())
    rows = [{"name": f"<b>|{number}", "count": 1000.5 * number, "none": None} for number in range(12)]
    table = facts.table(rows, {"name": "nom", "count": "images", "none": "rien"}, {"count": ",.1f"})
    lines = table.splitlines()
    assert lines[:3] == ["| nom | images | rien |", "| --- | --: | --- |", "| \\<b>\\|0 | 0,0 | – |"]
    assert "11\u202f005,5" not in table
    assert "9\u202f004,5" in table
    assert lines[-1] == "2 autres lignes sont dans les fichiers cités."


def test_a_picture_leads_from_the_page_to_its_file(material: Material) -> None:
    facts = Facts(material, "en", Cited())
    shown = facts.picture(Folder(material.census, facts.cited), "classes.png", "Images [by] class")
    assert shown == "![Images \\[by] class](../census/classes.png)"
    assert list(facts.cited.files) == [material.census / "classes.png"]


def test_a_question_without_an_answer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "FOLDER", tmp_path)
    (tmp_path / "intel.en.md.j2").write_text("# One\n\n## intel-01 Why?\n\n## intel-02 How?\n\nSo.\n")
    with pytest.raises(UserError, match="intel-01: no answer below the question"):
        read_document("intel", "en")


def test_macros_before_the_first_section_serve_every_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, material: Material
) -> None:
    monkeypatch.setattr(documents, "FOLDER", tmp_path)
    macros = "{# Shared. #}\n{% macro images(count) %}\n{{ count | counted('image') }}\n{%- endmacro %}\n\n"
    asked = "# {title}\n\n## intel-0{count} How many?\n\n---\n{{{{ images({count}) }}}}\nin all\n\n"
    texts = [asked.format(title=title, count=count) for title, count in (("One", 1), ("Two", 2))]
    (tmp_path / "intel.en.md.j2").write_text(macros + "".join(texts))
    sections = documents.answer_document("intel", "en", material)
    assert [section.title for section in sections] == ["One", "Two"]
    assert [section.questions[0].run for section in sections] == ["1 image in all", "2 images in all"]


def test_the_example_of_the_page_on_worksheets_is_the_documents_own_way(root: Path) -> None:
    example = (root / "docs/worksheets.md").read_text().partition("```jinja\n")[2].partition("```")[0]
    (question,) = documents.split_questions(example, root / "docs/worksheets.md")
    assert (question.id, bool(question.reason)) == ("mnist-06", True)
    assert 'network("mnist-2conv").layer("Flatten")' in question.run
    (same,) = (one for one in list_questions("mnist", "en") if one.id == question.id)
    assert same.text == question.text
