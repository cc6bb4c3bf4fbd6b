"""The gallery of predictions: one file, safe, sorted by certainty, its pictures small and whole."""

import io
import re
import sys
import tracemalloc
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest
from PIL import Image

from darkroom.apps import predict, reading
from darkroom.apps.gallery import FOLDER, format_html
from darkroom.apps.model_folder import ModelFolder
from darkroom.apps.predictions import Prediction, Presentation
from darkroom.core.errors import UserError
from darkroom.pages.style import hash_of, read_style
from tests.support.brightness import sigmoid_network
from tests.support.decoding import DECODING, TONES
from tests.support.html_pages import Page
from tests.support.image_folders import picture
from tests.support.trained_folders import write_model

CLASSES = ["sea", '"><script src=x onerror=alert(1)>', "</script><b>wood"]
HOSTILE = "<img src=x onerror=alert(2)>&amp;'\".png"


def rows(*certainties: float) -> list[Prediction]:
    """A prediction for each, of the class that its place gives, called by its certainty."""
    every = []
    for place, certainty in enumerate(certainties):
        probabilities = numpy.full(3, (1 - certainty) / 2)
        probabilities[place % 3] = certainty
        every.append(Prediction(f"{certainty}.png", probabilities, b"jpeg"))
    return every


def compose(found: list[Prediction], wish: Presentation) -> str:
    return "".join(format_html(found, wish))


def test_the_most_certain_come_first() -> None:
    text = compose(rows(0.5, 0.9, 0.4, 0.7), Presentation(CLASSES, unsure_below=0.6))
    page = Page(text)
    assert re.findall(r'<p class="path">(.*?)</p>', text) == ["0.9.png", "0.7.png", "0.5.png", "0.4.png"]
    figures = page.elements("figure")
    assert [held["data-class"] for held in figures] == ["1", "0", "0", "2"]
    assert ["data-unsure" in held for held in figures] == [False, False, True, True]
    shown = " ".join(" ".join(page.texts).split())
    assert "4 images. 2 of them are unsure: the best class has less than 60%." in shown
    options = [option.strip() for option in page.texts if re.fullmatch(r".* \(\d+\)", option.strip())]
    assert options == ["all (4)", "sea (2)", f"{CLASSES[1]} (1)", f"{CLASSES[2]} (1)"]


def test_a_name_is_text_and_a_browser_loads_nothing() -> None:
    found = [Prediction(HOSTILE, numpy.array([0.2, 0.7, 0.1]), b"jpeg")]
    wish = Presentation(CLASSES, note="<b>drawn</b>", model="<i>cnn", left_out=[(HOSTILE, "<u>no</u> image")])
    text = compose(found, wish)
    page = Page(text)
    assert [set(held) for held in page.elements("script")] == [set()]
    assert page.values("src") == ["data:image/jpeg;base64,anBlZw=="] and not page.values("href")
    assert not any(name.startswith("on") for _, held in page.found for name in held)
    assert not {"b", "i", "u"} & {tag for tag, _ in page.found}
    assert page.texts.count(HOSTILE) == 2 and "<b>drawn</b>" in page.texts and "<i>cnn" in " ".join(page.texts)
    assert not re.search(r"https?:|://|url\(|@import", text)
    (policy,) = [held["content"] or "" for held in page.elements("meta") if "http-equiv" in held]
    style = read_style() + (FOLDER / "gallery.css").read_text(encoding="utf-8")
    script = (FOLDER / "gallery.js").read_text(encoding="utf-8")
    assert style in page.texts and script in page.texts
    assert policy.split("; ")[:4] == [
        "default-src 'none'",
        "img-src data:",
        f"style-src '{hash_of(style)}'",
        f"script-src '{hash_of(script)}'",
    ]


def test_a_class_may_be_called_as_the_place_of_the_pictures() -> None:
    text = compose(rows(0.5, 0.9), Presentation(["<!-- pictures -->", "b", "c"], model="<!-- pictures -->"))
    assert len(Page(text).elements("figure")) == 2


def test_without_a_threshold_there_is_nothing_to_choose_the_unsure_by() -> None:
    page = Page(compose(rows(0.5), Presentation(CLASSES)))
    assert not page.elements("input") and "unsure:" not in " ".join(page.texts)
    assert compose([], Presentation(CLASSES)) == ""


def test_memory_does_not_hold_the_pictures() -> None:
    size, count = 100_000, 200

    def make() -> Iterator[Prediction]:
        for number in range(count):
            yield Prediction(f"{number}.png", numpy.array([0.5, 0.3, 0.2]), bytes(size))

    compose(rows(0.5), Presentation(CLASSES))  # what is read once
    tracemalloc.start()
    length = sum(map(len, format_html(make(), Presentation(CLASSES))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length > count * size and peak < count * size / 5


def test_a_small_picture_keeps_its_proportions_and_says_nothing_else(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "at home"
    picture(3, 600, 300).save(tmp_path / "a.jpg", exif=exif, comment=b"secret", quality=95)
    view = ModelFolder.open(str(write_model(tmp_path / "cnn", sigmoid_network(24)))).view
    found = reading.read(tmp_path / "a.jpg", view, DECODING, TONES, shown=True)
    assert not isinstance(found, str)
    small = Image.open(io.BytesIO(found.thumbnail))
    assert small.size == (80, 160) and not small.getexif() and "comment" not in small.info
    whole = Image.open(tmp_path / "a.jpg").transpose(Image.Transpose.ROTATE_270).resize((80, 160))
    assert numpy.abs(numpy.asarray(whole, dtype=int) - numpy.asarray(small, dtype=int)).mean() < 4
    assert found.pixels.shape == (24, 24, 3)
    alone = reading.read(tmp_path / "a.jpg", view, DECODING, TONES)
    assert not isinstance(alone, str) and alone.thumbnail == b"" and (alone.pixels == found.pixels).all()


def test_the_command_writes_it_with_what_could_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_model(tmp_path / "cnn", sigmoid_network(24), ["dark", "bright"], note="synthetic images")
    Path("photos").mkdir()
    for number in range(3):
        picture(number).save(f"photos/{number}.png")
    Path("photos/3.png").touch()
    with pytest.raises(UserError, match="1 of 4 images"):
        predict.main(["cnn", "photos", "--out", "found.html", "--top", "1"])
    text = Path("found.html").read_text(encoding="utf-8")
    page = Page(text)
    for address in page.values("src"):
        with Image.open(io.BytesIO(b64decode(address.removeprefix("data:image/jpeg;base64,")))) as small:
            assert small.size == (24, 18)
    assert len(page.values("src")) == 3
    shown = " ".join(" ".join(page.texts).split())
    assert "1 image could not be read photos/3.png : zero bytes" in shown
    assert text.index("synthetic images") < text.index("<main>")


def test_a_page_is_not_written_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(UserError, match=r"^--format html: a terminal shows no page; name a file by --out$"):
        predict.choose_format("html", None)
    assert predict.choose_format("html", Path("a.txt")) == "html"
    assert predict.choose_format(None, Path("a.html")) == "html"
