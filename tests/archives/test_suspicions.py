"""What is odd about a delivery is said and kept in a table; classes are at the level, and in the order, wanted."""

import zipfile
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path
from unicodedata import normalize

import pandas
import pytest
from PIL import Image

from benchmarks.project import edit
from darkroom.core.files import read_json
from darkroom.images.decoding.labels import list_classes
from stages import prepare, unzip
from tests.support.refusals import one_line

Project = Callable[..., Path]
TAXA = ["animals/cat", "animals/dog", "plants/rose"]


def write(path: Path, names: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as opened:
        for number, name in enumerate(names):
            file = BytesIO()
            Image.new("L", (4, 3), number % 256).save(file, "JPEG")
            opened.writestr(name, b"" if name.endswith("/") else file.getvalue())


@pytest.fixture
def pets(project: Project) -> Callable[..., pandas.DataFrame]:
    """Unpack a train.zip and a test.zip of these names, with these settings; return the index."""

    def run(train: Iterable[str], test: Iterable[str] | None = None, **edits: object) -> pandas.DataFrame:
        splits = {"train": ["train"], "validation": [], "test": ["test"]}
        folder = project({f"datasets.intel.{key}": value for key, value in ({"splits": splits} | edits).items()})
        train = list(train)
        write(folder / "raw/train.zip", train)
        write(folder / "raw/test.zip", train if test is None else test)
        unzip.main(["intel", "--raw", "raw", "--out", "images"])
        return pandas.read_csv("images/index.csv", dtype=str, keep_default_na=False)

    return run


def images(*folders: str, count: int = 2) -> list[str]:
    return [f"{folder}/{number}.jpg" for folder in folders for number in range(count)]


def suspicions() -> list[tuple[str, str, str]]:
    path = Path("images/suspicions.csv")
    if not path.exists():
        return []
    table = pandas.read_csv(path, dtype=str)
    assert list(table.columns) == ["kind", "subject", "what"]
    return list(table.itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("labels", "subject", "meant"),
    [
        (("Cat", "cat", "dog"), "'Cat' (4) and 'cat' (4)", "'Cat'"),
        (("cat", "cat ", "dog"), "'cat' (4) and 'cat ' (4)", "'cat'"),
        (("cat", "CAT", " Cat", "dog"), "' Cat' (4) and 'CAT' (4) and 'cat' (4)", "' Cat'"),
        (("ｃａｔ", "cat", "dog"), "'cat' (4) and 'ｃａｔ' (4)", "'cat'"),
        (("STRASSE", "straße", "dog"), "'STRASSE' (4) and 'straße' (4)", "'STRASSE'"),
    ],
)
def test_classes_that_are_probably_one(
    pets: Callable[..., pandas.DataFrame],
    capsys: pytest.CaptureFixture[str],
    labels: tuple[str, ...],
    subject: str,
    meant: str,
) -> None:
    index = pets(images(*labels))
    assert set(index["class"]) == set(labels)
    [(kind, found, what)] = suspicions()
    assert (kind, found) == ("classes alike", subject)
    assert f"probably one is meant, {meant}: if so, give the folders one name" in what
    assert f"[unzip intel] {subject}: {what}" in capsys.readouterr().err


def test_the_class_with_most_images_is_the_one_that_is_meant(pets: Callable[..., pandas.DataFrame]) -> None:
    pets([*images("Cat", "dog"), *images("cat", count=9)])
    assert "is meant, 'cat'" in suspicions()[0][2]


def test_a_class_that_train_lacks_but_for_its_capitals(pets: Callable[..., pandas.DataFrame]) -> None:
    words = ("class Cat is not in train, which has cat, dog; did you mean 'cat' by 'Cat'?",)
    one_line(lambda: pets(images("cat", "dog"), images("Cat", "dog")), "datasets.intel.splits.test: ", *words)


def test_other_classes_are_above_suspicion(pets: Callable[..., pandas.DataFrame]) -> None:
    folders = [f"{label}/{part}" for label in ("cat", "dog") for part in ("left", "right")]
    composed = [f"{normalize(form, 'thé')}" for form in ("NFC", "NFD")]
    pets(images("a cat", "acat", "a-cat", *folders, "patients/p1", "patients/p2", *composed))
    assert suspicions() == []


@pytest.mark.parametrize("prefix", ["", "train/"])
def test_a_class_that_holds_the_classes(
    pets: Callable[..., pandas.DataFrame], capsys: pytest.CaptureFixture[str], prefix: str
) -> None:
    index = pets(images(*(f"{prefix}{taxon}" for taxon in TAXA)))
    assert set(index["class"]) == {"animals", "plants"}
    [(kind, subject, what)] = suspicions()
    assert (kind, subject) == ("class level", "animals, plants")
    assert "in folders within, cat, dog, rose: if these are the classes, write datasets.intel.class_level: 2" in what
    assert what in capsys.readouterr().err


@pytest.mark.parametrize(
    ("level", "folders", "expected"),
    [
        (1, TAXA, {"animals", "plants"}),
        (2, TAXA, {"cat", "dog", "rose"}),
        ("last", TAXA, {"cat", "dog", "rose"}),
        (2, ["animals/cat/left", "animals/cat/right", "plants/rose/x"], {"cat", "rose"}),
        ("last", ["animals/cat/red", "animals/cat/grey", "plants/rose/red"], {"red", "grey"}),
        ("last", ["cat", "animals/dog", "plants/rose"], {"cat", "dog", "rose"}),
        (2, ["all/animals/cat", "all/animals/dog", "all/plants/rose"], {"cat", "dog", "rose"}),
    ],
)
def test_the_level_of_the_classes(
    pets: Callable[..., pandas.DataFrame], level: int | str, folders: list[str], expected: set[str]
) -> None:
    index = pets(images(*folders), class_level=level)
    assert set(index["class"]) == expected and len(index) == 4 * len(folders)
    assert index["file"].is_unique and suspicions() == []


def test_a_split_with_one_branch_has_the_same_level(pets: Callable[..., pandas.DataFrame]) -> None:
    index = pets(images(*TAXA), images("animals/cat", "animals/dog"), class_level=2)
    assert set(index[index["split"] == "test"]["class"]) == {"cat", "dog"}


def test_images_above_the_level(pets: Callable[..., pandas.DataFrame]) -> None:
    stray = [*images(*TAXA), *images("animals")]
    one_line(lambda: pets(stray, class_level=2), "'animals/0.jpg' stands in no class folder")


def test_an_unknown_level(pets: Callable[..., pandas.DataFrame]) -> None:
    words = "datasets.intel.class_level: 3: input should be 1, 2 or 'last'"
    one_line(lambda: pets(images(*TAXA), class_level=3), words)


@pytest.mark.parametrize("empty", [["fish/"], ["fish/notes.txt"], ["fish/.DS_Store"], ["fish/", "newt/Thumbs.db"]])
def test_empty_classes_are_refused_or_left_out(
    pets: Callable[..., pandas.DataFrame], capsys: pytest.CaptureFixture[str], empty: list[str]
) -> None:
    train = [*images("cat", "dog"), *empty]
    labels = sorted({name.partition("/")[0] for name in empty})
    key = "leave them out with datasets.intel.empty_classes: leave-out"
    one_line(lambda: pets(train, images("cat", "dog")), f"no image in the class folders {', '.join(labels)}", key)
    index = pets(train, images("cat", "dog"), empty_classes="leave-out")
    assert set(index["class"]) == {"cat", "dog"}
    assert [(kind, subject) for kind, subject, _ in suspicions()] == [("empty class", f"train/{one}") for one in labels]
    assert f"train/{labels[0]}: a folder of train.zip without an image: left out" in capsys.readouterr().err


@pytest.mark.parametrize("loose", ["cover.jpg", "all/cover.png", "all/train/cover.jpg"])
def test_one_loose_picture_is_left_out(pets: Callable[..., pandas.DataFrame], loose: str) -> None:
    index = pets([*images("all/train/cat", "all/train/dog"), loose])
    assert set(index["class"]) == {"cat", "dog"} and loose not in set(index["member"])
    assert suspicions()[0] == ("loose image", f"train.zip: {loose}", "stands in no class folder: left out")


def test_a_loose_picture_does_not_hide_the_splits(pets: Callable[..., pandas.DataFrame], project: Project) -> None:
    folder = project({"datasets.intel.splits": {"train": ["train"], "validation": [], "test": ["test"]}})
    write(folder / "raw/pets.zip", ["cover.jpg", *images("all/train/cat", "all/train/dog", "all/test/cat")])
    unzip.main(["intel", "--raw", "raw", "--out", "images"])
    assert pandas.read_csv("images/index.csv")["split"].to_list() == ["train"] * 4 + ["test"] * 2


@pytest.mark.parametrize(("loose", "taken"), [(2, True), (3, False)])
def test_more_than_one_in_a_hundred_are_no_oversight(
    pets: Callable[..., pandas.DataFrame], loose: int, taken: bool
) -> None:
    train = [*images("cat", "dog", count=100), *(f"{number}.jpg" for number in range(loose))]
    if taken:
        assert len(pets(train, images("cat"))) == 202
    else:
        one_line(lambda: pets(train, images("cat")), "'0.jpg' stands in no class folder")


ORDERS: Mapping[str, tuple[list[str], list[str]]] = {
    "numbers": (["1", "10", "2"], ["1", "2", "10"]),
    "numbers in names": (["c1", "c10", "c2", "d"], ["c1", "c2", "c10", "d"]),
    "numbers before words": (["10", "9", "a"], ["9", "10", "a"]),
    "leading zeros": (["01", "1", "2"], ["01", "1", "2"]),
    "words": (["B", "a", "b"], ["B", "a", "b"]),
}


@pytest.mark.parametrize(("alphabetical", "natural"), ORDERS.values(), ids=ORDERS)
def test_the_order_of_classes(alphabetical: list[str], natural: list[str]) -> None:
    index = pandas.DataFrame({"split": "train", "class": alphabetical[::-1]})
    assert list_classes(index, ["train"], Path("images"), "alphabetical") == alphabetical
    assert list_classes(index, ["train"], Path("images"), "natural") == natural


@pytest.mark.parametrize(("order", "expected"), [("alphabetical", ["1", "10", "2"]), ("natural", ["1", "2", "10"])])
def test_the_order_of_classes_fixes_the_labels(
    pets: Callable[..., pandas.DataFrame], order: str, expected: list[str]
) -> None:
    pets(images("1", "2", "10"))
    edit(Path(), {"views.intel-150.class_order": order, "views.intel-150.size": 4})
    prepare.main(["intel-150", "--images", "images", "--of", "intel", "--out", "view"])
    assert read_json(Path("view/view.json"))["classes"] == expected
    index = pandas.read_csv("view/index.csv", dtype={"class": str})
    assert dict(zip(index["class"], index["label"], strict=True)) == {name: expected.index(name) for name in expected}
