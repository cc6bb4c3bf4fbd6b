"""Shards of images, parquet files and tars of samples: what is read of them, what is left out, and what is refused."""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from PIL import Image

from darkroom.core.filenames import LEFT_OUT
from stages import fetch, prepare, unzip
from tests.support.kinds_of_deliveries import BOTH, Files, lay, picture
from tests.support.refusals import one_line
from tests.support.shards import parquet, rows_of, samples_of, tar

Deliver = Callable[..., pandas.DataFrame]
Output = pytest.CaptureFixture[str]
SPLITS: dict[str, Any] = {"train": ["train"], "validation": [], "test": ["test"]}
ROWS = rows_of(BOTH, "train")
TEST = {"test.parquet": parquet(rows_of(BOTH, "test"))}


def png() -> bytes:
    """A PNG."""
    file = io.BytesIO()
    Image.new("RGB", (8, 6), (9, 99, 9)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def deliver(project: Callable[..., Path], mine: Path) -> Deliver:
    """Bring shards from the user's folder to images, and return their index."""

    def run(files: Files, layout: str, **settings: Any) -> pandas.DataFrame:
        lay(mine, files)
        given = {"title": "T", "source": str(mine), "layout": layout, "splits": SPLITS, **settings}
        project({"datasets.intel": given})
        fetch.main(["intel", "--out", "raw"])
        unzip.main(["intel", "--raw", "raw", "--out", "images"])
        index = pandas.read_csv("images/index.csv", dtype=str, keep_default_na=False)
        for row in index.to_dict("records"):
            data = Path("images", row["file"]).read_bytes()
            assert (str(len(data)), hashlib.sha256(data).hexdigest()) == (row["bytes"], row["sha256"])
        return index

    return run


def left_out() -> dict[str, str]:
    """The reason why each file is left out."""
    table = pandas.read_csv(Path("images", LEFT_OUT))
    return dict(zip(table["archive"] + ": " + table["file"], table["reason"], strict=True))


def test_an_index_leads_back_to_the_rows(deliver: Deliver) -> None:
    index = deliver({"data/train-00000-of-00001.parquet": parquet(ROWS), **TEST}, "parquet")
    train = index[index["split"] == "train"]
    assert list(train["member"]) == ["0.jpg#0", "1.jpg#1", "0.jpg#2", "1.jpg#3"]
    assert set(train["archive"]) == {"data/train-00000-of-00001.parquet"}
    manifest = pandas.read_csv("raw/manifest.csv")
    assert list(manifest["name"]) == ["data/train-00000-of-00001.parquet", "test.parquet"]
    assert list(index.columns) == ["split", "class", "file", "bytes", "sha256", "archive", "member"]
    prepare.main(["intel-150", "--images", "images", "--of", "intel", "--out", "view"])
    assert json.loads(Path("view/view.json").read_text(encoding="utf-8"))["classes"] == ["cat", "dog"]


def test_names_of_rows(deliver: Deliver, mine: Path) -> None:
    """One without a name or an ending is called by its number or its format; a name leaves no folder."""
    paths = [None, "a", "../../evil.jpg", "x\ny.jpg", "same.jpg", "same.jpg", "C:\\photos\\b.png", ".hidden.jpg"]
    rows = [{"image": {"bytes": png(), "path": path}, "label": 0} for path in paths]
    index = deliver({"train-00000.parquet": parquet([*rows, *ROWS]), **TEST}, "parquet")
    found = index[(index["split"] == "train") & (index["class"] == "cat")].set_index("member")["file"]
    assert [found[f"{path or ''}#{row}"].rpartition("/")[2] for row, path in enumerate(paths)] == [
        *("train-00000-000000.png", "a.png", "evil.jpg", "train-00000-000003.png", "same.jpg"),
        *("train-00000-000005.jpg", "b.png", "train-00000-000007.png"),
    ]
    assert not list(mine.parent.glob("evil.jpg"))


def test_what_has_no_class_or_no_image_is_left_out_and_counted(deliver: Deliver, capsys: Output) -> None:
    data = picture(7)
    odd = [
        {"image": {"bytes": data, "path": "4.jpg"}, "label": -1},
        {"image": {"bytes": data, "path": "5.jpg"}, "label": None},
        {"image": {"bytes": None, "path": "6.jpg"}, "label": 1},
        {"image": None, "label": 1},
        {"image": {"bytes": b"", "path": "8.jpg"}, "label": 1},
        {"image": {"bytes": b"text", "path": None}, "label": 1},
    ]
    index = deliver({"train.parquet": parquet([*ROWS, *odd]), **TEST}, "parquet")
    assert len(index[index["split"] == "train"]) == len(ROWS)
    assert left_out() == {
        "train.parquet: 4.jpg#4": "without a class",
        "train.parquet: 5.jpg#5": "without a class",
        "train.parquet: 6.jpg#6": "without an image",
        "train.parquet: #7": "without an image",
        "train.parquet: 8.jpg#8": "without an image",
        "train.parquet: #9": "of no known format",
    }
    said = capsys.readouterr().err
    assert "2 left out, without a class: train.parquet: 4.jpg#4, train.parquet: 5.jpg#5" in said
    assert "3 left out, without an image: " in said


@pytest.mark.parametrize(
    ("rename", "features", "settings"),
    [
        ({"image": "img", "label": "fine"}, {}, {}),
        ({}, None, {}),
        ({"label": "coarse"}, {}, {"label_key": "coarse"}),
    ],
    ids=["other names", "no metadata", "label_key"],
)
def test_columns_of_other_names(
    deliver: Deliver, rename: dict[str, str], features: Mapping[str, Any] | None, settings: dict[str, str]
) -> None:
    def make(split: str) -> bytes:
        rows = [{**row, "label": ["cat", "dog"][row["label"]], "id": "x"} for row in rows_of(BOTH, split)]
        rows = [{rename.get(name, name): value for name, value in row.items()} for row in rows]
        if "fine" in rename.values():
            rows = [{name: value for name, value in row.items() if name != "id"} for row in rows]
        return parquet(rows, features)

    index = deliver({f"{split}.parquet": make(split) for split in ("train", "test")}, "parquet", **settings)
    assert set(index["file"]) == set(BOTH)


def test_bytes_without_a_struct_and_numbers_without_names(deliver: Deliver) -> None:
    def make(split: str) -> bytes:
        rows = rows_of(BOTH, split)
        return parquet([{"jpg": row["image"]["bytes"], "cls": row["label"] + 7} for row in rows], None)

    index = deliver({f"{split}.parquet": make(split) for split in ("train", "test")}, "parquet")
    assert set(index["class"]) == {"7", "8"}
    assert set(index["file"]) >= {"train/7/train-000000.jpg", "train/8/train-000002.jpg"}


@pytest.mark.parametrize(
    ("rows", "settings", "words"),
    [
        ([{"label": 1}], {}, ("train.parquet: no column of images (a struct with bytes, or bytes): it has label",)),
        ([{"image": ROWS[0]["image"]}], {}, ("no column of classes (text or whole numbers): it has image",)),
        (
            [{"a": b"x", "b": b"y", "label": 0}],
            {},
            ("several columns of images", "it has a, b; write the right one as params.yaml: datasets.intel.image_key"),
        ),
        ([{**ROWS[0], "class": 1}], {}, ("several columns of classes", "label, class; write the right one as")),
        (
            ROWS,
            {"label_key": "kind"},
            ("datasets.intel.label_key: 'kind': ", "has no column of classes", "called so, but image, label"),
        ),
        ([{**ROWS[0], "label": 0.5}], {}, ("no column of classes",)),
        ([{**ROWS[0], "label": "a/b"}], {}, ("train.parquet: row 0: class 'a/b': a class is the name of a folder",)),
        (
            [{"image": {"bytes": None, "path": "/home/me/1.jpg"}, "label": 1}],
            {},
            ("splits.train: no image with a class in train.parquet (train.parquet: /home/me/1.jpg#0: without",),
        ),
    ],
)
def test_columns_that_cannot_be_right(
    deliver: Deliver, rows: list[dict[str, Any]], settings: dict[str, str], words: tuple[str, ...]
) -> None:
    files = {"train.parquet": parquet(rows, None), **TEST}
    one_line(lambda: deliver(files, "parquet", **settings), *words)
    assert not Path("images").exists()


def test_a_number_that_no_name_belongs_to(deliver: Deliver) -> None:
    files = {"train.parquet": parquet([*ROWS, {**ROWS[0], "label": 2}]), **TEST}
    one_line(lambda: deliver(files, "parquet"), "train.parquet: row 4: label is 2, but the file names 2 classes")


def test_a_shard_of_two_splits_and_one_of_none(deliver: Deliver) -> None:
    files = {"train-0.parquet": parquet(ROWS), "test-0.parquet": parquet(ROWS)}
    splits = {**SPLITS, "test": ["*"]}
    one_line(lambda: deliver(files, "parquet", splits=splits), "splits.test: train-0.parquet is in train already")
    splits = {**SPLITS, "test": ["dev"]}
    one_line(lambda: deliver(files, "parquet", splits=splits), "splits.test: 'dev': no .parquet file of that name")


def test_draws_and_groups_work_on_shards(deliver: Deliver) -> None:
    rows = [{"image": {"bytes": picture(n), "path": f"p{n // 2}_{n}.jpg"}, "label": n // 2 % 2} for n in range(16)]
    draw = {"seed": 1, "train": None, "validation": None, "test": 2}
    settings = {"splits": {**SPLITS, "test": []}, "draw": draw, "group": "(p\\d+)_"}
    index = deliver({"train.parquet": parquet(rows)}, "parquet", **settings)
    assert index["split"].value_counts().to_dict() == {"train": 12, "test": 4}
    assert (index.groupby("group")["split"].nunique() == 1).all() and index["group"].nunique() == 8


def test_classes_in_the_json_of_samples(deliver: Deliver) -> None:
    def make(split: str) -> bytes:
        rows = rows_of(BOTH, split, numbers=False)
        files: dict[str, bytes | str] = {}
        for number, row in enumerate(rows):
            files |= {f"./{number}.jpg": row["image"]["bytes"], f"./{number}.json": json.dumps({"kind": row["label"]})}
        return tar({**files, "./._0.jpg": b"litter", "./note.txt": "x"})

    shards = {f"{split}-0.tar": make(split) for split in ("train", "test")}
    index = deliver(shards, "webdataset", label_key="kind")
    assert set(index["file"]) == {
        *(f"train/{label}/{n + 2 * (label == 'dog')}.jpg" for label in ("cat", "dog") for n in range(2)),
        *("test/cat/0.jpg", "test/dog/1.jpg"),
    }
    assert index["member"].iloc[0] == "0.jpg"
    one_line(
        lambda: deliver(shards, "webdataset"),
        "train-0.tar: no .cls gives a class; write params.yaml: datasets.intel.label_key, one of kind",
    )


def test_samples_that_lack_something_are_left_out_and_counted(deliver: Deliver, capsys: Output) -> None:
    more = {"a.jpg": picture(5), "b.cls": "cat", "b.txt": "x", "c.jpg": b"", "c.cls": "dog"}
    deliver({f"{split}.tar": tar(samples_of(BOTH, split) | more) for split in ("train", "test")}, "webdataset")
    assert left_out() == {
        f"{split}.tar: {name}": reason
        for split in ("train", "test")
        for name, reason in {
            "a.jpg": "without a class",
            "b": "without an image",
            "c.jpg": "without an image",
        }.items()
    }
    assert "2 left out, without a class: train.tar: a.jpg, test.tar: a.jpg" in capsys.readouterr().err


def test_an_image_and_a_mask_in_one_sample(deliver: Deliver) -> None:
    def make(split: str, kind: str) -> bytes:
        files = samples_of(BOTH, split)
        return tar(files | {name.replace("jpg", kind): png() for name in files if name.endswith("jpg")})

    masks = {f"{split}.tar": make(split, "seg.png") for split in ("train", "test")}
    assert all(name.endswith(".jpg") for name in deliver(masks, "webdataset")["file"])
    twins = {f"{split}.tar": make(split, "png") for split in ("train", "test")}
    one_line(lambda: deliver(twins, "webdataset"), "sample 'cat0' has jpg and png; write the right one as", "image_key")
    assert all(name.endswith(".png") for name in deliver(twins, "webdataset", image_key="png")["file"])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"z.jpg": picture(1), "z.cls": b"\xff"}, "train.tar: z.cls: no text in UTF-8"),
        ({"z.jpg": picture(1), "z.json": "{"}, "train.tar: z.json: no JSON"),
        ({"z.jpg": picture(1), "z.json": "[" * 9999}, "train.tar: z.json: no JSON"),
        ({"z.jpg": picture(1), "z.json": '{"kind": [1]}'}, "train.tar: z.json: kind is [1], no class"),
        ({"z.jpg": picture(1), "z.cls": "../x"}, "train.tar: z.cls: class '../x': a class is the name of a folder"),
        ({"z.jpg": picture(1), "z.cls": "x" * (2 << 20)}, "train.tar: z.cls has 2,097,152 bytes, more than a class"),
    ],
)
def test_samples_whose_class_cannot_be_read(deliver: Deliver, more: dict[str, bytes | str], words: str) -> None:
    settings = {"label_key": "kind"} if "z.json" in more else {}
    train = tar(samples_of(BOTH, "train") | more)
    one_line(
        lambda: deliver({"train.tar": train, "test.tar": tar(samples_of(BOTH, "test"))}, "webdataset", **settings),
        words,
    )


def test_two_files_of_one_name(deliver: Deliver) -> None:
    files = tar({"a.jpg": picture(1), "a.cls": "cat", "b.jpg": picture(2), "b.cls": "dog"})
    names = {"train.tar": _rename(files, "b.jpg", "a.jpg"), "test.tar": files}
    one_line(lambda: deliver(names, "webdataset"), "train.tar: two files 'a.jpg'; give each sample a name of its own")


def _rename(data: bytes, name: str, other: str) -> bytes:
    """A tar with another name in a header, and its sum mended."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as read, tarfile.open(fileobj=stream, mode="w") as written:
        for member in read:
            content = read.extractfile(member)
            member.name = other if member.name == name else member.name
            written.addfile(member, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"layout": "class-folders", "label_key": "x"},
            "image_key and label_key are of the layouts parquet and",
        ),
        ({"layout": "parquet", "class_pattern": "(.)"}, "class_pattern is of the layout class-in-name"),
        ({"layout": "parquet", "source": "synthetic"}, "source is synthetic"),
    ],
)
def test_keys_that_do_not_go_together(deliver: Deliver, settings: dict[str, Any], words: str) -> None:
    one_line(lambda: deliver({}, **settings), words)


MEASURE = """
import resource, sys
from pathlib import Path
from darkroom.archives import parquet_shards, shard_images
from darkroom.archives.expansion import Expansion
from darkroom.archives.samples import Keys
import pyarrow.parquet
keys = Keys(None, None, "datasets.x", Expansion(10**9, "x"))
shard = Path(sys.argv[1])
next(parquet_shards.list_samples(Path(sys.argv[2]), keys))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(1 for _ in parquet_shards.list_samples(shard, keys))
count += sum(len(data) > 0 for _, data in parquet_shards.read_images(shard, keys, set(range(0, 9999, 2))))
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["large groups", "one value many times"])
def test_rows_are_read_in_bounded_memory(tmp_path: Path, root: Path, kind: str) -> None:
    """256 MB of images in one group of rows; and 4,000 rows of one 8 MB value, which a dictionary holds once."""
    noise = numpy.random.default_rng(1)
    size, count = ((1 << 18), 1024) if kind == "large groups" else ((8 << 20), 4000)
    values = [noise.bytes(size) for _ in range(count if kind == "large groups" else 1)]
    rows = [{"image": {"bytes": values[n % len(values)], "path": f"{n}.jpg"}, "label": 0} for n in range(count)]
    settings = {"row_group_size": count, "compression": "none"}
    if kind != "large groups":
        import pyarrow
        from pyarrow import parquet as writer

        data = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * count, pyarrow.int32()), values)
        table = pyarrow.table({"image": data, "label": [0] * count})
        writer.write_table(table, tmp_path / "train.parquet", dictionary_pagesize_limit=64 << 20, store_schema=False)
    else:
        (tmp_path / "train.parquet").write_bytes(parquet(rows, **settings))
    (tmp_path / "small.parquet").write_bytes(parquet(ROWS))
    paths = [str(tmp_path / name) for name in ("train.parquet", "small.parquet")]
    run = subprocess.run([sys.executable, "-c", MEASURE, *paths], cwd=root, capture_output=True, text=True, check=True)
    read, peak = map(int, run.stdout.split())
    assert read == count + count // 2
    assert peak < 600 if kind != "large groups" else peak < 150, f"{peak} MB"


@pytest.mark.parametrize("layout", ["parquet", "webdataset"])
def test_copies_in_shards_are_drawn_for_one_split_only(deliver: Deliver, layout: str) -> None:
    files = {f"train/{label}/{number}.jpg": picture(number // 2) for label in ("cat", "dog") for number in range(12)}
    if layout == "parquet":
        shards = {"train.parquet": parquet(rows_of(files, "train"))}
    else:
        shards = {"train.tar": tar(samples_of(files, "train"))}
    draw = {"seed": 5, "train": None, "validation": 3, "test": 3}
    index = deliver(shards, layout, splits={**SPLITS, "test": []}, draw=draw)
    assert index.groupby("sha256")["split"].nunique().max() == 1
    assert set(index["split"]) == {"train", "validation", "test"}
