"""Images are the same by bytes, by pixels, or by looks; and what must not train is left out where that is asked."""

from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from PIL import Image, ImageEnhance

from darkroom.core.errors import UserError
from darkroom.images.decoding import duplicates, fingerprints, survey
from darkroom.images.decoding.images import read_index
from tests.support.decoding import DECODING
from tests.support.image_folders import write_folder


def photograph(seed: int, size: int = 200) -> Image.Image:
    """Clouds in colour, with as much in the low frequencies as photographs have."""
    generator = numpy.random.default_rng(seed)
    layers = [
        numpy.asarray(
            Image.fromarray(generator.integers(0, 256, (side, side, 3), dtype=numpy.uint8)).resize((size, size))
        )
        / 3
        for side in (3, 6, 12)
    ]
    return Image.fromarray(sum(layers).astype(numpy.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A leak by looks, two labels by pixels, a copy by bytes, and images that are like no other."""
    contents: dict[str, Any] = {f"train/sea/{number}.png": photograph(number) for number in range(6)}
    contents |= {f"train/wood/{number}.png": photograph(10 + number) for number in range(5)}
    contents |= {f"test/{name}/{number}.png": photograph(20 + number) for number, name in enumerate(("sea", "wood"))}
    contents |= {"test/sea/small.jpg": photograph(1).resize((120, 120)), "train/wood/same.bmp": photograph(2)}
    contents |= {"train/sea/copy.png": photograph(3)}
    contents |= {f"train/sea/flat-{shade}.png": Image.new("RGB", (200, 200), (shade,) * 3) for shade in (90, 91)}
    return write_folder(tmp_path / "images", contents)


def group(folder: Path, distance: int | None) -> dict[tuple[str, str], list[str]]:
    index = read_index(folder)
    looks = [survey._look(folder / file, DECODING)[:2] for file in index["file"]]
    images = index.assign(
        pixels=[pixels for pixels, _ in looks], looks=pandas.Series([one for _, one in looks], dtype=object)
    )
    found = duplicates.group_duplicates(images, distance)
    return {
        (rows["kind"].iloc[0], rows["alike"].iloc[0]): [file.split("/", 1)[1] for file in rows["file"]]
        for _, rows in found.groupby("group")
    }


def test_images_are_the_same_in_bytes_pixels_or_looks(folder: Path) -> None:
    by_pixels = {
        ("two labels", "pixels"): ["sea/2.png", "wood/same.bmp"],
        ("copy", "bytes"): ["sea/3.png", "sea/copy.png"],
    }
    assert group(folder, None) == by_pixels
    assert group(folder, 4) == {("leak", "looks"): ["sea/1.png", "sea/small.jpg"], **by_pixels}


def test_a_photograph_keeps_its_looks_and_another_has_others() -> None:
    image = photograph(1)
    known = fingerprints.take(image).looks
    assert known is not None
    for changed in (
        image.resize((90, 90)),
        ImageEnhance.Brightness(image).enhance(1.1),
        image.convert("L").convert("RGB"),
    ):
        looks = fingerprints.take(changed).looks
        assert looks is not None and (known ^ looks).bit_count() <= duplicates.USUAL
    others = [fingerprints.take(photograph(seed)).looks for seed in range(2, 30)]
    assert min((known ^ looks).bit_count() for looks in others if looks is not None) > duplicates.USUAL


@pytest.mark.parametrize(
    ("wished", "side", "expected"),
    [("auto", 150, 4), ("auto", 28, None), ("off", 150, None), (9, 28, 9), (0, 150, 0)],
)
def test_small_images_are_not_compared_by_looks_unless_asked(wished: Any, side: int, expected: int | None) -> None:
    assert duplicates.choose_distance(wished, pandas.Series([side, side])) == expected


def test_what_leaks_or_has_two_labels_does_not_train(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = survey.drop_duplicates("prepare x", folder, read_index(folder), "drop-from-train", "auto", DECODING)
    gone = set(read_index(folder)["file"]) - set(kept["file"])
    assert gone == {"train/sea/1.png", "train/sea/2.png", "train/wood/same.bmp", "train/sea/copy.png"}
    assert "left out 4 training images that are duplicates" in capsys.readouterr().err


def test_duplicates_stop_where_that_is_asked(folder: Path) -> None:
    with pytest.raises(UserError, match=r"3 groups of duplicates, such as train/sea/1\.png, test/sea/small\.jpg; "):
        survey.drop_duplicates("prepare x", folder, read_index(folder), "stop", "auto", DECODING)


def test_many_images_are_compared_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "BLOCK", 7)
    looks = numpy.random.default_rng(1).integers(0, 2**63, 60, dtype=numpy.uint64)
    looks[50], looks[3] = looks[20] ^ numpy.uint64(5), looks[2]
    found = numpy.concatenate(list(duplicates._find_near(looks, 2)))
    assert sorted(set(map(tuple, found.tolist()))) == [(2, 3), (20, 50)]
    assert [len(block) for block in duplicates._find_near(looks, 0)].count(1) == 1


@pytest.mark.parametrize("distance", [0, 1, 4, 10, 63, 64])
def test_pairs_are_those_of_comparing_each_with_each(distance: int) -> None:
    noise = numpy.random.default_rng(distance)
    looks = noise.integers(0, 2**64 - 1, 300, dtype=numpy.uint64, endpoint=True)
    flips = [sum(1 << int(bit) for bit in noise.choice(64, int(noise.integers(0, 12)), replace=False)) for _ in looks]
    looks = numpy.unique(numpy.concatenate([looks, looks ^ numpy.array(flips, dtype=numpy.uint64)]))
    found = numpy.concatenate([duplicates.NO_PAIRS, *duplicates._find_near(looks, distance)])
    bits = numpy.bitwise_count(looks[:, None] ^ looks[None])
    wanted = {(int(one), int(two)) for one, two in numpy.argwhere(bits <= distance) if one < two}
    assert set(map(tuple, found.tolist())) == wanted
    assert wanted or distance == 0


def test_variants_are_no_duplicates_and_go_with_their_image(folder: Path) -> None:
    index = read_index(folder)
    variants = index[index["split"] == "train"].assign(member=lambda rows: rows["file"], archive="variant 1 of")
    variants["file"] = variants["file"].str.replace(".", "-variant-1.", regex=False)
    for file, member in zip(variants["file"], variants["member"], strict=True):
        (folder / file).write_bytes((folder / member).read_bytes())
    every = pandas.concat([index, variants], ignore_index=True)
    kept = survey.drop_duplicates("prepare x", folder, every, "drop-from-train", "auto", DECODING)
    gone = {"train/sea/1", "train/sea/2", "train/wood/same", "train/sea/copy"}
    assert {
        file.rpartition(".")[0].removesuffix("-variant-1") for file in set(every["file"]) - set(kept["file"])
    } == gone
    assert len(every) - len(kept) == 2 * len(gone)
