"""Tables of labels, patterns and groups, in deliveries whose names or archives must be read with care first."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import pytest

from stages import fetch, unzip
from tests.support.kinds_of_deliveries import Files, lay, pack_seven, pack_tar, pack_zip, picture, renamed
from tests.support.refusals import one_line

Deliver = Callable[..., pandas.DataFrame]
IMAGES = {f"train/{name}.jpg": picture(number) for number, name in enumerate(("a1", "a2", "b1", "b2"))}
ROWS = "image_name,label\n" + "".join(f"{name[6:]},{'xxyy'[number]}\n" for number, name in enumerate(IMAGES))
TABLE = {"names": ["train.csv"], "file": "image_name", "label": "label"}
CSV = {"layout": "csv", "table": TABLE}
EXPECTED = dict(zip(IMAGES, "xxyy", strict=True))
FOREIGN = {f"train/{name}.jpg": picture(number) for number, name in enumerate(("猫一", "猫二", "表一", "表二"))}
FOREIGN_ROWS = "image_name,label\n" + "".join(f"{name[6:]},{name[6]}\n" for name in FOREIGN)
SPLITS = {"train": ["train"], "validation": [], "test": []}
DRAW = {"seed": 1, "train": None, "validation": None, "test": 1}


@pytest.fixture
def deliver(project: Callable[..., Path], mine: Path) -> Deliver:
    """Bring files from the user's folder to images, and return their index."""

    def run(files: Files, **settings: Any) -> pandas.DataFrame:
        lay(mine, files)
        project({"datasets.intel": {"title": "T", "source": str(mine), "splits": SPLITS, "draw": DRAW} | settings})
        fetch.main(["intel", "--out", "raw"])
        unzip.main(["intel", "--raw", "raw", "--out", "images"])
        return pandas.read_csv("images/index.csv", dtype=str, keep_default_na=False)

    return run


def suspicions() -> list[tuple[str, str]]:
    """Kind and subject of each."""
    found = pandas.read_csv("images/suspicions.csv")
    return list(found[["kind", "subject"]].itertuples(index=False, name=None))


def labels(index: pandas.DataFrame) -> dict[str, str]:
    """The class of each image, by its name in its archive."""
    return dict(zip(index["member"], index["class"], strict=True))


@pytest.mark.parametrize("inside", [False, True], ids=["beside", "inside"])
def test_a_table_names_images_whose_archive_does_not_say_its_encoding(deliver: Deliver, inside: bool) -> None:
    table = {"train.csv": FOREIGN_ROWS.encode()}
    zipped = renamed(FOREIGN | ({"train/train.csv": table["train.csv"]} if inside else {}), "cp932")
    index = deliver({"train.zip": zipped} | ({} if inside else table), **CSV)
    assert labels(index) == {name: name[6] for name in FOREIGN}
    assert suspicions() == [("names", "train.zip")]
    for file, digest in zip(index["file"], index["sha256"], strict=True):
        assert hashlib.sha256(Path("images", file).read_bytes()).hexdigest() == digest


def test_the_encoding_that_is_given_decides_for_a_table(deliver: Deliver) -> None:
    zipped, rows = renamed(FOREIGN, "cp932"), FOREIGN_ROWS.encode()
    assert labels(deliver({"train.zip": zipped, "train.csv": rows}, names="cp932", **CSV)) == {
        name: name[6] for name in FOREIGN
    }
    assert not Path("images/suspicions.csv").exists()
    one_line(
        lambda: deliver({}, names="utf-8", **CSV),
        "datasets.intel.names",
        "train.zip",
    )


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"train.tar.gz": pack_tar(IMAGES, "w:gz"), "train.csv": ROWS.encode()}, id="a tar"),
        pytest.param({"train.tar": pack_tar(IMAGES | {"train/train.csv": ROWS.encode()})}, id="a table in a tar"),
        pytest.param({"train.7z": pack_seven(IMAGES | {"train.csv": ROWS.encode()})}, id="a table in a 7-Zip archive"),
        pytest.param({"Train.zip": pack_zip(IMAGES), "train.csv": ROWS.encode()}, id="other capitals"),
        pytest.param(
            {"all.zip": pack_zip({"c/train.zip": pack_zip(IMAGES), "c/train.csv": ROWS.encode()})},
            id="a table beside a zip in a zip",
        ),
        pytest.param({"train.zip": renamed(IMAGES, "ascii", "\\"), "train.csv": ROWS.encode()}, id="backslashes"),
    ],
)
def test_a_table_in_every_kind_of_archive(deliver: Deliver, files: dict[str, bytes]) -> None:
    assert labels(deliver(files, **CSV)) == EXPECTED
    assert all(path.suffix in (".zip", ".csv") for path in Path("raw").iterdir())


def test_classes_of_a_table_that_look_alike_are_a_suspicion(deliver: Deliver) -> None:
    rows = "image_name,label\n" + "".join(
        f"{name[6:]},{label}\n" for name, label in zip(IMAGES, ("Cat", "Cat", "cat", "cat"), strict=True)
    )
    deliver({"train.zip": pack_zip(IMAGES), "train.csv": rows.encode()}, **CSV)
    assert suspicions() == [("classes alike", "'Cat' (2) and 'cat' (2)")]


def test_a_pattern_and_groups_see_names_as_they_were_meant(deliver: Deliver) -> None:
    settings = {"layout": "class-in-name", "class_pattern": "(.).", "group": "(.)\\.jpg$", "draw": None}
    splits = {"train": ["train"], "validation": [], "test": ["test"]}
    test = {
        name.replace("train/", "test/").replace("一", "三").replace("二", "四"): data for name, data in FOREIGN.items()
    }
    zipped = renamed(FOREIGN | test, "cp932")
    index = deliver({"all.zip": zipped}, **settings | {"splits": splits})
    assert labels(index) == {name: name.partition("/")[2][0] for name in FOREIGN | test}
    assert dict(zip(index["member"], index["group"], strict=True)) == {name: name[-5] for name in FOREIGN | test}
    assert suspicions() == [("names", "all.zip")]


def test_levels_and_empty_folders_are_of_class_folders_alone(deliver: Deliver) -> None:
    deep = {name.replace("train/", f"train/{part}/x{part}/"): data for part, (name, data) in enumerate(IMAGES.items())}
    files = {"train.zip": pack_zip(deep | {"train/empty/": b""}), "train.csv": ROWS.encode()}
    assert sorted(labels(deliver(files, **CSV)).values()) == ["x", "x", "y", "y"]
    assert not Path("images/suspicions.csv").exists()
