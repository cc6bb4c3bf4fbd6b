"""MNIST files become one array per split and class; each kind of corruption is refused in one line, nothing is left."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy
import pandas
import pytest

from stages import unzip
from tests.support.data_sets import SHARED, idx, write_idx
from tests.support.decoding import decode
from tests.support.refusals import one_line

Project = Callable[..., Path]
LAYOUT = {
    "datasets.mnist.splits": {"train": ["train"], "validation": [], "test": ["t10k"]},
    "datasets.mnist.draw": None,
}
TRAIN, TEST = [3, 1, 3, 0, 1, 3], [1, 3]


@pytest.fixture
def digits(project: Project) -> Path:
    """A project with whole files of a few digits."""
    folder = project(LAYOUT)
    write_idx(folder / "raw", "train", TRAIN)
    write_idx(folder / "raw", "t10k", TEST)
    return folder


def enumerate_rows(labels: str) -> list[tuple[str, int]]:
    return [(label, labels[:place].count(label)) for place, label in enumerate(labels)]


def run() -> pandas.DataFrame:
    unzip.main(["mnist", "--raw", "raw", "--out", "images"])
    return pandas.read_csv("images/index.csv", dtype=str, keep_default_na=False)


def refused(*words: str) -> None:
    one_line(run, *words)
    assert not Path("images").exists() and not list(Path().glob(".images*"))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("spelling", ["-idx", ".idx"])
def test_pixels_and_labels_arrive(project: Project, packed: bool, spelling: str) -> None:
    folder = project(LAYOUT)
    images = write_idx(folder / "raw", "train", TRAIN, packed=packed)
    write_idx(folder / "raw", "t10k", TEST, packed=packed)
    for path in list((folder / "raw").iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", spelling)))
    index = run()
    train = index[index["split"] == "train"]
    assert list(train["file"]) == [f"train/{name}.npy/{row}" for name, row in enumerate_rows("011333")]
    assert list(train["bytes"].unique()) == ["25"]
    for row in train.itertuples():
        number = int(str(row.member).rpartition("#")[2])
        assert str(TRAIN[number]) == row._2
        image = decode(folder / "images" / str(row.file))
        assert (image.mode, image.format) == ("L", "array")
        assert numpy.array_equal(numpy.asarray(image), images[number])
    assert sorted(path.name for path in Path("images").rglob("*.npy")) == ["0.npy", "1.npy", "1.npy", "3.npy", "3.npy"]


def test_two_runs_give_the_same_bytes(digits: Path) -> None:
    run()
    first = {path: path.read_bytes() for path in Path("images").rglob("*") if path.is_file()}
    run()
    assert {path: path.read_bytes() for path in Path("images").rglob("*") if path.is_file()} == first


def rewrite(name: str, change: Callable[[bytes], bytes]) -> None:
    """Change what is in a gzip file."""
    path = Path("raw") / name
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))


IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (IMAGES, lambda data: b"\0\0\x0d\3" + data[4:], "no IDX file of images: it starts with 00 00 0d 03"),
        (IMAGES, lambda data: b"", "it starts with nothing"),
        (LABELS, lambda data: b"<html>", "no IDX file of labels: it starts with 3c 68 74 6d"),
        (IMAGES, lambda data: data[:9], "ends too early"),
        (IMAGES, lambda data: data[:-1], "ends too early, 1 bytes"),
        (LABELS, lambda data: data[:-1], "ends too early"),
        (IMAGES, lambda data: data + b"x", "goes on after the last value"),
        (LABELS, lambda data: data + b"x", "goes on after the last value"),
        (LABELS, lambda data: idx(numpy.zeros(7, numpy.uint8)), f"7 labels, but {IMAGES} has 6 images"),
        (IMAGES, lambda data: idx(numpy.zeros((0, 5, 5), numpy.uint8)), "holds no image"),
        (IMAGES, lambda data: data[:4] + b"\x7f\xff\xff\xff" + data[8:], "datasets.mnist.max_expansion allows 100"),
    ],
)
def test_a_malformed_file(digits: Path, name: str, change: Callable[[bytes], bytes], words: str) -> None:
    rewrite(name, change)
    refused(f"raw/{name}: ", words)


@pytest.mark.parametrize("keep", [0.5, 0.99])
def test_a_truncated_gzip_file(digits: Path, keep: float) -> None:
    path = Path("raw") / IMAGES
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    refused(f"raw/{IMAGES}: not a whole gzip file", "download or copy it again")


def test_a_file_that_is_no_gzip(digits: Path) -> None:
    (Path("raw") / IMAGES).write_bytes(b"PK\3\4 and more")
    refused(f"raw/{IMAGES}: not a whole gzip file")


def test_a_missing_half_and_a_missing_pair(digits: Path) -> None:
    (Path("raw") / LABELS).unlink()
    refused(f"raw/{IMAGES}: no file of its labels beside it; add {LABELS}")
    (Path("raw") / IMAGES).unlink()
    refused("datasets.mnist.splits.train: 'train': no pair of IDX files of that name in raw", "t10k-images")


def test_images_of_another_size(digits: Path) -> None:
    write_idx(Path("raw"), "t10k", TEST, side=6)
    refused("raw/t10k-images-idx3-ubyte.gz: images of 6×6, but train-images-idx3-ubyte.gz has 5×5")


def test_a_pair_in_two_splits(project: Project) -> None:
    folder = project(LAYOUT | {"datasets.mnist.splits": {"train": ["t*"], "validation": [], "test": ["t10k"]}})
    write_idx(folder / "raw", "train", TRAIN)
    write_idx(folder / "raw", "t10k", TEST)
    refused("datasets.mnist.splits.test: t10k-images-idx3-ubyte is in train already")


def test_a_label_only_in_test(digits: Path) -> None:
    write_idx(Path("raw"), "t10k", [1, 9])
    refused("datasets.mnist.splits.test: class 9 is not in train, which has 0, 1, 3")


@pytest.mark.skipif(not (SHARED / "mnist").is_dir(), reason="../shared is not here")
def test_the_whole_of_mnist(project: Project) -> None:
    project(LAYOUT)
    unzip.main(["mnist", "--raw", str(SHARED / "mnist"), "--out", "images"])
    index = pandas.read_csv("images/index.csv", dtype=str)
    counts = index.groupby(["split", "class"]).size()
    assert list(counts["train"]) == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert list(counts["test"]) == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    for split, name in counts.index:
        assert numpy.load(f"images/{split}/{name}.npy", mmap_mode="r").shape == (counts[split][name], 28, 28)
    assert len(list(Path("images").rglob("*.npy"))) == 20
