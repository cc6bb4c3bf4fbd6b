"""Galleries on a study's page: each image with its classes and their probabilities as text, names never as HTML."""

import re
from html import unescape
from pathlib import Path

import pytest

from darkroom.core.errors import UserError
from darkroom.pages.embedding import embed_all
from darkroom.pages.galleries import read_galleries
from stages import page as stage
from tests.conftest import with_parameters
from tests.pages.test_study import OPTIONS, PAGE
from tests.support.html_pages import Page
from tests.support.written_galleries import write_written
from tests.support.written_results import EDITS, HOSTILE, write, write_results

EVALUATION = Path("results/intel/evaluations/cnn")
FIGURE = re.compile(r"<figure>\n<button.*?</figure>", re.DOTALL)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the results of a study, an explanation among them."""
    folder = with_parameters(tmp_path_factory.mktemp("shown") / "project", EDITS)
    write_results(folder)
    explained = folder / "results/intel/explanations/cnn"
    text = "# What cnn sees\n\n## Images\n\n## Class a\n\n![Class a](figures/class-1-a.webp)\n\n1 true positive.\n\n"
    write(explained / "explanation.md", f"{text}## Kernels\n\n![Kernels](figures/kernels.webp)\n")
    shown = {("class-1-a.webp", "true positives"): [0], ("class-1-a.webp", "false positives"): [5]}
    write_written(explained, folder / EVALUATION / "predictions.csv", HOSTILE, shown)
    return folder


@pytest.fixture(scope="module")
def text(study: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(study)
        stage.main([*OPTIONS[:-1], "cnn", "--out", str(PAGE)])
        return PAGE.read_text(encoding="utf-8")


def list_words(text: str) -> list[str]:
    """The words beside each image in some HTML, in one line each."""
    return [" ".join(unescape(re.sub("<[^>]*>", " ", one)).split()) for one in FIGURE.findall(text)]


def find_gallery(text: str, model: str, heading: str) -> str:
    """One of a model's galleries."""
    own = text.partition(f'id="model-{model}"')[2]
    return own.partition(f"<h4>{heading}</h4></summary>")[2].partition("</details>")[0]


def test_each_image_has_its_classes_and_the_correct_are_marked(text: str) -> None:
    first, second, third = HOSTILE
    assert list_words(find_gallery(text, "cnn", "Worst predictions")) == [
        f"{first} 60.0% wrong true: {third} 40.0%",
        f"{third} 60.0% wrong true: {second} 40.0%",
        f"{second} 60.0% wrong true: {first} 40.0%",
        f"{first} 90.0% correct",
    ]
    assert list_words(find_gallery(text, "cnn", "Ambiguous images"))[0] == (
        f"{second} 60.0% wrong then {first} 40.0%, the true class"
    )
    assert len(list_words(find_gallery(text, "cnn", "Images at random"))) == 2


def test_keys_reach_each_image_which_has_words_and_is_loaded_late(text: str) -> None:
    gallery = Page(f"<div>{find_gallery(text, 'cnn', 'Worst predictions')}</div>")
    buttons, images = gallery.elements("button"), gallery.elements("img")
    assert [one["data-file"] for one in buttons][-1] == f"test/{HOSTILE[0]}/0.9.jpg"
    assert all(one["type"] == "button" for one in buttons) and len(buttons) == len(images) == 4
    assert images[0]["alt"] == f"{HOSTILE[2]}, predicted as {HOSTILE[0]}"
    assert all(one["loading"] == "lazy" for one in images)


def test_images_by_outcome_stand_where_their_picture_was(text: str) -> None:
    part = text.partition("<summary><h4>Class a</h4></summary>")[2].partition("</details>")[0]
    assert list_words(part) == [f"{HOSTILE[0]} 90.0% correct", f"{HOSTILE[0]} 60.0% wrong true: {HOSTILE[2]} 40.0%"]
    assert "<strong>True positives</strong>" in part and "1 true positive." in part
    assert "class-1-a.webp" not in text and 'src="explanations/cnn/figures/kernels.webp"' in text


def test_every_image_is_there_and_in_the_page_of_one_file(study: Path, text: str) -> None:
    addresses = [one for one in Page(text).values("src") if "/galleries/" in one]
    assert len(addresses) == 3 * (4 + 2 + 2) + 2
    assert all((study / PAGE.parent / one).is_file() for one in addresses)
    (study / "alone").mkdir(exist_ok=True)
    alone = study / PAGE.parent / "alone.html"
    write(alone, re.sub(r'<img loading="lazy" src="(?![^"]*/galleries/)[^>]*>', "", text))
    assert embed_all(alone).count('src="data:image/webp;base64,') == len(addresses)


def test_names_that_look_like_missing_values_are_read(tmp_path: Path) -> None:
    classes = ["NA", "nan", "1.0"]
    write_results(tmp_path, classes)
    (shown,) = read_galleries(tmp_path / EVALUATION, tmp_path / PAGE)["gallery.webp"]
    assert [(one.true.name, one.predicted.name) for one in shown.shown] == [("NA", "NA"), ("1.0", "NA")]


def test_an_evaluation_without_galleries_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"galleries/index\.csv: no such file; run snakemake"):
        read_galleries(tmp_path, tmp_path / "index.html")
