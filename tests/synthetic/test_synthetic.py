"""Drawn data sets: the same bytes for the same seed, in the format of the real archives, learnable but not trivial."""

import io
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression

from darkroom.core.errors import UserError
from darkroom.synthetic import deliveries as synthetic
from darkroom.synthetic.scenes import KINDS, draw_scene
from tests.support.data_sets import SYNTHETIC, dataset

SPLITS = {"train": ["seg_train"], "validation": [], "test": ["seg_test"]}
CLASSES = SYNTHETIC["classes"]


def drawn(
    out: Path,
    train: int = 5,
    test: int = 1,
    seed: int = 7,
    classes: list[str] = CLASSES,
    splits: dict[str, list[str]] = SPLITS,
) -> dict[str, bytes]:
    """Draw a data set and return the members of both archives."""
    choice = {"classes": classes, "train_per_class": train, "test_per_class": test, "seed": seed}
    synthetic.draw_delivery(dataset(choice, splits=splits), out)
    members = {}
    for path in sorted(out.iterdir()):
        with zipfile.ZipFile(path) as archive:
            members |= {name: archive.read(name) for name in archive.namelist()}
    return members


def opened(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file))


def label(name: str) -> str:
    return name.split("/")[2]


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return drawn(tmp_path_factory.mktemp("drawn"), train=50, test=20)


def test_two_draws_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first = drawn(tmp_path / "first")
    drawn(tmp_path / "second")
    other = drawn(tmp_path / "other", seed=8)
    for name in ("seg_train.zip", "seg_test.zip"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == ["seg_test.zip", "seg_train.zip"]
    assert not set(first.values()) & set(other.values())


def test_no_image_is_drawn_twice(members: dict[str, bytes]) -> None:
    assert len(set(members.values())) == len(members) == 6 * 70


def test_more_images_of_a_class_leave_the_others_as_they_were(members: dict[str, bytes], tmp_path: Path) -> None:
    few = drawn(tmp_path, train=8, test=6)
    assert len(few) == 6 * 14
    assert few.items() <= members.items()


def test_fewer_classes_are_the_same_scenes(members: dict[str, bytes], tmp_path: Path) -> None:
    some = drawn(tmp_path, train=4, test=4, classes=["street", "forest"])
    assert {label(name) for name in some} == {"street", "forest"}
    assert set(some) <= set(members)
    square = [name for name in some if opened(some[name]).size == opened(members[name]).size == (150, 150)]
    assert len(square) >= 14
    assert all(some[name] == members[name] for name in square)


def test_members_nest_as_in_the_real_archives(members: dict[str, bytes]) -> None:
    for folder, count, low, high in (("seg_train", 50, 0, 20_000), ("seg_test", 20, 20_000, 40_000)):
        inside = [name.split("/") for name in members if name.startswith(f"{folder}/")]
        assert all(parts[:2] == [folder, folder] and len(parts) == 4 for parts in inside)
        assert sorted(parts[2] for parts in inside) == sorted(CLASSES * count)
        numbers = [int(parts[3].removesuffix(".jpg")) for parts in inside]
        assert len(set(numbers)) == len(numbers)
        assert min(numbers) >= low
        assert max(numbers) < high
        assert numbers != sorted(numbers)


def test_numbers_of_the_classes_are_mixed(members: dict[str, bytes]) -> None:
    order = sorted(
        (int(name.split("/")[3].removesuffix(".jpg")), label(name)) for name in members if "seg_train" in name
    )
    changes = sum(before[1] != after[1] for before, after in pairwise(order))
    assert changes > len(order) / 2


@pytest.mark.parametrize("split", [0, 1])
def test_numbers_stay_distinct_beyond_a_block(split: int) -> None:
    many, few = synthetic.number_images(7, split, 10_000, 6), synthetic.number_images(7, split, 100, 6)
    assert len(numpy.unique(many)) == many.size
    assert numpy.array_equal(many[:100], few)
    assert not numpy.intersect1d(synthetic.number_images(7, 1 - split, 10_000, 6), many).size


def test_images_are_colour_jpegs_mostly_square(members: dict[str, bytes]) -> None:
    images = [opened(file) for file in members.values()]
    assert {(image.format, image.mode, image.width) for image in images} == {("JPEG", "RGB", 150)}
    others = [image.height for image in images if image.height != 150]
    assert 0.007 < len(others) / len(images) < 0.028
    assert all(76 <= height <= 149 for height in others)


@pytest.mark.parametrize("seed", range(3))
def test_thirty_images_hold_one_that_is_not_square(tmp_path: Path, seed: int) -> None:
    members = drawn(tmp_path, train=5, test=1, seed=seed)
    assert any(opened(file).height != 150 for name, file in members.items() if "seg_train" in name)


def test_archives_are_stored_with_a_fixed_time(tmp_path: Path) -> None:
    drawn(tmp_path, train=1)
    with zipfile.ZipFile(tmp_path / "seg_train.zip") as archive:
        kinds = {(member.compress_type, member.date_time) for member in archive.infolist()}
    assert kinds == {(zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0))}


def test_archives_are_named_after_the_first_name_of_each_split(tmp_path: Path) -> None:
    drawn(tmp_path, train=1, splits={"train": ["part-*.ZIP", "more"], "validation": [], "test": ["*"]})
    assert {path.name for path in tmp_path.iterdir()} == {"part-.zip", "test.zip"}


@pytest.mark.parametrize(
    ("train", "test", "named"),
    [("../seg", "seg_test", "splits.train"), ("seg", "a/b", "splits.test"), ("seg", "seg.zip", "splits.test")],
)
def test_names_that_make_no_two_archives_are_refused(tmp_path: Path, train: str, test: str, named: str) -> None:
    with pytest.raises(UserError, match=named) as caught:
        drawn(tmp_path / "out", splits={"train": [train], "validation": [], "test": [test]})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["../evil", "a/b"])
def test_idx_files_stay_in_their_folder(tmp_path: Path, name: str) -> None:
    choice = {"classes": ["0", "1"], "sizes": "same"}
    out = tmp_path / "raw" / "digits"
    (out / "a").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    described = dataset(choice, layout="idx", splits={"train": [name], "validation": [], "test": ["t10k"]})
    with pytest.raises(UserError, match=r"splits\.train: .*not a file name") as caught:
        synthetic.draw_delivery(described, out)
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failure_leaves_no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(synthetic, "draw_picture", fails)
    with pytest.raises(OSError, match="full"):
        drawn(tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("kind", CLASSES)
def test_a_scene_fills_any_size(kind: str) -> None:
    image = draw_scene(kind, numpy.random.default_rng(1), 90, 40)
    assert (image.size, image.mode) == ((90, 40), "RGB")
    assert numpy.asarray(image).std() > 5
    assert list(KINDS) == CLASSES


def test_colours_alone_tell_some_classes_but_not_all(members: dict[str, bytes]) -> None:
    def features(split: str) -> tuple[numpy.ndarray, list[str]]:
        names = [name for name in members if name.startswith(split)]
        small = [opened(members[name]).resize((8, 8), Image.Resampling.BOX) for name in names]
        return numpy.array([numpy.asarray(image).ravel() / 255 for image in small]), [label(name) for name in names]

    model = LogisticRegression(C=0.1, max_iter=300).fit(*features("seg_train"))
    assert 0.45 < model.score(*features("seg_test")) < 0.95
