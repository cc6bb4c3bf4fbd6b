"""Zips as they are delivered: classes in file names, three splits in one archive, and drawn splits."""

import zipfile
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from unicodedata import normalize

import pandas
import pytest
from PIL import Image

from darkroom.core.errors import UserError
from stages import unzip
from tests.support.data_sets import SHARED

Project = Callable[..., Path]
SPLITS = {"train": ["train"], "validation": ["validation"], "test": ["test"]}


def archive(path: Path, names: Iterable[str]) -> None:
    """Write a zip of small JPEGs, each another one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as opened:
        for number, name in enumerate(names):
            file = BytesIO()
            Image.new("L", (4, 3), number).save(file, "JPEG")
            opened.writestr(name, file.getvalue())


@pytest.fixture
def pets(project: Project) -> Callable[..., Path]:
    """A project with one flat archive of these names."""

    def make(names: Iterable[str], name: str = "train.zip", key: str = "cats-dogs", **edits: object) -> Path:
        folder = project({f"datasets.{key}.{part}": value for part, value in edits.items()})
        archive(folder / "raw" / name, names)
        return folder

    return make


def run(key: str = "cats-dogs", raw: Path = Path("raw")) -> pandas.DataFrame:
    unzip.main([key, "--raw", str(raw), "--out", "images"])
    return pandas.read_csv("images/index.csv", dtype=str, keep_default_na=False)


def refused(*words: str, key: str = "cats-dogs") -> None:
    with pytest.raises(UserError) as caught:
        run(key)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message
    assert not Path("images").exists()


def flat(count: int, prefix: str = "train/") -> list[str]:
    return [f"{prefix}{label}.{number}.jpg" for label in ("cat", "dog") for number in range(count)]


def draw(**counts: int | None) -> dict[str, int | None]:
    return {"seed": 42, "train": None, "validation": None, "test": 2} | counts


@pytest.mark.parametrize("prefix", ["train/", "", "a/train/"])
def test_classes_in_file_names(pets: Callable[..., Path], prefix: str) -> None:
    folder = pets([*flat(5, prefix), f"{prefix}readme.txt", f"__MACOSX/{prefix}._cat.0.jpg"], draw=draw(validation=1))
    index = run()
    counts = index.groupby(["split", "class"]).size()
    expected = {"train": 2, "validation": 1, "test": 2}
    assert counts.to_dict() == {(split, label): expected[split] for split in expected for label in ("cat", "dog")}
    assert sorted(Path(member).name for member in index["member"]) == sorted(Path(name).name for name in flat(5))
    assert all((folder / "images" / file).is_file() for file in index["file"])
    assert list(index["split"].unique()) == ["train", "validation", "test"]


@pytest.mark.parametrize("stray", ["train/1234.jpg", "train/.1234.x.jpg", "train/cat.jpg"])
def test_a_name_without_a_class(pets: Callable[..., Path], stray: str) -> None:
    pets([*flat(5), stray], draw=draw())
    refused("raw/train.zip", repr(stray), "no class in its name", "<class>.<anything>.<ending>")


def test_a_single_class_in_the_names(pets: Callable[..., Path]) -> None:
    pets([name for name in flat(9) if "cat" in name], draw=draw())
    refused("datasets.cats-dogs.splits.train: all images are of one class, 'cat'", "<class>.<anything>.<ending>")


def test_too_few_images_for_a_draw(pets: Callable[..., Path]) -> None:
    pets([*flat(5), "train/cat.77.jpg"], draw=draw(train=4))
    refused("datasets.cats-dogs.draw.train: 4 images of each class, but dog has 3 left")


def three(validation: Iterable[str] = ("glass", "paper")) -> list[str]:
    labels = {"train": ("glass", "paper"), "validation": validation, "test": ("glass", "paper")}
    return [f"waste/{split}/{label}/{n}.jpg" for split in labels for label in labels[split] for n in range(2)]


def test_three_splits_in_one_archive(pets: Callable[..., Path]) -> None:
    pets(three(), "waste.zip", "waste", splits=SPLITS)
    index = run("waste")
    assert list(index["split"]) == ["train"] * 4 + ["validation"] * 4 + ["test"] * 4
    assert list(index["file"])[4:6] == ["validation/glass/0.jpg", "validation/glass/1.jpg"]


@pytest.mark.parametrize("stray", [".ipynb_checkpoints/1.jpg", "__MACOSX/1.jpg"])
def test_a_hidden_folder_beside_the_one_that_holds_the_splits(pets: Callable[..., Path], stray: str) -> None:
    pets([stray, *three()], "waste.zip", "waste", splits=SPLITS)
    assert list(run("waste")["split"]) == ["train"] * 4 + ["validation"] * 4 + ["test"] * 4


def nested(*labels: str, tops: tuple[str, ...] = ("train", "train")) -> list[str]:
    """Six images of two classes, in the split's folder within another of its name."""
    return ["/".join((*tops, label, f"{number}.jpg")) for label in labels for number in range(3)]


@pytest.mark.parametrize("pattern", ["train", "t*"])
def test_a_folder_within_one_of_its_name_gives_its_images_once(pets: Callable[..., Path], pattern: str) -> None:
    splits = {"train": [pattern], "validation": [], "test": []}
    pets(nested("glass", "paper"), "waste.zip", "waste", source="../mine", splits=splits, draw=draw(test=1))
    index = run("waste")
    assert index["sha256"].is_unique
    assert index.groupby(["split", "class"]).size().to_dict() == {
        (split, label): number for split, number in (("train", 2), ("test", 1)) for label in ("glass", "paper")
    }


def test_flat_images_of_a_folder_within_one_of_its_name_are_taken_once(pets: Callable[..., Path]) -> None:
    pets(flat(3, "train/train/"), "pets.zip", draw=draw(test=1))
    index = run()
    assert index["sha256"].is_unique
    assert index["split"].value_counts().to_dict() == {"train": 4, "test": 2}


def test_a_folder_and_one_within_it_that_are_both_named_give_their_images_once(pets: Callable[..., Path]) -> None:
    splits = {"train": ["inner", "outer"], "validation": [], "test": []}
    names = nested("glass", "paper", tops=("outer", "inner"))
    pets(names, "waste.zip", "waste", source="../mine", splits=splits, draw=draw(test=1))
    assert sorted(run("waste")["member"]) == sorted(names)


@pytest.mark.parametrize("layout", ["class-folders", "class-in-name"])
def test_a_class_is_one_however_its_name_is_spelled(pets: Callable[..., Path], layout: str) -> None:
    form = "{split}/{label}/{number}.jpg" if layout == "class-folders" else "{split}/{label}.{number}.jpg"
    spelled = {"train": ("thé", "eau"), "test": (normalize("NFD", "thé"), "eau")}
    names = [
        form.format(split=split, label=label, number=number)
        for split, labels in spelled.items()
        for label in labels
        for number in range(2)
    ]
    splits = {"train": ["train"], "validation": [], "test": ["test"]}
    folder = pets(names, "drinks.zip", layout=layout, source="../mine", splits=splits, draw=None)
    index = run()
    assert set(index["class"]) == {normalize("NFC", "thé"), "eau"}
    assert sorted(path.name for path in (folder / "images/test").iterdir()) == sorted(set(index["class"]))


def test_folders_that_are_one_class_are_joined(pets: Callable[..., Path]) -> None:
    both = [f"train/{normalize(form, 'thé')}/1.jpg" for form in ("NFC", "NFD")]
    edits = {"layout": "class-folders", "splits": {"train": ["train"], "validation": [], "test": []}}
    folder = pets([*both, "train/eau/1.jpg", "train/eau/2.jpg"], draw=draw(test=1), **edits)
    index = run()
    assert index["class"].value_counts().to_dict() == {normalize("NFC", "thé"): 2, "eau": 2}
    assert sorted(index["member"])[2:] == sorted(both)
    assert all((folder / "images" / file).is_file() for file in index["file"])


def test_a_class_only_in_validation(pets: Callable[..., Path]) -> None:
    pets(three(["glass", "newt"]), "waste.zip", "waste", splits=SPLITS)
    refused("datasets.waste.splits.validation: class newt is not in train, which has glass, paper", key="waste")


def test_a_folder_in_two_splits(pets: Callable[..., Path]) -> None:
    splits = SPLITS | {"validation": ["t*"]}
    pets(three(), "waste.zip", "waste", splits=splits)
    refused("datasets.waste.splits.validation: waste.zip is in train already", key="waste")


def test_a_validation_split_that_is_not_there(pets: Callable[..., Path]) -> None:
    pets([name for name in three() if "validation" not in name], "waste.zip", "waste", splits=SPLITS)
    refused("datasets.waste.splits.validation: 'validation': no zip archive or folder of that name", key="waste")


needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")


@needs_shared
def test_the_real_cats_and_dogs(project: Project) -> None:
    project({"datasets.cats-dogs.draw": draw(train=300, validation=20, test=80)})
    index = run(raw=SHARED / "cats_dogs")
    counts = index.groupby(["split", "class"]).size()
    assert [counts[split].to_list() for split in ("train", "validation", "test")] == [[300] * 2, [20] * 2, [80] * 2]
    assert index["member"].is_unique and index["file"].is_unique


@needs_shared
def test_the_real_waste(project: Project) -> None:
    project({"datasets.waste.splits": SPLITS})
    counts = run("waste", SHARED / "waste").groupby(["split", "class"]).size()
    assert list(counts["train"]) == [166, 166, 166, 167, 166, 109]
    assert list(counts["validation"]) == list(counts["test"]) == [21, 21, 21, 21, 21, 14]


@needs_shared
def test_the_real_small_pictures_in_class_folders(project: Project) -> None:
    splits = {"train": ["cifar10_train"], "validation": [], "test": ["cifar10_test"]}
    edits = {"layout": "class-folders", "splits": splits, "draw": draw(train=20, validation=10, test=5)}
    edits |= {"source": "../mine"}
    project({f"datasets.cifar10.{key}": value for key, value in edits.items()})
    counts = run("cifar10", SHARED / "cifar10").groupby(["split", "class"]).size()
    assert {split: set(counts[split]) for split in SPLITS} == {"train": {20}, "validation": {10}, "test": {5}}
    assert counts.size == 30
