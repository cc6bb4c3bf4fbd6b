"""Shards: which images go to which, and a view in shards against the same view in one piece."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy
import pandas
import pytest
from PIL import Image

from darkroom.core.filenames import name_shards
from darkroom.images.decoding import division
from darkroom.images.decoding.division import assign_shards
from darkroom.images.prepared.shards import ShardedView, open_view
from darkroom.images.prepared.validation import split_learning_rows
from stages import divide, prepare, shard
from tests.support.image_folders import picture, write_folder, write_index
from tests.support.refusals import one_line

Project = Callable[..., Path]
SHARDS = 3


def tabulate(count: int, archive: str = "a.zip", start: int = 0) -> pandas.DataFrame:
    """An index of images that there might be."""
    digests = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(start, start + count)]
    return pandas.DataFrame({"sha256": digests, "archive": archive})


def changed(before: pandas.DataFrame, after: pandas.DataFrame, count: int) -> set[int]:
    """The shards whose images are others."""
    shards = []
    for index in (before, after):
        numbers = assign_shards(index, count)
        shards.append([list(index["sha256"][numbers == number]) for number in range(count)])
    return {number for number in range(count) if shards[0][number] != shards[1][number]}


def test_every_image_has_a_shard_and_all_shards_have_about_as_many() -> None:
    numbers = assign_shards(tabulate(100_000), 8)
    sizes = numpy.bincount(numbers, minlength=8)
    assert numbers.dtype == numpy.int64 and sizes.sum() == 100_000
    assert sizes.min() > 9_000 and sizes.max() < 16_500


def test_ten_images_in_an_archive_of_their_own_change_one_shard() -> None:
    index = tabulate(20_000)
    more = tabulate(10, "more.zip", 50_000)
    assert len(changed(index, pandas.concat([index, more], ignore_index=True), 16)) == 1
    places = numpy.r_[:5_000, 20_000:20_005, 5_000:15_000, 20_005:20_010, 15_000:20_000]  # of two classes
    mixed = pandas.concat([index, more], ignore_index=True).iloc[places].reset_index(drop=True)
    assert len(changed(index, mixed, 16)) == 1


def test_an_image_more_or_less_among_others_changes_its_block_and_perhaps_the_next() -> None:
    index, new = tabulate(20_000), tabulate(1, start=60_000)
    for place in (0, 777, 12_345, 20_000):
        more = pandas.concat([index[:place], new, index[place:]], ignore_index=True)
        assert 1 <= len(changed(index, more, 16)) <= 2
    removed = index.drop(index=12_345).reset_index(drop=True)
    assert 1 <= len(changed(index, removed, 16)) <= 2


def test_names_of_shards_are_as_long_as_each_other() -> None:
    assert name_shards("small", 2) == ["small-shard-1", "small-shard-2"]
    assert name_shards("large", 12)[8:10] == ["large-shard-09", "large-shard-10"]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Images of two classes in three splits."""
    counts = {"train": 12, "validation": 3, "test": 5}
    folders = [(f"{split}/{name}", count) for split, count in counts.items() for name in ("ice", "sea")]
    names = [f"{folder}/{number}.png" for folder, count in folders for number in range(count)]
    return write_folder(tmp_path / "images", {file: picture(seed) for seed, file in enumerate(names)})


@pytest.fixture
def both(project: Project, images: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple]:
    """Return what prepares the images in one piece and in shards, and opens both."""
    monkeypatch.setattr(division, "BEGINS", 2)
    monkeypatch.setattr(division, "LEAST", 1)

    def make(**changes: object) -> tuple:
        settings = {"size": 8, "corrupt": "leave-out", "shards": SHARDS} | changes
        project({f"views.intel-150.{key}": value for key, value in settings.items()})
        prepare.main(["intel-150", "--images", str(images), "--of", "intel", "--out", "plain"])
        cut(images)
        return open_view(Path("plain")), open_view(Path("view"))

    return make


def cut(images: Path) -> None:
    """Make the view in shards."""
    divide.main(["intel-150", "--images", str(images), "--of", "intel", "--lists", "lists", "--out", "view/index"])
    for name in name_shards("intel-150", SHARDS):
        of_view = ["--view", "intel-150", "--lists", "lists", "--images", str(images), "--out", f"view/{name}"]
        shard.main([name, *of_view])


def compare(plain: object, view: ShardedView) -> None:
    """Check that two views are read alike."""
    assert isinstance(view, ShardedView) and min(map(len, (numpy.unique(view.kept["train"].shards), [1, 2]))) > 1
    assert view.description == plain.description and view.shape == plain.shape
    assert list(view.description) == list(plain.description)
    assert view.learning_splits == plain.learning_splits
    for split in ("train", "validation", "test"):
        rows = numpy.random.default_rng(3).permutation(plain.count(split))
        assert view.count(split) == plain.count(split)
        assert view.list_files(split) == plain.list_files(split)
        for given in (rows, numpy.sort(rows), rows[:0]):
            numpy.testing.assert_array_equal(view.read(split, given), plain.read(split, given))
        numpy.testing.assert_array_equal(view.labels(split), plain.labels(split))
    rows = numpy.arange(plain.count("train") + plain.count("validation"))[::-1]
    numpy.testing.assert_array_equal(view.read_learning(rows), plain.read_learning(rows))


def test_a_view_in_shards_is_read_like_the_view_in_one_piece(both: Callable[..., tuple]) -> None:
    compare(*both())


def test_corrupt_images_are_left_out_of_both_alike(both: Callable[..., tuple], images: Path) -> None:
    for file in ("train/ice/3.png", "train/sea/0.png", "test/sea/4.png"):
        (images / file).write_bytes(b"no image")
    write_index(images)
    plain, view = both()
    compare(plain, view)
    left_out = [one["file"] for one in view.description["left_out"]]
    assert left_out == ["train/ice/3.png", "train/sea/0.png", "test/sea/4.png"]


def test_groups_stay_together_in_both_alike(both: Callable[..., tuple], images: Path) -> None:
    index = pandas.read_csv(images / "index.csv", dtype=str)
    index.assign(group=[f"camera {number % 5}" for number in range(len(index))]).to_csv(
        images / "index.csv", index=False
    )
    plain, view = both()
    numpy.testing.assert_array_equal(view.groups(), plain.groups())


def test_the_same_validation_images_are_drawn(both: Callable[..., tuple], images: Path) -> None:
    for number in (3, 4):
        (images / f"train/ice/{number}.png").write_bytes((images / f"train/sea/{number}.png").read_bytes())
    for file in images.glob("validation/*/*"):
        file.unlink()
    write_index(images)
    plain, view = both()
    assert numpy.bincount(view.copies()).tolist().count(2) == 2
    numpy.testing.assert_array_equal(view.copies(), plain.copies())
    for ours, theirs in zip(split_learning_rows(view, 0.3, 5), split_learning_rows(plain, 0.3, 5), strict=True):
        numpy.testing.assert_array_equal(ours, theirs)


def test_what_decides_the_rows_of_a_split_is_hashed(both: Callable[..., tuple]) -> None:
    _, view = both()
    before = view.hash_images("train")
    places = Path("view/index/train-places.npy")
    numpy.save(places, numpy.load(places)[::-1])
    assert view.hash_images("train") != before


def test_an_image_that_is_not_the_listed_one_is_refused(both: Callable[..., tuple], images: Path) -> None:
    both()
    picture(99).save(images / "train/sea/7.png")
    line = one_line(lambda: cut_again(images))
    assert "train/sea/7.png: not the image that was unpacked" in line


def cut_again(images: Path) -> None:
    """Make every shard from lists that are there."""
    for name in name_shards("intel-150", SHARDS):
        of_view = ["--view", "intel-150", "--lists", "lists", "--images", str(images), "--out", f"view/{name}"]
        shard.main([name, *of_view])


def test_a_corrupt_image_stops_its_shard_where_the_view_says_so(
    both: Callable[..., tuple], images: Path, project: Project
) -> None:
    both()
    (images / "train/sea/7.png").write_bytes(b"no image")
    write_index(images)
    project({"views.intel-150.size": 8, "views.intel-150.shards": SHARDS})
    line = one_line(lambda: cut(images))
    assert "1 corrupt image: train/sea/7.png" in line and "views.intel-150.corrupt: leave-out" in line


def test_a_missing_shard_and_a_class_of_corrupt_images_are_named(both: Callable[..., tuple], images: Path) -> None:
    both()
    (Path("view") / "intel-150-shard-2/shard.json").unlink()
    assert "python -m stages.shard intel-150-shard-2" in one_line(lambda: open_view(Path("view")))
    for file in images.glob("train/sea/*"):
        file.write_bytes(b"no image")
    write_index(images)
    cut(images)
    assert "all training images of sea are corrupt" in one_line(lambda: open_view(Path("view")))


def test_the_rows_of_an_array_are_checked_too(tmp_path: Path) -> None:
    pixels = numpy.arange(3 * 4 * 4, dtype=numpy.uint8).reshape(3, 4, 4)
    numpy.save(tmp_path / "7.npy", pixels)
    assert division.hash_image(tmp_path / "7.npy/1") == hashlib.sha256(pixels[1].tobytes()).hexdigest()


def test_a_shard_knows_the_range_of_all_images(both: Callable[..., tuple], images: Path) -> None:
    """12 bits in 16: a shard that holds dark images alone takes no other white than the rest."""

    for number, file in enumerate(sorted(images.glob("*/*/*"))):
        values = numpy.full((6, 6), 4095 if number == 0 else 40 * number, numpy.uint16)
        Image.fromarray(values).save(file)
    write_index(images)
    plain, view = both(mode="L")
    compare(plain, view)
    assert json.loads(Path("lists/whole.json").read_text())["whole"] == [0, 4095]


def test_duplicates_are_dropped_before_the_view_is_divided(both: Callable[..., tuple], images: Path) -> None:
    (images / "train/ice/5.png").write_bytes((images / "test/ice/0.png").read_bytes())
    write_index(images)
    plain, view = both(duplicates="drop-from-train")
    compare(plain, view)
    assert "train/ice/5.png" not in view.list_files("train") and view.count("train") == 23


def test_more_shards_than_blocks_leave_some_empty(project: Project, images: Path) -> None:
    project({"views.intel-150.size": 8, "views.intel-150.shards": SHARDS})
    prepare.main(["intel-150", "--images", str(images), "--of", "intel", "--out", "plain"])
    cut(images)
    view = open_view(Path("view"))
    rows = numpy.arange(view.count("train"))
    numpy.testing.assert_array_equal(view.read("train", rows), open_view(Path("plain")).read("train", rows))
