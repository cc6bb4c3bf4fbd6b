"""What is asked for of predictions: how many classes of each image, and which are unsure, in every format."""

import csv
import io
import json
from pathlib import Path

import numpy
import pytest

from darkroom.apps import image_files, predict
from darkroom.apps.predictions import Prediction, Presentation, format_csv, format_json, format_table
from darkroom.core.errors import UserError
from tests.support.brightness import sigmoid_network
from tests.support.image_folders import picture
from tests.support.trained_folders import write_model

CLASSES = ["sea", "=street", "wood", "ice"]
ROWS = [
    Prediction("a.png", numpy.array([0.1, 0.15, 0.7, 0.05])),
    Prediction("+b.png", numpy.array([0.2, 0.4, 0.1, 0.3])),
    Prediction("c.png", numpy.array([0.5, 0.1, 0.2, 0.2])),
]
THRESHOLD = 0.5


def read_csv(wish: Presentation) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(format_csv(ROWS, wish)))))


def test_as_many_classes_as_are_asked_for() -> None:
    wish = Presentation(CLASSES, top=3)
    head, first, *_ = format_table(ROWS, wish)
    assert head.split() == ["file", "class", "probability", "second", "probability", "third", "probability"]
    assert first.split() == ["a.png", "wood", "70.0%", "=street", "15.0%", "sea", "10.0%"]
    assert list(read_csv(wish)[0].items()) == [
        *{
            "file": "a.png",
            "class": "wood",
            "probability": "0.7",
            "class_2": "'=street",
            "probability_2": "0.15",
        }.items(),
        *{"class_3": "sea", "probability_3": "0.1"}.items(),
    ]
    (best, *_) = json.loads("".join(format_json(ROWS, wish)))
    assert list(best["probabilities"].items()) == [("wood", 0.7), ("=street", 0.15), ("sea", 0.1)]


@pytest.mark.parametrize("top", [1, 9])
def test_one_class_or_more_than_there_are(top: int) -> None:
    wish = Presentation(CLASSES, top=top)
    assert len(next(format_table(ROWS, wish)).split("probability")) == min(top, 4) + 1
    assert len(read_csv(wish)[0]) == 1 + 2 * min(top, 4)
    assert len(json.loads("".join(format_json(ROWS, wish)))[0]["probabilities"]) == min(top, 4)
    assert top == 1 or "no. 4" in next(format_table(ROWS, wish))


def test_what_is_less_probable_is_unsure_and_what_is_as_probable_is_not() -> None:
    wish = Presentation(CLASSES, unsure_below=THRESHOLD, width=6)
    lines = list(format_table(ROWS, wish))
    assert lines[0].split()[-1] == "unsure" and len({len(line) for line in lines}) == 1
    assert ["unsure" in line for line in lines[1:]] == [False, True, False]
    assert [row["unsure"] for row in read_csv(wish)] == ["no", "yes", "no"]
    assert [row["unsure"] for row in json.loads("".join(format_json(ROWS, wish)))] == [False, True, False]


def test_without_a_threshold_nothing_is_called_unsure() -> None:
    wish = Presentation(CLASSES)
    every = ["".join(form(ROWS, wish)) for form in (format_table, format_csv, format_json)]
    assert not any("unsure" in text for text in every)


def test_a_spreadsheet_computes_no_name_and_a_program_reads_it_exactly() -> None:
    wish = Presentation(CLASSES)
    assert [row["file"] for row in read_csv(wish)] == ["a.png", "'+b.png", "c.png"]
    assert [row["class"] for row in read_csv(wish)] == ["wood", "'=street", "sea"]
    found = json.loads("".join(format_json(ROWS, wish)))
    assert [(row["file"], row["class"]) for row in found][1] == ("+b.png", "=street")


@pytest.mark.parametrize("given", [["--top", "0"], ["--top", "two"], ["--unsure-below", "60"], ["--unsure-below", "x"]])
def test_a_number_that_means_nothing_is_answered_in_a_line(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        predict.main(["cnn", "photos", *given])
    last = capsys.readouterr().err.splitlines()[-1]
    assert f"argument {given[0]}: '{given[1]}': allowed: " in last


@pytest.mark.parametrize(("given", "share"), [("0.6", 0.6), ("60%", 0.6), ("1", 1.0), ("0%", 0.0)])
def test_a_threshold_is_a_share_or_percent(given: str, share: float) -> None:
    assert predict.parse_share(given) == pytest.approx(share)


def test_how_many_are_unsure_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = write_model(tmp_path / "cnn", sigmoid_network(24), ["dark", "bright"])
    (tmp_path / "photos/inner").mkdir(parents=True)
    for number in range(3):
        picture(number).save(tmp_path / f"photos/{number}.png")
    picture(9).save(tmp_path / "photos/inner/9.png")
    (tmp_path / "photos/4.png").touch()
    with pytest.raises(UserError, match="1 of 5 images"):
        predict.main([str(model), str(tmp_path / "photos"), "--unsure-below", "100%", "--format", "json"])
    printed = capsys.readouterr()
    assert len(json.loads(printed.out)) == 4
    assert printed.err.count("[predict cnn] 4 of 4 images are unsure\n") == 1


def test_a_search_goes_into_folders_unless_it_is_told_not_to(tmp_path: Path) -> None:
    for name in ("1.png", "inner/2.png", "inner/deep/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        picture(1).save(tmp_path / name)
    found, _ = image_files.find_images([str(tmp_path)], {})
    assert [file.name for file in found] == ["1.png", "2.png", "3.png"]
    found, _ = image_files.find_images([str(tmp_path), str(tmp_path / "inner/deep")], {}, recursive=False)
    assert [file.name for file in found] == ["1.png", "3.png"]
    (tmp_path / "1.png").unlink()
    with pytest.raises(UserError, match=r"no images in this folder, .*; --no-recursive leaves out the folders in it$"):
        image_files.find_images([str(tmp_path)], {}, recursive=False)
    assert [predict.parse(["m", "i", *flag]).recursive for flag in ([], ["--recursive"], ["--no-recursive"])] == [
        True,
        True,
        False,
    ]
