"""Handouts of a worksheet: what a teacher gets, and what students get, in a browser and on paper."""

import re
import shutil
from pathlib import Path

import numpy
import pytest
from PIL import Image

from darkroom.core.errors import UserError
from darkroom.pages.handout import Handout, read_handout
from darkroom.pages.printing import print_handout

PAGE = """# Worksheet of intel, on <script>alert(1)</script>

## The images

**intel-01. Which folders are there, and what of <b>?**

One for each class. The [page on costs](costs/costs.md) has times.

In this run: 12 images, √2 ≥ 1, `sea_ice`.

| class | images |
| --- | --: |
| \\<img src=x> | 12 |

![Images of each class](../census/classes.png)

From `results/census/intel/classes.csv`.

**intel-02. How many?**

Twelve.

![Samples](../census/gallery.webp)

## The images (synthetic images)

**How many images does each class have?**

Twelve.
"""


@pytest.fixture
def worksheet(tmp_path: Path) -> Path:
    """A worksheet with a question of its document, one that every study answers, and two pictures."""
    (tmp_path / "intel").mkdir()
    (tmp_path / "census").mkdir()
    picture = Image.fromarray(numpy.full((40, 60, 3), (200, 30, 30), dtype="uint8"))
    picture.save(tmp_path / "census/classes.png")
    picture.save(tmp_path / "census/gallery.webp")
    file = tmp_path / "intel/worksheet.md"
    file.write_text(PAGE)
    return file


def test_a_teacher_gets_the_answers_with_their_pictures_in_one_file(worksheet: Path) -> None:
    page = read_handout(worksheet, "fr", has_answers=True).compose_page()
    assert '<html lang="fr">' in page
    assert "One for each class. The page on costs has times." in page
    assert "<code>results/census/intel/classes.csv</code>" in page
    assert re.findall(r'<img [^>]*src="data:image/(\w+);base64,', page) == ["png", "webp"]
    assert "How many images does each class have?" not in page
    assert not re.search(r'(?:src|href)="(?!data:)', page)


def test_a_picture_that_lies_elsewhere_is_words_and_one_with_a_blank_in_its_name_is_shown(worksheet: Path) -> None:
    (worksheet.parent / "a b.webp").write_bytes((worksheet.parent.parent / "census/gallery.webp").read_bytes())
    pictures = "![outside <b>](https://example.org/x.png) ![beside](<a b.webp>)"
    worksheet.write_text(f"# Worksheet\n\n## Test\n\n**Why?**\n\n{pictures}\n")
    page = read_handout(worksheet, "en", has_answers=True).compose_page()
    assert "outside &lt;b&gt;" in page and "example.org" not in page
    assert re.findall(r'<img [^>]*src="data:image/(\w+);base64,', page) == ["webp"]


def test_what_stands_before_the_first_section_is_for_who_reads_the_answers(worksheet: Path) -> None:
    worksheet.write_text(PAGE.replace("</script>\n", "</script>\n\nLes figures sont en anglais.\n", 1))
    said = "Les figures sont en anglais."
    assert read_handout(worksheet, "fr", has_answers=True).body.startswith(f"<p>{said}</p>")
    assert said not in read_handout(worksheet, "fr", has_answers=False).body


def test_nothing_in_a_name_is_run(worksheet: Path) -> None:
    for has_answers in (True, False):
        page = read_handout(worksheet, "en", has_answers).compose_page()
        assert "<script" not in page
        assert "<img src=x" not in page
        assert "what of &lt;b&gt;?" in page


def test_students_get_the_questions_and_no_answer(worksheet: Path) -> None:
    handout = read_handout(worksheet, "en", has_answers=False)
    assert re.findall(r"intel-\d\d", handout.body) == ["intel-01", "intel-02"]
    assert "Twelve" not in handout.body and "12" not in handout.body and "<img" not in handout.body
    assert handout.body.count('class="room"') == 2


def test_a_study_without_a_document_hands_out_all_that_it_answers(worksheet: Path) -> None:
    worksheet.write_text("# Worksheet of own\n\n## The images\n\n**How many images are there?**\n\nTwelve.\n")
    assert "How many images are there?" in read_handout(worksheet, "en", has_answers=False).body


@pytest.mark.parametrize("has_answers", [True, False])
def test_paper_has_the_same_and_equal_handouts_are_equal_bytes(worksheet: Path, has_answers: bool) -> None:
    handout = read_handout(worksheet, "en", has_answers)
    printed = print_handout(handout)
    assert printed == print_handout(handout)
    assert printed.startswith(b"%PDF-")
    assert printed.count(b"/Subtype /Image") == (2 if has_answers else 0)


def test_paper_grows_by_a_page_where_one_is_full() -> None:
    body = "".join(f'<p><b>Question {number}</b></p>\n<p class="room">&nbsp;</p>\n' for number in range(20))
    printed = print_handout(Handout("Exercises", body, has_answers=False, language="en"))
    assert len(re.findall(rb"/Type /Page\b", printed)) > 2


def test_a_worksheet_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"worksheet\.md: no such file"):
        read_handout(tmp_path / "worksheet.md", "en", has_answers=True)


def test_a_picture_that_is_not_there_is_named(worksheet: Path) -> None:
    shutil.rmtree(worksheet.parent.parent / "census")
    with pytest.raises(UserError, match=r"classes\.png: no such file"):
        read_handout(worksheet, "en", has_answers=True)
