"""Variants stand beside the images they were made of, in files that depend on seed, file and number alone."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from PIL import Image

from darkroom.core.errors import UserError
from darkroom.images.decoding.images import read_index
from stages import augment
from tests.images.test_augmentation import EVERY, NONE
from tests.support.decoding import decode
from tests.support.image_folders import picture, write_folder, write_index

FILES = ["train/sea/1.png", "train/sea/2.png", "train/wood/1.png", "test/sea/9.png", "test/wood/9.png"]


@pytest.fixture
def made(project: Callable[..., Path]) -> Callable[..., Path]:
    """Write variants of the folder ``images`` to ``out`` and return it; settings change what is asked for."""

    def make(out: str = "out", variants: int = 2, seed: int = 5, **augmentation: Any) -> Path:
        settings = {**NONE, "fill": "nearest", **(augmentation or EVERY)}
        project({"augmented.more": {"dataset": "d", "augmentation": settings, "variants": variants, "seed": seed}})
        augment.main(["more", "--images", "images", "--out", out])
        return Path(out)

    project()
    return make


def images(sizes: dict[str, tuple[int, int]] | None = None, files: list[str] = FILES) -> Path:
    named = {name: picture(number, *(sizes or {}).get(name, (24, 18))) for number, name in enumerate(files)}
    return write_folder(Path("images"), named)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_training_images_get_variants_and_all_stay_as_they_are(made: Callable[..., Path]) -> None:
    source = contents(images())
    out = made()
    index, written = read_index(out), contents(out)
    added = {f"train/{name}-variant-{number}.png" for name in ("sea/1", "sea/2", "wood/1") for number in (1, 2)}
    assert set(written) == set(source) | added
    assert {name: written[name] for name in FILES} == {name: source[name] for name in FILES}
    assert index["file"].tolist()[:3] == ["train/sea/1.png", "train/sea/1-variant-1.png", "train/sea/1-variant-2.png"]
    assert index["file"].tolist()[-2:] == ["test/sea/9.png", "test/wood/9.png"]
    for row in index.to_dict("records"):
        content = written[row["file"]]
        assert (row["bytes"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    second = index[index["file"] == "train/wood/1-variant-2.png"].iloc[0]
    assert (second["split"], second["class"]) == ("train", "wood")
    assert (second["archive"], second["member"]) == ("variant 2 of", "train/wood/1.png")
    pixels = [numpy.asarray(decode(out / name)) for name in sorted(added)]
    assert {one.shape for one in pixels} == {(18, 24, 3)}
    assert len({one.tobytes() for one in pixels}) == 6


def test_a_copy_can_be_changed_without_its_source(made: Callable[..., Path]) -> None:
    source = contents(images())
    (made() / "train/sea/1.png").write_bytes(b"changed")
    assert contents(Path("images")) == source


def test_variants_depend_on_seed_file_and_number_alone(made: Callable[..., Path]) -> None:
    images()
    first, again, other = contents(made("a")), contents(made("b")), contents(made("c", seed=6))
    assert first == again
    assert not [name for name in first if "variant" in name and first[name] == other[name]]
    more = contents(made("d", variants=3))
    assert {name: more[name] for name in first if name != "index.csv"}.items() <= more.items()
    Path("images/train/sea/2.png").unlink()
    write_index(Path("images"))
    fewer = contents(made("e"))
    assert fewer["train/wood/1-variant-1.png"] == first["train/wood/1-variant-1.png"]


def test_a_mirrored_image_is_the_mirrored_image(made: Callable[..., Path]) -> None:
    images({"train/sea/1.png": (31, 7), "train/sea/2.png": (5, 40)})
    out = made(variants=8, flip="horizontal")
    for name in FILES[:3]:
        plain = numpy.asarray(decode(out / name))
        kinds = set()
        for number in range(1, 9):
            found = numpy.asarray(decode(out / f"{name[:-4]}-variant-{number}.png"))
            kinds.add("same" if (found == plain).all() else "mirrored" if (found == plain[:, ::-1]).all() else "other")
        assert kinds == {"same", "mirrored"}


def test_rows_of_arrays_get_variants_too(made: Callable[..., Path]) -> None:
    pixels = numpy.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=numpy.uint8)
    rows = []
    for split in ("train", "test"):
        Path("images", split).mkdir(parents=True)
        numpy.save(f"images/{split}/7.npy", pixels)
        for number, one in enumerate(pixels):
            digest = hashlib.sha256(one.tobytes()).hexdigest()
            rows.append([split, "7", f"{split}/7.npy/{number}", 64, digest, "a.gz", f"images#{number}"])
    columns = ["split", "class", "file", "bytes", "sha256", "archive", "member"]
    pandas.DataFrame(rows, columns=columns).to_csv("images/index.csv", index=False)
    out = made(variants=1)
    assert read_index(out)["file"].tolist() == [
        *(name for n in range(3) for name in (f"train/7.npy/{n}", f"train/7/{n}-variant-1.png")),
        *(f"test/7.npy/{n}" for n in range(3)),
    ]
    assert (out / "train/7.npy").read_bytes() == Path("images/train/7.npy").read_bytes()
    assert decode(out / "train/7/2-variant-1.png").mode == "L"


def test_a_class_with_the_name_of_an_array_is_a_folder_of_files(made: Callable[..., Path]) -> None:
    source = contents(images(files=["train/x.npy/1.png", "train/sea/2.png", "test/sea/3.png"]))
    out = made(variants=1)
    written = contents(out)
    assert {name: written[name] for name in source if name != "index.csv"}.items() < source.items()
    assert decode(out / "train/x.npy/1-variant-1.png").size == (24, 18)


def test_names_that_differ_by_their_ending_alone_stay_apart(made: Callable[..., Path]) -> None:
    images(files=["train/sea/1.png", "train/sea/1.bmp", "train/wood/1.png", "test/sea/1.png"])
    names = {Path(name).name for name in contents(made(variants=1)) if "variant" in name}
    assert names == {"1-png-variant-1.png", "1-bmp-variant-1.png", "1-variant-1.png"}


def test_modes_and_turned_images_are_made_plain(made: Callable[..., Path]) -> None:
    turned = Image.Exif()
    turned[274] = 6
    folder = images({"train/sea/2.png": (24, 18)})
    picture(1, 24, 18).save(folder / "train/sea/1.png", exif=turned)
    picture(2).convert("L").save(folder / "train/sea/2.png")
    picture(3).convert("RGBA").save(folder / "train/wood/1.png")
    write_index(folder)
    out = made(variants=1)
    kinds = [decode(out / f"train/{name}-variant-1.png") for name in ("sea/1", "sea/2", "wood/1")]
    assert [(one.mode, one.size) for one in kinds] == [("RGB", (18, 24)), ("L", (24, 18)), ("RGB", (24, 18))]


def test_a_damaged_image_has_no_variants_and_is_left_to_the_view(
    made: Callable[..., Path], capsys: pytest.CaptureFixture
) -> None:
    folder = images()
    (folder / "train/sea/2.png").write_bytes(b"no image")
    out = made(variants=1)
    assert "no variants of images/train/sea/2.png: not an image" in capsys.readouterr().err
    assert [name for name in read_index(out)["file"] if "sea/2" in name] == ["train/sea/2.png"]


def test_what_stands_in_the_way_is_named_and_nothing_is_left(made: Callable[..., Path]) -> None:
    folder = images(files=[*FILES, "train/sea/1-variant-1.png"])
    with pytest.raises(
        UserError, match=r"^sea/1-variant-1\.png: an image of the dataset has a variant's name; rename it"
    ):
        made()
    (folder / "train/sea/1-variant-1.png").unlink()
    with pytest.raises(UserError, match=r"^images/train/sea/1-variant-1\.png: named in index\.csv, but: No such file"):
        made()
    assert sorted(path.name for path in Path().iterdir()) == ["images", "params.yaml"]
