"""Boxes in a table: cut out as they say, of every kind of image, and one line for every way to be wrong."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from PIL import ExifTags, Image

from stages import augment, census, fetch, prepare, unzip
from tests.support.kinds_of_deliveries import Files, lay, pack_zip
from tests.support.refusals import one_line

Deliver = Callable[..., pandas.DataFrame]
SIDE = 16
CORNERS = {"box": ["x1", "y1", "x2", "y2"], "box_form": "corners"}
SPLITS: dict[str, Any] = {"train": ["train"], "validation": [], "test": ["test"]}
HEAD = "file,label,x1,y1,x2,y2\n"
WHOLE = "".join(f"{split}/{number}.png,{'xy'[number]},0,0,4,4\n" for split in ("train", "test") for number in (0, 1))


def pixels(seed: int, height: int = 24, width: int = 40) -> numpy.ndarray:
    """Noise, so that no two parts of it are alike: uint8, (height, width, 3)."""
    return numpy.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=numpy.uint8)


def encode(image: Image.Image, kind: str = "PNG", **settings: Any) -> bytes:
    """The bytes of an image file."""
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def drawn(number: int) -> bytes:
    """A PNG of noise."""
    return encode(Image.fromarray(pixels(number)))


IMAGES = {f"{split}/{number}.png": drawn(number) for split in ("train", "test") for number in (0, 1)}


@pytest.fixture
def deliver(project: Callable[..., Path], mine: Path) -> Deliver:
    """Bring images and their table from the user's folder, and return the index."""

    def run(images: Files, rows: str, table: Mapping[str, Any] = CORNERS, **settings: Any) -> pandas.DataFrame:
        lay(mine, {"boxes.csv": rows.encode(), "photos.zip": pack_zip(images)})
        columns = {"names": ["boxes.csv"], "file": "file", "label": "label", **table}
        given = {"layout": "csv", "source": str(mine), "splits": SPLITS, "table": columns, **settings}
        view = {"dataset": "intel", "size": SIDE, "filter": "nearest"}
        project({"datasets.intel": {"title": "T", **given}, "views.intel-150": view})
        fetch.main(["intel", "--out", "raw"])
        unzip.main(["intel", "--raw", "raw", "--out", "images"])
        return pandas.read_csv("images/index.csv", dtype=str, keep_default_na=False)

    return run


def prepared(split: str = "train") -> dict[str, numpy.ndarray]:
    """The images of a split in the view, by their paths in the index."""
    prepare.main(["intel-150", "--images", "images", "--of", "intel", "--out", "view"])
    index = pandas.read_csv("view/index.csv", dtype={"file": str})
    index = index[index["split"] == split].sort_values("row")
    return dict(zip(index["file"], numpy.load(f"view/{split}.npy"), strict=True))


def cut(image: numpy.ndarray, left: int, top: int) -> numpy.ndarray:
    """The part of an image that has the view's size, so that nothing is resized."""
    return image[top : top + SIDE, left : left + SIDE]


def test_an_image_has_several_parts_of_several_classes(deliver: Deliver) -> None:
    rows = f"{HEAD}train/0.png,x,3,2,19,18\ntrain/0,x,20,8,36,24\ntrain/0.png,y,0,0,16,16\n{WHOLE}"
    index = deliver(IMAGES, rows)
    train = index[index["split"] == "train"]
    assert list(train["file"]) == [
        *("train/x/0.png/0,0,4,4", "train/x/0.png/20,8,36,24", "train/x/0.png/3,2,19,18"),
        *("train/y/0.png/0,0,16,16", "train/y/1.png/0,0,4,4"),
    ]
    assert list(train["group"]) == ["photos.zip/train/0.png"] * 4 + ["photos.zip/train/1.png"]
    for place in ("x", "y"):
        assert Path(f"images/train/{place}/0.png").read_bytes() == IMAGES["train/0.png"]
    found, whole = prepared(), pixels(0)
    assert (found["train/x/0.png/3,2,19,18"] == cut(whole, 3, 2)).all()
    assert (found["train/x/0.png/20,8,36,24"] == cut(whole, 20, 8)).all()
    assert (found["train/y/0.png/0,0,16,16"] == cut(whole, 0, 0)).all()


@pytest.mark.parametrize(
    ("head", "cells", "table"),
    [
        ("x,y,w,h", "3,2,16,16", {"box": ["x", "y", "w", "h"], "box_form": "size"}),
        ("Roi.X1,Roi.Y1,Roi.X2,Roi.Y2", "3.0,2,19.0,18", {"box": ["Roi.X1", "Roi.Y1", "Roi.X2", "Roi.Y2"]}),
        ("bbox", '"[3.0, 2.0, 16.0, 16.0]"', {"box": ["bbox"], "box_form": "size"}),
        ("bbox", "3 2 19 18", {"box": ["bbox"]}),
        ("bbox", "3.4 2.9 18.6 17.1", {"box": ["bbox"]}),
    ],
    ids=["width and height", "corners", "a list in one cell", "four words in one cell", "fractions of pixels"],
)
def test_the_forms_of_boxes(deliver: Deliver, head: str, cells: str, table: dict[str, Any]) -> None:
    rows = "".join(f"{name},{'xy'[int(name[-5])]},{cells}\n" for name in IMAGES)
    deliver(IMAGES, f"file,label,{head}\n{rows}", {"box_form": "corners", **table})
    assert (prepared()["train/x/0.png/3,2,19,18"] == cut(pixels(0), 3, 2)).all()


def lying() -> bytes:
    """A JPEG that is upright once it is turned by a quarter."""
    image, exif = Image.fromarray(pixels(0)).transpose(Image.Transpose.ROTATE_90), Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return encode(image, "JPEG", exif=exif, quality=100, subsampling=0)


def deep(kind: str) -> bytes:
    """Values of 12 bits in 16."""
    values = pixels(0)[..., 0].astype(numpy.uint16) * 16
    return encode(Image.fromarray(values), kind)


KINDS: dict[str, tuple[str, bytes, float]] = {
    "a palette": ("png", encode(Image.fromarray(pixels(0) // 128 * 255).quantize(8)), 0),
    "an EXIF orientation": ("jpg", lying(), 12),
    "CMYK": ("jpg", encode(Image.fromarray(pixels(0)).convert("CMYK"), "JPEG", quality=100), 12),
    "12 bits in a PNG": ("png", deep("PNG"), 0),
    "12 bits in a TIFF": ("tif", deep("TIFF"), 0),
    "a JPEG": ("jpg", encode(Image.fromarray(pixels(0)), "JPEG", quality=100, subsampling=0), 0),
}


@pytest.mark.parametrize(("ending", "data", "apart"), KINDS.values(), ids=KINDS)
def test_a_part_is_that_of_the_whole_image_as_it_is_read(
    deliver: Deliver, ending: str, data: bytes, apart: float
) -> None:
    """The whole image is read without a box, in the same project, and cut by hand."""
    images = {name.replace("png", ending): data for name in IMAGES}
    size = pixels(0).shape[1::-1]
    rows = "".join(f"{name},{'xy'[int(name.split('.')[0][-1])]},0,0,{size[0]},{size[1]}\n" for name in images)
    deliver(images, f"{HEAD}{rows}train/0.{ending},x,3,2,19,18\n")
    from darkroom.images.decoding.depth import Ranges
    from darkroom.images.decoding.pixels import Tones, turn_upright
    from darkroom.images.decoding.reading import read
    from darkroom.params.view import Decoding

    decoding = Decoding(max_megapixels=256, tolerate="missing-end", profiles="convert")
    tones = Tones(Ranges((0, 4095)), True)
    whole = numpy.asarray(turn_upright(read(Path(f"images/train/x/0.{ending}"), decoding).image, "RGB", tones))
    assert whole.shape == pixels(0).shape
    part = prepared()[f"train/x/0.{ending}/3,2,19,18"].astype(float)
    assert numpy.abs(part - cut(whole, 3, 2)).max() <= apart
    assert part.std() > 40


def test_a_photograph_read_at_a_half_of_its_size(tmp_path: Path) -> None:
    from darkroom.images.decoding.reading import read
    from darkroom.params.view import Decoding

    image = Image.new("RGB", (1600, 1000))
    image.paste((255, 255, 255), (800, 500, 1200, 700))
    image.save(tmp_path / "0.jpg", quality=95)
    decoding = Decoding(max_megapixels=1, tolerate="missing-end", profiles="convert")
    found = read(tmp_path / "0.jpg" / "800,500,1200,700", decoding)
    assert found.image.size == (200, 100) and found.size == (400, 200)
    assert numpy.asarray(found.image).mean() > 250
    assert found.doubts == ("2 megapixels, read at 1/2 of its size",)


def test_parts_of_one_image_are_drawn_into_one_split(deliver: Deliver) -> None:
    images = {f"train/{number}.png": drawn(number) for number in range(8)}
    boxes = [(0, 0, 8, 8), (8, 0, 16, 8), (16, 0, 24, 8)]
    rows = "".join(f"{n}.png,{'xy'[n % 2]},{','.join(map(str, box))}\n" for n in range(8) for box in boxes)
    settings = {"splits": {**SPLITS, "test": []}, "draw": {"seed": 1, "train": None, "validation": None, "test": 4}}
    index = deliver(images, HEAD + rows, **settings)
    assert (index.groupby("member")["split"].nunique() == 1).all()
    assert index.groupby(["split", "class"]).size().loc["test"].to_dict() == {"x": 4, "y": 4}


def test_parts_of_one_image_in_two_splits_are_refused(deliver: Deliver) -> None:
    rows = "file,label,set,x1,y1,x2,y2\n"
    rows += "".join(f"train/{n},{'xy'[n]},{split},{n},0,9,9\n" for n in (0, 1) for split in ("a", "b") if n or split)
    rows = rows.replace("b,0,0", "b,0,1")
    table = {**CORNERS, "split": "set", "archives": ["photos"]}
    splits = {"train": ["a"], "validation": [], "test": ["b"]}
    words = ("datasets.intel.table.box: ", "in train and in test as delivered (photos.zip/train/", "as table.group")
    one_line(lambda: deliver(IMAGES, rows.replace("b,1,0", "b,1,1"), table, splits=splits), *words)


def test_the_census_and_variants_see_the_parts(deliver: Deliver) -> None:
    rows = f"{HEAD}train/0.png,x,3,2,19,18\ntrain/1.png,y,20,8,36,24\ntest/0.png,x,3,2,19,18\n{WHOLE}"
    deliver(IMAGES, rows)
    census.main(["intel", "--images", "images", "--images-are", "delivered", "--out", "census"])
    sizes = pandas.read_csv("census/sizes.csv")
    assert dict(zip(sizes["width"], sizes["images"], strict=True)) == {4: 4, 16: 3}
    repeated = pandas.read_csv("census/duplicates.csv")
    assert ("train/x/0.png/3,2,19,18", "bytes") in set(zip(repeated["file"], repeated["alike"], strict=True))
    parameters = Path("params.yaml")
    parameters.write_text(
        parameters.read_text(encoding="utf-8").replace("dataset: cats-dogs,", "dataset: intel,"), encoding="utf-8"
    )
    augment.main(["cats-dogs-variants", "--images", "images", "--out", "more"])
    index = pandas.read_csv("more/index.csv", dtype=str)
    made = sorted(path.name for path in Path("more/train/x").iterdir())
    assert made == [
        "0-0,0,4,4-variant-1.png",
        "0-0,0,4,4-variant-2.png",
        "0-3,2,19,18-variant-1.png",
        "0-3,2,19,18-variant-2.png",
        "0.png",
    ]
    assert len(index) == 7 + 2 * 4
    with Image.open("more/train/x/0-3,2,19,18-variant-1.png") as variant:
        assert variant.size == (16, 16)


def test_a_corrupt_image_with_a_box_is_a_corrupt_image(deliver: Deliver) -> None:
    images = {**IMAGES, "train/2.png": drawn(2)[:300], "train/3.png": b"no image"}
    deliver(images, f"{HEAD}train/2.png,x,3,2,19,18\ntrain/3.png,x,3,2,19,18\n{WHOLE}")
    one_line(prepared, "images: 2 corrupt images: train/x/2.png/3,2,19,18 (corrupt: ", "train/x/3.png/3,2,19,18 (not")
    assert not Path("view").exists()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("train/0.png,x,0,0,41,24", ("boxes.csv: line 6: box '0 0 41 24': outside the image, which has 40×24 pixels",)),
        ("train/0.png,x,0,-1,4,4", ("line 6: box '0 -1 4 4': begins outside the image",)),
        ("train/0.png,x,8,0,8,4", ("line 6: box '8 0 8 4': empty, as table.box_form: corners means left, top, right",)),
        ("train/0.png,x,8,0,4,4", ("line 6: box '8 0 4 4': empty",)),
        ("train/0.png,x,8,0,a,4", ("line 6: box '8 0 a 4': not four numbers (left, top, right, bottom)",)),
        ("train/0.png,x,8,0,,4", ("line 6: box '8 0  4': not four numbers",)),
        ("train/0.png,x,8,0,nan,4", ("line 6: box '8 0 nan 4': not four numbers",)),
        ("train/0.png,x,8,0,1e400,4", ("line 6: box '8 0 1e400 4': not four numbers",)),
        ("train/0.png,y,0,0,4,4", ("line 6: 'train/0.png' is train/0.png in photos.zip, box 0,0,4,4, which line 2",)),
    ],
)
def test_what_is_no_box_of_the_image(deliver: Deliver, row: str, words: tuple[str, ...]) -> None:
    one_line(lambda: deliver(IMAGES, f"{HEAD}{WHOLE}{row}\n"), *words)
    assert not Path("images").exists()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"box": ["x1", "y1", "x2", "y2"]}, "table.box and table.box_form are given together"),
        ({"box_form": "size"}, "table.box and table.box_form are given together"),
        ({"box": ["x1", "y1"], "box_form": "size"}, "table.box: 2 columns; write four, or one that holds all four"),
        (
            {"box": ["x1", "y1", "x2", "z"], "box_form": "size"},
            "no column 'z', which params.yaml: datasets.intel.table.box",
        ),
        (
            {"box": ["label"], "box_form": "size"},
            "boxes.csv: line 2: box 'x': not four numbers (left, top, width, height)",
        ),
    ],
)
def test_columns_that_are_none_of_a_box(deliver: Deliver, table: dict[str, Any], words: str) -> None:
    one_line(lambda: deliver(IMAGES, HEAD + WHOLE, table), words)
