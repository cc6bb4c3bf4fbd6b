"""A dataset's description is valid Croissant that leads to every image, and its datasheet has the census' numbers."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import mlcroissant
import pandas
import pytest

from darkroom.apps import describe_data
from darkroom.core.files import sha256
from darkroom.core.provenance import NOTES
from tests.support.card_projects import LEAK, write_census, write_images, write_sources
from tests.support.refusals import one_line

HOSTILE = ["<script>alert(1)", "a | b", '*sea* & "x", y']
CENSUS = Path("results/census/intel")


@pytest.fixture
def counted(project: Callable[..., Path], root: Path) -> Callable[..., Path]:
    """Make a project whose images are unpacked and counted."""

    def make(edits: dict[str, object] | None = None, names: list[str] | None = None) -> Path:
        folder = project(edits)
        write_sources(folder, root)
        write_census(CENSUS)
        write_images(Path("data/images/intel"), Path("data/raw/intel"), *([names] if names else []))
        return folder

    return make


def read_croissant(folder: Path, caplog: pytest.LogCaptureFixture) -> mlcroissant.Dataset:
    """The description as the library that validates it reads it; it says nothing but what people must add."""
    with caplog.at_level(logging.WARNING):
        dataset = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    assert not dataset.metadata.issues.errors
    assert "context" not in caplog.text
    return dataset


def texts(dataset: mlcroissant.Dataset, name: str) -> list[dict[str, object]]:
    records = dataset.records(name)
    return [{key: one.decode() if isinstance(one, bytes) else one for key, one in row.items()} for row in records]


def test_croissant_leads_to_every_image(
    counted: Callable[..., Path], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture
) -> None:
    counted(names=HOSTILE)
    described = ["intel", "out", "--licence", "https://creativecommons.org/licenses/by/4.0/", "--creator", "me"]
    describe_data.main([*described, "--url", "https://example.org/intel"])
    describe_data.main([*described, "--url", "https://example.org/intel"])  # an earlier one is replaced
    assert capsys.readouterr().out.startswith("out: croissant.json, images.csv, datasheet.md")
    dataset = read_croissant(Path("out"), caplog)
    index = pandas.read_csv("data/images/intel/index.csv")
    images = texts(dataset, "images")
    assert [row["images/sha256"] for row in images] == index["sha256"].tolist()
    assert [row["images/class"] for row in images] == index["class"].tolist()
    assert [row["classes/name"] for row in texts(dataset, "classes")] == sorted(HOSTILE)
    assert [row["splits/url"] for row in texts(dataset, "splits")] == ["cr:TrainingSplit", "cr:TestSplit"]
    content = json.loads(Path("out/croissant.json").read_text(encoding="utf-8"))
    table, archive = content["distribution"][:2]
    assert table["sha256"] == sha256(Path("out/images.csv"))
    assert archive["contentSize"] == "10 B" and archive["contentUrl"] == archive["name"] == "seg_train.zip"
    assert content["keywords"][0] == "synthetic" and content["description"].startswith(NOTES["drawn"].capitalize())
    assert content["license"].endswith("/by/4.0/") and content["url"] == "https://example.org/intel"


@pytest.mark.parametrize(
    ("edits", "address", "where"),
    [
        ({"source": "kaggle:puneet6060/intel", "synthetic": None}, "seg_train.zip", "datasets/puneet6060/intel"),
        (
            {"source": "https://example.org/a/", "sha256": {"seg_train.zip": "0" * 64}, "synthetic": None},
            "https://example.org/a/seg_train.zip",
            "https://example.org/a/",
        ),
        ({"source": "../mine", "synthetic": None}, "seg_train.zip", None),
    ],
)
def test_where_real_images_can_be_had(
    counted: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
    edits: dict[str, object],
    address: str,
    where: str | None,
) -> None:
    counted({f"datasets.intel.{name}": value for name, value in edits.items()})
    describe_data.main(["intel", "out"])
    read_croissant(Path("out"), caplog)
    content = json.loads(Path("out/croissant.json").read_text(encoding="utf-8"))
    assert content["distribution"][1]["contentUrl"] == address and "license" not in content
    assert content.get("url", "").endswith(where or "") and ("url" in content) == bool(where)
    sheet = Path("out/datasheet.md").read_text(encoding="utf-8")
    assert NOTES["drawn"] not in sheet and "../mine" not in sheet and "synthetic" not in content["keywords"]
    assert sheet.count("*Open: whoever publishes the dataset knows.*") == (17 if where else 18)


def test_the_datasheet_has_the_numbers_of_the_census(counted: Callable[..., Path]) -> None:
    counted({"datasets.intel.title": "Seas <b> & *hills*"})
    describe_data.main(["intel", "out"])
    text = Path("out/datasheet.md").read_text(encoding="utf-8")
    assert text.startswith(f"# Datasheet: Seas \\<b> & \\*hills\\* ({NOTES['drawn']})\n")
    assert "14 that can be read: 8 for train, 6 for test." in text and "| wald | 2 | 2 |" in text
    assert "2 groups of the same images: 1 in more than one split (1 test image also among those" in text
    assert LEAK in text and "very dark 1" in text and "| seg\\_train.zip | 10 |" in text
    assert text.count("**") % 2 == 0 and text.count("*Open") > 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sea", "out"], "params.yaml has no dataset sea; there is intel"),
        (["intel", "photos"], "photos: holds something else (a.jpg)"),
        (["intel", "out", "--url", "example.org"], "--url: 'example.org': give an address"),
        (["intel", "out", "--licence", "a\nb"], "--licence: 'a\\nb': give a line of text"),
    ],
)
def test_a_mistake_is_one_line(counted: Callable[..., Path], arguments: list[str], words: str) -> None:
    counted()
    Path("photos").mkdir()
    Path("photos/a.jpg").touch()
    one_line(lambda: describe_data.main(arguments), words)
    assert not Path("out").exists()


def test_what_is_not_made_yet_is_named(
    counted: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = counted()
    Path("data/images/intel/index.csv").unlink()
    one_line(lambda: describe_data.main(["intel", "out"]), "data/images/intel/index.csv: no such file; run snakemake")
    (CENSUS / "modes.csv").unlink()
    one_line(lambda: describe_data.main(["intel", "out"]), "results/census/intel/modes.csv: no such file")
    monkeypatch.chdir(tmp_path)
    one_line(lambda: describe_data.main(["intel", "out"]), "dvc.yaml: no such file; run this in the folder of")
    assert folder.is_dir()
