"""Images with their classes in a table: fetched with it, unpacked by it, and one line for every way it can be wrong."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas
import pytest
from PIL import Image

from darkroom.core.errors import UserError
from stages import fetch, prepare, unzip
from tests.support.image_folders import picture
from tests.support.refusals import one_line

Output = pytest.CaptureFixture[str]
TABLE: dict[str, Any] = {"names": ["train.csv"], "file": "image_name", "label": "label"}
NAMES = {f"train/{number}.jpg": number for number in range(8)}
ROWS = "image_name,label\n" + "".join(f"{number}.jpg,{number % 2:03}\n" for number in range(8))
DRAW = {"seed": 1, "train": None, "validation": None, "test": 1}
SPLITS = {"train": ["train"], "validation": [], "test": []}

Deliver = Callable[..., None]


def zipped(path: Path, members: Mapping[str, int | str]) -> None:
    """Write a zip of small images, each of its number, and of texts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            if not isinstance(content, str):
                file = BytesIO()
                picture(content).save(file, Image.registered_extensions()[Path(name).suffix.lower()])
                content = file.getvalue()
            archive.writestr(name, content)


@pytest.fixture
def deliver(project: Callable[..., Path]) -> Deliver:
    """Write what the user has, archives and tables, and say so in params.yaml."""

    def make(
        files: Mapping[str, str | Mapping[str, int | str]], columns: Mapping[str, Any] | None = None, **edits: Any
    ) -> None:
        given = {
            "layout": "csv",
            "source": "../mine",
            "splits": SPLITS,
            "draw": DRAW,
            "table": {**TABLE, **(columns or {})},
        }
        folder = project({"datasets.intel": {"title": "Things", **given, **edits}})
        for name, content in files.items():
            path = folder.parent / "mine" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                path.write_text(content, encoding="utf-8")
            else:
                zipped(path, content)

    return make


def run() -> pandas.DataFrame:
    """Fetch and unpack, and return the index."""
    fetch.main(["intel", "--out", "raw"])
    unzip.main(["intel", "--raw", "raw", "--out", "images"])
    return pandas.read_csv("images/index.csv", dtype=str, keep_default_na=False)


def labels(index: pandas.DataFrame) -> dict[str, str]:
    """The class of each image, by its name in its archive."""
    return dict(zip(index["member"], index["class"], strict=True))


def test_the_table_is_delivered_and_gives_each_image_its_class(deliver: Deliver) -> None:
    deliver({"train.zip": NAMES, "train.csv": ROWS})
    index = run()
    assert labels(index) == {name: f"{number % 2:03}" for name, number in NAMES.items()}
    assert list(index.columns) == ["split", "class", "file", "bytes", "sha256", "archive", "member"]
    assert index.groupby(["split", "class"]).size().to_dict() == {
        ("test", "000"): 1,
        ("test", "001"): 1,
        ("train", "000"): 3,
        ("train", "001"): 3,
    }
    with zipfile.ZipFile("../mine/train.zip") as archive:
        for member, file in zip(index["member"], index["file"], strict=True):
            assert Path("images", file).read_bytes() == archive.read(member)
    manifest = pandas.read_csv("raw/manifest.csv", index_col="name")["sha256"]
    assert manifest["train.csv"] == hashlib.sha256(ROWS.encode()).hexdigest()
    prepare.main(["intel-150", "--images", "images", "--of", "intel", "--out", "view"])
    assert json.loads(Path("view/view.json").read_text(encoding="utf-8"))["classes"] == ["000", "001"]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"train/a/0.jpg": 0, "train/b/c/1.jpg": 1, "train/2.jpg": 2, "train/3.jpg": 3}, id="any folder"),
        pytest.param({f"{number}.jpg": number for number in range(4)}, id="no folder"),
        pytest.param({f"x/train/{number}.JPG": number for number in range(4)}, id="capitals of an ending"),
    ],
)
@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ("image_name,label\n{0},x\n{1},y\n{2},x\n{3},y\n", {}),
        ("\ufefflabel;rest;image_name\r\nx;;{0}\r\ny;1;{1}\r\nx;2;{2}\r\ny;3;{3}\r\n\r\n", {}),
        ('id\tkind\n{0}\t" x"\n{1}\ty \n{2}\tx\n{3}\ty\n', {"file": "id", "label": "kind"}),
    ],
    ids=["commas", "semicolons, as of a spreadsheet", "tabs"],
)
def test_names_without_folders_or_ending(
    deliver: Deliver, files: dict[str, int], rows: str, columns: dict[str, str]
) -> None:
    deliver({"train.zip": files, "train.csv": rows.format("0", "1", "2", "3")}, columns)
    assert {Path(member).stem: label for member, label in labels(run()).items()} == {
        "0": "x",
        "1": "y",
        "2": "x",
        "3": "y",
    }


def test_folders_tell_images_of_one_name_apart(deliver: Deliver) -> None:
    files = {f"train/{name}": number for number, name in enumerate(("a/0.jpg", "a/1.jpg", "b/0.jpg", "b/1.jpg"))}
    rows = "image_name,label\na/0.jpg,x\nb\\1.jpg,x\n./train/b/0.jpg,y\ntrain/train/a/1.jpg,y\n"
    deliver({"train.zip": files, "train.csv": rows})
    found = labels(run())
    assert found == {"train/a/0.jpg": "x", "train/b/1.jpg": "x", "train/b/0.jpg": "y", "train/a/1.jpg": "y"}
    assert sorted(path.name for path in Path("images").rglob("*.jpg")) == ["a-0.jpg", "a-1.jpg", "b-0.jpg", "b-1.jpg"]


def test_capitals_do_not_count_where_one_image_alone_can_be_meant(deliver: Deliver) -> None:
    files = {"train/A/IMG_1.JPG": 0, "train/A/img_2.jpg": 1, "train/b/x.jpg": 2, "train/b/X.jpg": 3}
    deliver({"train.zip": files, "train.csv": "image_name,label\na/img_1.jpg,x\nIMG_2,y\nx,x\nX.jpg,y\n"})
    assert labels(run()) == dict(zip(files, "xyxy", strict=True))


def test_two_tables_that_name_the_same_numbers(deliver: Deliver) -> None:
    images = {f"{number}.jpg": number for number in range(4)}
    tables = {"train.csv": "image_name,label\n0,x\n1,y\n2,x\n3,y\n", "test.csv": "image_name,label\n0,y\n1,x\n"}
    splits = {"train": ["train"], "validation": [], "test": ["test"]}
    deliver(
        {"train.zip": images, "test.zip": images, **tables},
        {"names": ["train.csv", "test.csv"]},
        splits=splits,
        draw=None,
    )
    index = run()
    test = index[index["split"] == "test"]
    assert labels(test) == {"0.jpg": "y", "1.jpg": "x"}
    assert labels(index[index["split"] == "train"]) == {"0.jpg": "x", "1.jpg": "y", "2.jpg": "x", "3.jpg": "y"}


def test_what_has_no_class_is_left_out_and_counted(deliver: Deliver, capsys: Output) -> None:
    rows = ROWS.replace("7.jpg,001", "7.jpg,").replace("6.jpg,000\n", "")
    deliver({"train.zip": {**NAMES, "train/readme.txt": "x"}, "train.csv": rows})
    assert labels(run()).keys() == NAMES.keys() - {"train/6.jpg", "train/7.jpg"}
    said = capsys.readouterr().err
    assert "2 left out, without a class in the table: train.zip: train/6.jpg, train.zip: train/7.jpg" in said


def test_rows_without_an_image_are_left_out_where_the_table_says_so(deliver: Deliver, capsys: Output) -> None:
    deliver({"train.zip": NAMES, "train.csv": f"{ROWS}70.jpg,x\n71.jpg,x\n"}, {"missing": "leave-out"})
    assert labels(run()).keys() == NAMES.keys()
    assert "2 rows left out, no such image: 70.jpg, 71.jpg" in capsys.readouterr().err


def test_a_column_of_splits(deliver: Deliver, capsys: Output) -> None:
    kinds = ["train"] * 4 + ["val"] * 2 + ["0", "unused"]
    rows = "image_name,label,set\n" + "".join(f"{n}.jpg,{n % 2},{kind}\n" for n, kind in enumerate(kinds))
    splits = {"train": ["train"], "validation": ["val*"], "test": ["0"]}
    deliver(
        {"photos.zip": NAMES, "train.csv": rows}, {"split": "set", "archives": ["photos"]}, splits=splits, draw=None
    )
    index = run()
    assert list(index["split"]) == ["train"] * 4 + ["validation"] * 2 + ["test"]
    assert list(index["member"])[-1] == "train/6.jpg"
    assert "1 left out, of splits that are not named: unused" in capsys.readouterr().err


@pytest.mark.parametrize("inside", [True, False], ids=["in each folder", "beside the folders"])
def test_an_imagefolder_of_hugging_face(deliver: Deliver, inside: bool) -> None:
    folders = ("train", "test")
    files: dict[str, Any] = {}
    for folder in folders:
        files[f"{folder}/metadata.csv"] = "file_name,label\n0001.png,x\n0002.png,y\n"
    beside = "file_name,label\n" + "".join(f"{folder}/000{n}.png,{'xy'[n - 1]}\n" for folder in folders for n in (1, 2))
    splits = {"train": ["train"], "validation": [], "test": ["test"]}
    table = {"names": ["metadata.csv"], "file": "file_name"}
    deliver(files if inside else {"metadata.csv": beside}, table, splits=splits, draw=None)
    for folder in folders:
        for number in (1, 2):
            path = Path("../mine", folder, f"000{number}.png")
            path.parent.mkdir(exist_ok=True)
            picture(number).save(path)
    index = run()
    expected = {f"{folder}/000{n}.png": "xy"[n - 1] for folder in folders for n in (1, 2)}
    assert labels(index) == expected


def test_a_table_within_the_archive_that_holds_all(deliver: Deliver) -> None:
    deliver({"archive.zip": {**NAMES, "train.csv": ROWS, "test/9.jpg": 9}}, splits=SPLITS)
    assert labels(run()).keys() == NAMES.keys()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param(
            f"{ROWS}8.jpg,1\n9.jpg,1\n", ("line 10: '8.jpg'", "no such image", "1 more", "leave-out"), id="gone"
        ),
        pytest.param(f"{ROWS}train/3,1\n", ("line 10: 'train/3' is train/3.jpg in train.zip", "line 5"), id="two rows"),
        pytest.param(
            ROWS.replace("label", "class"), ("no column 'label'", "its columns are image_name, class"), id="column"
        ),
        pytest.param(ROWS.replace("image_name,label", "label,label"), ("no column 'image_name'",), id="no names"),
        pytest.param(f"{ROWS}8.jpg\n", ("line 10: 1 cells, but the header has 2",), id="short"),
        pytest.param(f"{ROWS},1\n", ("line 10: no name of a file",), id="no name"),
        pytest.param(ROWS.replace("001", "../x"), ("line 3: class '../x'", "another"), id="a folder as class"),
        pytest.param(f'{ROWS}"8.jpg,1\n', ("line 10", "mend that line"), id="an open quote"),
        pytest.param("", ("no column 'image_name'", "its columns are none"), id="empty"),
        pytest.param(ROWS.replace("001", "000"), ("all images are of one class, '000'", "a table"), id="one class"),
        pytest.param("image_name,label\n0,\n1,\n", ("no image in train.zip", "a table"), id="no class at all"),
    ],
)
def test_a_table_that_is_wrong(deliver: Deliver, rows: str, words: tuple[str, ...]) -> None:
    deliver({"train.zip": NAMES, "train.csv": rows})
    one_line(run, *words)
    assert not Path("images").exists()


def test_a_table_of_another_encoding(deliver: Deliver) -> None:
    deliver({"train.zip": NAMES})
    Path("../mine/train.csv").write_bytes(ROWS.replace("001", "é").encode("cp1252"))
    one_line(run, "raw/train.csv: not UTF-8 at byte", "save it as UTF-8")


def test_a_name_of_two_images(deliver: Deliver) -> None:
    deliver({"train.zip": {**NAMES, "train/a/0.jpg": 8}, "train.csv": ROWS})
    one_line(run, "line 2: '0.jpg' may be train/", "write its folders")


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_a_table_that_is_not_there(deliver: Deliver, kind: str) -> None:
    deliver({"train/0.jpg": ""} if kind == "folder" else {"train.zip": NAMES})
    one_line(run, "datasets.intel.table.names: 'train.csv': no such table in ../mine", "which holds train")
    assert not Path("raw").exists()


@pytest.mark.parametrize(
    ("splits", "words"),
    [
        (
            {"train": ["learn"], "validation": [], "test": []},
            "splits.train: 'learn': no row has this split; the table has",
        ),
        ({"train": ["a"], "validation": [], "test": ["*"]}, "splits.test: 'a' is in train already"),
    ],
)
def test_values_of_splits_that_are_wrong(deliver: Deliver, splits: dict[str, list[str]], words: str) -> None:
    rows = "image_name,label,set\n" + "".join(f"{n},{n % 2},{'ab'[n // 4]}\n" for n in range(8))
    deliver({"photos.zip": NAMES, "train.csv": rows}, {"split": "set", "archives": ["photos"]}, splits=splits)
    one_line(run, f"datasets.intel.{words}")


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ({"layout": "class-folders"}, "layout is class-folders, so table must be null"),
        ({"table": None}, "layout is csv, so the keys below table: must be given"),
        ({"table": {**TABLE, "split": "set"}}, "name the archives or folders of the images in table.archives"),
        ({"table": {**TABLE, "archives": ["x"]}}, "table.archives: splits name the archives"),
        ({"table": {**TABLE, "group": "g"}, "group": "(.)"}, "group and table.group are both given"),
    ],
)
def test_keys_that_do_not_go_together(deliver: Deliver, edits: dict[str, Any], words: str) -> None:
    deliver({"train.zip": NAMES, "train.csv": ROWS}, **edits)
    with pytest.raises(UserError, match=r"^params\.yaml: datasets\.intel: ") as caught:
        run()
    assert words in str(caught.value)


def test_a_drawn_delivery_has_its_table(deliver: Deliver) -> None:
    drawn = {"classes": ["sea", "street"], "train_per_class": 4, "width": 16, "height": 16}
    deliver({}, source="synthetic", synthetic=drawn)
    index = run()
    assert index.groupby(["split", "class"]).size().to_dict() == {
        ("test", "sea"): 1,
        ("test", "street"): 1,
        ("train", "sea"): 3,
        ("train", "street"): 3,
    }
