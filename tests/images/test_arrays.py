"""Images kept in arrays, and three splits, through the census and into views."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy
import pandas
import pytest

from darkroom.core.errors import UserError
from darkroom.core.growing_array import GrowingArray
from darkroom.images.decoding.formats import CorruptImageError
from stages import census, prepare, unzip
from tests.support.data_sets import write_idx
from tests.support.decoding import decode
from tests.support.image_folders import picture, write_folder

Project = Callable[..., Path]
LABELS = [number % 3 for number in range(30)]


@pytest.fixture
def digits(project: Project) -> numpy.ndarray:
    """A project with the images of a few digits, of which some validate; the training file's images."""
    draw = {"seed": 1, "train": None, "validation": 2, "test": None}
    view = {"dataset": "mnist", "size": 5, "resize": "stretch", "filter": "bicubic", "mode": "L", "corrupt": "stop"}
    view |= {"class_order": "alphabetical", "shards": 1}
    folder = project({"datasets.mnist.draw": draw, "views.digits": view, "census.gallery": 4})
    images = write_idx(folder / "raw", "train", LABELS)
    write_idx(folder / "raw", "t10k", [0, 1, 2, 2])
    unzip.main(["mnist", "--raw", "raw", "--out", "images"])
    return images


def test_the_census_of_three_splits(digits: numpy.ndarray) -> None:
    census.main(["mnist", "--images", "images", "--images-are", "drawn", "--out", "census"])
    assert pandas.read_csv("census/classes.csv").to_dict("list") == {
        "class": [0, 1, 2],
        "train": [8, 8, 8],
        "validation": [2, 2, 2],
        "test": [1, 1, 2],
    }
    assert pandas.read_csv("census/sizes.csv").to_numpy().tolist() == [[5, 5, 24, 6, 4, 34]]
    assert Path("census/modes.csv").read_text() == "mode,format,images\nL,array,34\n"
    page = Path("census/census.md").read_text(encoding="utf-8")
    for line in (
        "- 24 training images (0 8",
        "- 6 validation images (0 2",
        "The validation classes are balanced: each has 2",
    ):
        assert line in page
    assert "None: every file decodes completely." in page


def test_a_view_of_three_splits_has_the_pixels_delivered(digits: numpy.ndarray) -> None:
    prepare.main(["digits", "--images", "images", "--of", "mnist", "--out", "view"])
    images = pandas.read_csv("images/index.csv", dtype=str)
    rows = pandas.read_csv("view/index.csv", dtype=str)
    assert rows["file"].tolist() == images["file"].tolist()
    for split in ("train", "validation"):
        pixels, labels = numpy.load(f"view/{split}.npy"), numpy.load(f"view/{split}-labels.npy")
        members = images.loc[images["split"] == split, "member"]
        numbers = [int(member.partition("#")[2]) for member in members]
        assert numpy.array_equal(pixels[..., 0], digits[numbers])
        assert labels.tolist() == [LABELS[number] for number in numbers]
    described = json.loads(Path("view/view.json").read_text())
    assert described["images"] == {"train": 24, "validation": 6, "test": 4}
    assert list(described["images"]) == ["train", "validation", "test"]


def test_a_class_only_in_validation_is_named(project: Project, tmp_path: Path) -> None:
    files = [f"{split}/{name}/1.png" for split in ("train", "test") for name in ("sea", "street")]
    folder = write_folder(tmp_path / "images", {name: picture(1) for name in [*files, "validation/lake/1.png"]})
    project({"views.intel-150.size": 8})
    with pytest.raises(UserError, match="validation has images of lake, but train"):
        prepare.main(["intel-150", "--images", str(folder), "--of", "intel", "--out", "view"])


@pytest.mark.parametrize(
    ("content", "row", "problem"),
    [
        (numpy.zeros((3, 4, 4), numpy.uint8), 3, "row 3: index 3 is out of bounds"),
        (numpy.zeros((3, 4, 4), numpy.complex64), 0, "row 0: "),
        (b"\x93NUMPY and more", 0, "row 0: "),
        (b"", 0, "row 0: "),
    ],
)
def test_an_array_that_holds_no_such_image(
    tmp_path: Path, content: numpy.ndarray | bytes, row: int, problem: str
) -> None:
    path = tmp_path / "a.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        numpy.save(path, content)
    with pytest.raises(CorruptImageError) as caught:
        decode(path / str(row))
    assert str(caught.value).startswith(problem) and "\n" not in str(caught.value)


def test_an_array_that_is_missing_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "a.npy" / "0")


def test_a_folder_may_be_called_as_an_array(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "images", {"train/a.npy/1.png": picture(1)})
    assert decode(folder / "train/a.npy/1.png").size == (24, 18)


def test_an_array_that_grew_is_the_one_that_numpy_writes(tmp_path: Path) -> None:
    rows = numpy.random.default_rng(1).integers(0, 256, (1200, 3, 2), dtype=numpy.uint8)
    with GrowingArray(tmp_path / "a.npy", (3, 2)) as array:
        assert [array.append(row) for row in rows] == list(range(1200))
    numpy.save(tmp_path / "b.npy", rows)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
