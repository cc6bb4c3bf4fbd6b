"""`make new` writes a whole study of one's own images into params.yaml, and nothing else changes there."""

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from darkroom.apps import new
from darkroom.archives.unpacking import plan_images
from darkroom.core.errors import UserError
from darkroom.params.adding import add_entries
from darkroom.params.document import load
from darkroom.params.yaml_files import read
from stages import fetch
from tests.support.image_folders import picture
from tests.support.refusals import one_line

KINDS = ("cats", "dogs")


@pytest.fixture
def folder(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout, as far as parameters go, in which the test stands, and beside it photographs."""
    place = tmp_path / "darkroom"
    place.mkdir()
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(root / name, place / name)
    monkeypatch.chdir(place)
    photographs(tmp_path / "My photographs")
    return place


def photographs(place: Path, count: int = 10) -> None:
    for kind in KINDS:
        (place / kind).mkdir(parents=True)
        for number in range(count):
            picture(100 * len(list(place.iterdir())) + number).save(place / kind / f"{number}.png")


def zip_up(place: Path) -> Path:
    """Put a folder into a zip beside it, and return that."""
    with zipfile.ZipFile(place.with_suffix(".zip"), "w") as archive:
        for path in sorted(place.rglob("*.png")):
            archive.write(path, path.relative_to(place))
    shutil.rmtree(place)
    return place.with_suffix(".zip")


def split_up(place: Path) -> Path:
    """Put photographs below Train and Test."""
    for split in ("Train", "Test"):
        photographs(place / split)
    for kind in KINDS:
        shutil.rmtree(place / kind)
    return place


def wrap_up(place: Path) -> Path:
    """Put a folder into a folder that holds nothing else."""
    outer = place.parent / "outer"
    outer.mkdir()
    place.rename(outer / place.name)
    return outer


def added(before: str, after: str) -> list[str]:
    """The lines that were added; all others are there as they were, in their order."""
    rest = iter(after.splitlines())
    lines = []
    for line in before.splitlines():
        while (other := next(rest)) != line:
            lines.append(other)
    return [*lines, *rest]


def test_the_block_is_whole_and_all_else_stays_as_it_was(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "params.yaml").read_text()
    new.main(["../My photographs"])
    assert added(before, (folder / "params.yaml").read_text()) == [
        "  my-photographs:",
        "    title: My photographs",
        "    source: ../My photographs",
        "    splits: {train: [My photographs], validation: [], test: []}",
        "    draw: {seed: 42, train: null, validation: null, test: 2}",
        "  my-photographs-150: {dataset: my-photographs, size: 150}",
        "  my-photographs-cnn: {base: cnn, view: my-photographs-150}",
        "  my-photographs-efficientnetlite0: {base: efficientnetlite0, view: my-photographs-150}",
        "  my-photographs: {models: [my-photographs-cnn, my-photographs-efficientnetlite0]}",
    ]
    assert load().members("my-photographs") == ["my-photographs-cnn", "my-photographs-efficientnetlite0"]
    assert capsys.readouterr().out.splitlines() == [
        "params.yaml: added my-photographs: 20 images of 2 classes, cats, dogs",
        "Nothing is for the test, so 2 of each class are drawn for it (datasets.my-photographs.draw).",
        "Look at it, change what you like, then: make TARGET=my-photographs",
    ]


@pytest.mark.parametrize("arrange", [lambda place: place, zip_up, split_up, wrap_up])
def test_what_the_block_says_of_the_images_is_what_they_are(
    folder: Path, tmp_path: Path, arrange: Callable[[Path], Path]
) -> None:
    source = arrange(tmp_path / "My photographs")
    new.main([f"../{source.name}", "--name", "pets"])
    dataset = load().datasets["pets"]
    raw = tmp_path / "raw"
    raw.mkdir()
    fetch.bring("pets", dataset, raw)
    images, odd = plan_images("pets", dataset, raw)
    assert odd == []
    assert {image.label for image in images} == set(KINDS)
    own_test = arrange is split_up
    assert [image.split for image in images].count("test") == (20 if own_test else 4)
    assert (dataset.draw is None) == own_test


def test_images_that_validate_are_not_drawn_from_those_that_train(folder: Path, tmp_path: Path) -> None:
    source = split_up(tmp_path / "My photographs")
    photographs(source / "val")
    new.main([f"../{source.name}"])
    model = read()["models"]["my-photographs-cnn"]
    assert model == {"base": "cnn", "view": "my-photographs-150", "training": {"validation_split": None}}
    assert load().datasets["my-photographs"].splits.validation == ["val"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([""], "DATA: name the folder of your images: make new DATA=../photographs"),
        (["../nowhere"], "../nowhere: no such file or folder; give a folder or a .zip with a folder for each class"),
        (["params.yaml"], "params.yaml: neither a folder nor an archive; "),
        (["../empty"], "../empty: holds no image; "),
        (["../My photographs/cats"], "../My photographs/cats: an image stands in no class folder; "),
        (["../one"], "../one: only one class, cats; at least two are needed"),
        (["../few"], "../few: 4 images of class cats; at least 5 are needed of each"),
        (["../zips"], "../zips: holds archives, such as cats.zip, and none is called train; "),
        (["..", "--name", "up"], "datasets.up.source: '..': must lie outside data, models, results"),
        (["../My photographs", "--name", "Cats"], "NAME: 'Cats': write lower-case letters, digits, - and _, such as"),
        (["../My photographs", "--name", "intel"], "params.yaml: datasets.intel: there is one; choose another name"),
        (["../My photographs", "--name", "train"], "params.yaml: studies.train: this name is the workflow's own"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_and_nothing_is_written(
    folder: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    photographs(tmp_path / "one")
    shutil.rmtree(tmp_path / "one" / "dogs")
    photographs(tmp_path / "few", 4)
    (tmp_path / "zips").mkdir()
    for kind in KINDS:
        shutil.copytree(tmp_path / "My photographs" / kind, tmp_path / f"zips/{kind}/{kind}")
        zip_up(tmp_path / f"zips/{kind}")
    before = (folder / "params.yaml").read_bytes()
    one_line(lambda: new.main(arguments), said)
    assert (folder / "params.yaml").read_bytes() == before


def test_entries_go_behind_the_last_of_their_section_wherever_it_ends() -> None:
    text = "a:  # letters\n  x: {b: 1,\n    c: 2}  # two\n  # the end\n\nb:\n  y: [1]"
    assert add_entries(text, {"a": {"z": {"b": 1}}, "b": {"'1'": {"k": "no"}}}) == (
        "a:  # letters\n  x: {b: 1,\n    c: 2}  # two\n  z: {b: 1}\n  # the end\n\nb:\n  y: [1]\n  '''1''': {k: 'no'}\n"
    )
    with pytest.raises(UserError, match=r"a: write its entries below it, each in a line of its own"):
        add_entries("a: {}\n", {"a": {"z": {}}})


def test_the_page_on_own_images_gives_what_make_new_writes(root: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "My photographs").rename(tmp_path / "photographs")
    before = (folder / "params.yaml").read_text()
    new.main(["../photographs", "--name", "holidays"])
    block = re.search(r"```yaml\n(.*?holidays.*?)```", (root / "docs/own-images.md").read_text(), re.DOTALL)
    assert block
    shown = [line.split("  #")[0].rstrip() for line in block[1].splitlines() if line.startswith(" ")]
    assert shown == added(before, (folder / "params.yaml").read_text())
