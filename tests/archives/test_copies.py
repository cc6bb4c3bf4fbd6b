"""Draws of images of which some have the same bytes: never into two splits; what only looks alike is no copy."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest

from darkroom.archives import copies
from darkroom.archives.subsets import draw_images
from darkroom.archives.unpacking import list_images
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from stages import unzip
from tests.support.data_sets import write_idx
from tests.support.image_folders import picture
from tests.support.small_study import encoded

Project = Callable[..., Path]
DRAW = {"seed": 3, "train": None, "validation": 3, "test": 4}
SPLITS = {"train": ["learn*"], "validation": [], "test": []}


@pytest.fixture
def deliver(project: Project, tmp_path: Path) -> Callable[..., pandas.DataFrame]:
    """Return what packs images of two classes, some of them twice, unpacks a draw, and returns the index."""

    def write(twice: int, **changes: object) -> pandas.DataFrame:
        (tmp_path / "raw").mkdir()
        with zipfile.ZipFile(tmp_path / "raw/learn.zip", "w") as archive:
            for name, first in (("ice", 0), ("sea", 100)):
                for number in range(12):
                    archive.writestr(f"learn/{name}/{number}.png", encoded(picture(first + number), "PNG"))
                for number in range(twice):
                    archive.writestr(f"learn/{name}/copy {number}.png", encoded(picture(first + number), "PNG"))
        settings = {"source": "../archives", "splits": SPLITS, "draw": DRAW} | changes
        project({f"datasets.intel.{key}": value for key, value in settings.items()})
        unzip.main(["intel", "--raw", str(tmp_path / "raw"), "--out", "images"])
        return pandas.read_csv("images/index.csv")

    return write


def splits_of_bytes(index: pandas.DataFrame) -> pandas.Series:
    """The number of splits in which the same bytes stand, by their hash."""
    return index.groupby("sha256")["split"].nunique()


@pytest.mark.parametrize("seed", range(6))
def test_copies_are_drawn_for_one_split_only(
    deliver: Callable[..., pandas.DataFrame], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    index = deliver(12, draw={**DRAW, "seed": seed})
    assert splits_of_bytes(index).max() == 1
    assert index.groupby(["split", "class"]).size()["test"].tolist() == [4, 4]
    assert "copies of images that were drawn for it" in capsys.readouterr().err


def test_a_draw_without_copies_is_what_it_always_was(
    deliver: Callable[..., pandas.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = deliver(0)
    dataset = read_entry(Dataset, "datasets", "intel")
    images, _ = list_images("intel", dataset, Path("../raw") if Path("../raw").exists() else Path("raw"))
    monkeypatch.setattr("darkroom.archives.subsets.find_copies", lambda *_: {})
    drawn = draw_images("intel", dataset, images)
    assert sorted(image.file for image in drawn) == sorted(found["file"])


def test_groups_and_copies_both_stay_together(deliver: Callable[..., pandas.DataFrame]) -> None:
    index = deliver(12, group=r"(\d+)\.png$")  # a copy has the number of its original: one group
    assert splits_of_bytes(index).max() == 1


def test_equal_size_and_checksum_alone_make_no_copies(
    deliver: Callable[..., pandas.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As PNGs of one size have, each of whose chunks ends in its own checksum."""
    read: list[str] = []
    monkeypatch.setattr(copies, "_hash_file", lambda image: read.append(image.name) or image.name)
    deliver(2)
    assert sorted(set(read)) == ["0.png", "1.png", "copy 0.png", "copy 1.png"]  # the only ones that are read


def test_pixels_that_are_equal_are_copies(project: Project, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    labels = [0, 1] * 10
    images = write_idx(tmp_path / "raw", "train", labels, packed=False)
    write_idx(tmp_path / "raw", "t10k", [0, 1])
    content = bytearray((tmp_path / "raw/train-images-idx3-ubyte").read_bytes())
    size = images[0].nbytes
    content[-size:] = content[-2 * size : -size]
    (tmp_path / "raw/train-images-idx3-ubyte").write_bytes(content)
    project({"datasets.mnist.draw": {"seed": 1, "train": None, "validation": 2, "test": None}})
    dataset = read_entry(Dataset, "datasets", "mnist")
    found, _ = list_images("mnist", dataset, tmp_path / "raw")
    assert len(copies.find_copies("mnist", dataset, found)) == 2
