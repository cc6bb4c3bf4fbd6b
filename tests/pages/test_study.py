"""The page of a study, on results written by hand: what stands on it, and that no name on it is ever run."""

import json
import re
from collections.abc import Callable
from contextlib import chdir
from html import unescape
from pathlib import Path

import pytest

from darkroom.core.errors import UserError
from darkroom.pages.style import hash_of, read_script, read_style
from stages import page as stage
from tests.conftest import with_parameters
from tests.support.html_pages import Page
from tests.support.written_results import DRAWN, EDITS, HOSTILE, NOTE, write_results

OPTIONS = ["intel", "--dataset", "intel", "--results", "results/intel", "--census", "results/census/intel"]
OPTIONS += ["--images", "data/images", "--explained", "-"]
PAGE = Path("results/intel/index.html")


def compose(folder: Path) -> str:
    """The page of the study in ``folder``, made by its stage."""
    with chdir(folder):
        stage.main([*OPTIONS, "--out", str(PAGE)])
        return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the results of a study."""
    folder = with_parameters(tmp_path_factory.mktemp("written") / "project", EDITS)
    write_results(folder)
    return folder


@pytest.fixture(scope="module")
def text(study: Path) -> str:
    return compose(study)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_no_name_is_taken_for_html(text: str, page: Page) -> None:
    scripts = page.elements("script")
    assert [set(one) for one in scripts] == [{"type", "id"}, {"src"}, set()]
    assert not any(name.startswith("on") for _, held in page.found for name in held)
    assert "x" not in page.values("src") and "<b>" not in text
    shown = " ".join(page.texts)
    assert all(name in shown for name in HOSTILE), "as text"
    assert "Holidays </title><b>" in shown
    cells = [held["aria-label"] for held in page.elements("button") if "data-cell" in held]
    assert f"1 image of {HOSTILE[0]} predicted as {HOSTILE[1]}" in cells


def test_the_browser_may_run_and_load_nothing_but_what_is_ours(page: Page) -> None:
    (policy,) = [held["content"] or "" for held in page.elements("meta") if "http-equiv" in held]
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert allowed["default-src"] == "'none'"
    assert allowed["script-src"] == f"'self' file: '{hash_of(read_script())}'"
    assert allowed["style-src"] == f"'{hash_of(read_style())}'"
    assert page.values("style") == []
    assert read_script() in page.texts and read_style() in page.texts


def test_it_leads_to_no_other_machine_and_knows_nothing_of_this_one(text: str, page: Page, study: Path) -> None:
    assert not re.search(r"https?:|://|url\(|@import", text)
    assert all(not address.startswith("/") for name in ("href", "src") for address in page.values(name))
    assert str(study.parent) not in text
    assert "elsewhere" in text and "outside" in text, "the words of a link that is left out"


def test_every_link_within_leads_to_an_element(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.values("href") if link.startswith("#")} <= set(ids)


def test_the_same_results_give_the_same_bytes(text: str, study: Path, tmp_path: Path) -> None:
    assert compose(study) == text
    elsewhere = with_parameters(tmp_path / "elsewhere", EDITS)
    write_results(elsewhere)
    assert compose(elsewhere) == text


def test_models_are_sorted_and_their_intervals_drawn(page: Page) -> None:
    rows = [held["data-value"] for held in page.elements("th") if held.get("scope") == "row" and "data-value" in held]
    assert rows == ["cnn-bn", "both", "cnn"]
    intervals = [held["aria-label"] for held in page.elements("svg") if held.get("class") == "interval"]
    assert intervals == ["30.0% to 90.3%", "30.0% to 90.3%", "18.8% to 81.2%"]
    assert "2 runs: 60.0% ± 5.0 points" in " ".join(" ".join(page.texts).split())
    assert [held["data-of"] for held in page.elements("td") if held.get("data-cost") == "seconds"] == rows


def test_what_results_must_say_of_themselves_stands_first_and_once(text: str) -> None:
    banners = re.findall(r'<p class="banner" role="note">(.*)</p>', text)
    assert banners == [
        "<strong>Synthetic images, drawn by a program:</strong> the metrics say nothing about photographs.",
        f"cnn: {NOTE}",
    ]
    assert text.index(banners[0]) < text.index('id="verdict"')
    assert text.count("drawn by a program") == 2, "in the banner, and in what the page is described by"
    assert f"({NOTE})" not in re.sub("weights: .*", "", text), "not in headings, where other pages repeat it"


def test_real_images_have_no_banner(study: Path, tmp_path: Path) -> None:
    folder = with_parameters(tmp_path / "real", {**EDITS, "datasets.intel.source": "../archives"})
    write_results(folder)
    verdict = folder / "results/intel/comparison/comparison.md"
    verdict.write_text(verdict.read_text(encoding="utf-8").replace(DRAWN, ""), encoding="utf-8")
    assert "ynthetic" not in compose(folder).replace(read_script(), "")


def test_questions_have_their_pictures_and_files(text: str) -> None:
    questions = [unescape(one) for one in re.findall(r"<summary><h4>(.*)</h4></summary>", text)]
    assert questions[-2:] == [f"How good is it on {HOSTILE[0]}?", "And then?"]
    for model in ("cnn", "cnn-bn", "both"):
        assert f'<img loading="lazy" src="evaluations/{model}/curves.png" alt="Curves, {model}">' in text
    files = "results/intel/evaluations/*/metrics.json results/intel/evaluations/*/curves.png"
    assert f"<code>python -m workflow.audit {files}</code>" in text
    assert '<a href="costs/costs.md">page</a>' in text


def test_pictures_lie_where_they_are_and_have_words(page: Page) -> None:
    pictures = page.elements("img")
    assert "../census/intel/sizes.png" in [one["src"] for one in pictures]
    assert all(one["alt"] and one["loading"] == "lazy" for one in pictures)


def test_a_cell_knows_the_images_behind_it(page: Page) -> None:
    (data,) = [text for text in page.texts if text.startswith("{")]
    behind = json.loads(data)["confusion"]["cnn"]
    assert behind["folder"] == "../../data/images/intel" and behind["classes"] == HOSTILE
    assert behind["behind"]["0-1"] == [[f"test/{HOSTILE[0]}/0.6.jpg", 0.6]]
    assert sorted(behind["behind"]) == ["0-0", "0-1", "1-1", "1-2", "2-0", "2-2"]


def test_many_classes_have_no_cells(tmp_path: Path) -> None:
    folder = with_parameters(tmp_path / "many", EDITS)
    write_results(folder, [f"class {number}" for number in range(31)])
    text = compose(folder)
    assert "data-cell=" not in text.replace(read_script(), "")
    assert 'src="evaluations/cnn/confusion.png"' in text


def test_without_any_history_there_are_no_curves(tmp_path: Path) -> None:
    folder = with_parameters(tmp_path / "none", EDITS)
    write_results(folder, epochs=0)
    assert 'id="learning"' not in compose(folder)


@pytest.mark.parametrize("gone", ["comparison/models.csv", "evaluations/cnn/metrics.json", "worksheet.md"])
def test_a_missing_file_is_named_in_a_line(tmp_path: Path, project: Callable[..., Path], gone: str) -> None:
    folder = project(EDITS)
    write_results(folder)
    (folder / "results/intel" / gone).unlink()
    with pytest.raises(UserError, match=f"^results/intel/{gone}: no such file; run "):
        compose(folder)
