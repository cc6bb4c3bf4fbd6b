"""A name under splits that means one thing twice is refused in one line that names both; strays are of no concern."""

from collections.abc import Callable
from pathlib import Path

import kagglehub
import pytest

from stages import fetch
from tests.support import deliveries
from tests.support.data_sets import dataset, records, write_idx, write_tar
from tests.support.deliveries import class_folders
from tests.support.refusals import one_line

IMAGES = ("cat/1.jpg", "dog/1.jpg")
BATCHES = {"f/data_batch_1.bin": records([0])[0], "f/test_batch.bin": records([0])[0], "f/batches.meta.txt": b"cat\n"}


def zipped(path: Path, *tops: str) -> None:
    """Write a zip of a few class folders, beneath each of the folders ``tops`` if there are any."""
    deliveries.zipped(path, tuple(f"{top}{image}" for top in tops or ("",) for image in IMAGES))


def make(folder: Path, names: str) -> None:
    """Make what each of the names says: ``a.zip``, ``a/``, or ``a.zip:b/:c/``, which holds folders b and c."""
    for name in names.split():
        path, *tops = name.split(":")
        if path.endswith("/"):
            class_folders(folder / path)
        else:
            zipped(folder / path, *tops)


@pytest.fixture
def deliver(mine: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """Deliver from the user's folder, and return the names of what has come."""

    def run(train: str, **changes: object) -> list[str]:
        splits = {"train": [train], "validation": [], "test": ["test"]}
        out = tmp_path / "out"
        out.mkdir()
        given = {"source": str(mine), "splits": splits} | changes
        fetch.bring("pets", dataset(**given), out)
        return sorted(path.name for path in out.iterdir())

    return run


@pytest.mark.parametrize(
    ("names", "train", "words"),
    [
        ("train.zip train/", "train", "means both the folder train and train.zip"),
        ("train.ZIP train/", "t*n", "'t*n' means both the folder train and train.ZIP"),
        ("train.zip train.ZIP", "train", "means both train.ZIP and train.zip"),
        ("train.zip Train.zip", "*rain", "means both Train.zip and train.zip"),
        ("Train.zip train/", "*rain*", "means both Train.zip and the folder train"),
        ("train/ Train/", "*rain", "means both the folder Train and the folder train"),
        ("train/ train.zip/", "train", "means both the folder train and the folder train.zip"),
        ("été.zip e\u0301te\u0301/", "*t*", "means both the folder e\u0301te\u0301 and été.zip"),
        ("train/ pets.zip:train/", "train", "means both the folder train and the folder train in pets.zip"),
        ("train/ pets.zip:train/", "train.zip", "means both the folder train and the folder train in pets.zip"),
        ("train/ pets.zip:a/train/:a/test/", "train", "means both the folder train and the folder a/train in pets.zip"),
        ("pets.zip:train/:more/ pets/train/", "train", "both the folder train in pets.zip and one in the folder pets"),
        ("pets.zip:train/:more/ pets/pets/train/", "train", "in pets.zip and one in the folder pets"),
        ("a/train.zip a/train/ a/test.zip", "train", "means both the folder train and train.zip"),
    ],
)
def test_a_name_that_means_one_thing_twice(
    deliver: Callable[..., list[str]], mine: Path, names: str, train: str, words: str
) -> None:
    make(mine, names if "a/test.zip" in names else f"{names} test.zip")
    message = one_line(lambda: deliver(train), "params.yaml: datasets.pets.splits.train: ", words)
    assert f" in {mine}; rename or remove one of them" in message


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        ("train.zip train/", "; rename or remove one of them, or write train.zip to mean that archive"),
        ("train/ Train/", "; rename or remove one of them"),
        ("train/ pets.zip:train/", "; rename or remove one of them"),
    ],
)
def test_the_way_out_is_one_that_works(deliver: Callable[..., list[str]], mine: Path, names: str, hint: str) -> None:
    make(mine, f"{names} test.zip")
    assert one_line(lambda: deliver("*rain")).endswith(hint)


@pytest.mark.parametrize(
    ("names", "train", "come"),
    [
        ("train.zip train/", "train.zip", ["test.zip", "train.zip"]),
        ("train.zip train/", "*.zip", ["test.zip", "train.zip"]),
        ("train.zip train.ZIP", "train.ZIP", ["test.zip", "train.ZIP"]),
        ("train.zip:train/ train_more.zip:train/", "train", ["test.zip", "train.zip"]),
        ("part_a.zip part_b/", "part_*.zip", ["part_a.zip", "part_b.zip", "test.zip"]),
        ("part_a.zip:train/ part_b.zip:train/", "train", ["part_a.zip", "part_b.zip", "test.zip"]),
        ("train.zip/", "train", ["test.zip", "train.zip"]),
        ("train.zip/", "train.zip", ["test.zip", "train.zip"]),
        ("train.zip other/ other.zip", "train", ["test.zip", "train.zip"]),
        ("pets.zip:train/ pets/notes/", "train", ["pets.zip", "test.zip"]),
    ],
)
def test_what_is_meant_once_comes(
    deliver: Callable[..., list[str]], mine: Path, names: str, train: str, come: list[str]
) -> None:
    make(mine, f"{names} test.zip")
    assert deliver(train) == come


def test_an_archive_that_a_split_names_is_not_looked_into_for_another(
    deliver: Callable[..., list[str]], mine: Path
) -> None:
    make(mine, "cat/ dog/ more.zip:cat/:dog/ test.zip:cat/:dog/")
    splits = {"train": ["cat", "dog", "more"], "validation": [], "test": ["test"]}
    assert deliver("", splits=splits) == ["cat.zip", "dog.zip", "more.zip", "test.zip"]


def test_a_stray_that_cannot_be_read_is_of_no_concern(deliver: Callable[..., list[str]], mine: Path) -> None:
    make(mine, "train/ test.zip")
    (mine / "stray.zip").write_bytes(b"x")
    assert deliver("train") == ["test.zip", "train.zip"]


def test_what_kaggle_unpacks(deliver: Callable[..., list[str]], mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(mine, "pets/train.zip pets/train/ pets/test.zip")
    monkeypatch.setattr(kagglehub, "dataset_download", lambda handle: str(mine))
    source = "kaggle:someone/pets"
    words = "means both the folder train and train.zip in kaggle:someone/pets"
    one_line(lambda: deliver("train", source=source), "datasets.pets.splits.train: 'train' ", words)


@pytest.mark.parametrize("other", ["train-images-idx3-ubyte", "train-images.idx3-ubyte.gz"])
def test_a_pair_of_which_a_half_is_there_twice(deliver: Callable[..., list[str]], mine: Path, other: str) -> None:
    for name in ("train", "test"):
        write_idx(mine, name, [0, 1])
    (mine / other).write_bytes(b"x")
    words = sorted(["train-images-idx3-ubyte.gz", other])
    one_line(lambda: deliver("train", layout="idx"), "splits.train: 'train' means both ", " and ".join(words))


def test_a_batch_that_two_archives_hold(deliver: Callable[..., list[str]], mine: Path) -> None:
    for name in ("a.tar.gz", "b.tgz"):
        write_tar(mine / name, BATCHES)
    splits = {"train": ["data_batch_*"], "validation": [], "test": ["test_batch"]}
    words = "'data_batch_*' means both data_batch_1 in a.tar.gz and data_batch_1 in b.tgz"
    one_line(lambda: deliver("", layout="cifar10-binary", splits=splits), words)
