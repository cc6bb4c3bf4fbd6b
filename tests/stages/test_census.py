"""The census: its tables, page and figures, on made files and on the real images."""

from collections.abc import Callable
from pathlib import Path

import numpy
import pandas
import pytest
from PIL import Image

from darkroom.census import counts, inspection
from darkroom.census import page as census_page
from darkroom.census.tables import tabulate
from darkroom.core.errors import UserError
from darkroom.params.census import Suspicious
from stages import census
from tests.support.decoding import DECODING, TONES
from tests.support.drawing import undrawn
from tests.support.image_folders import picture, unpack, write_folder
from tests.support.pages import unwrap

Project = Callable[..., Path]
SYNTHETIC = "synthetic images, drawn by a program"
TABLES = ["classes.csv", "corrupt.csv", "duplicates.csv", "modes.csv", "sizes.csv", "suspicions.csv", "warnings.csv"]
SUSPICIOUS = Suspicious(uniform=2, dark=8, bright=247, blurred=0.03, aspect=4, tiny=16)
FIGURES = ["classes.png", "duplicates.webp", "gallery.webp", "sizes.png", "suspicions.webp"]
FILES = sorted([*TABLES, "census.md", *FIGURES])


def run(images: Path, key: str = "intel", images_are: str = "drawn") -> dict[str, bytes]:
    out = Path("census")
    census.main([key, "--images", str(images), "--images-are", images_are, "--out", str(out)])
    return {path.name: path.read_bytes() for path in out.iterdir()}


def read(name: str) -> list[list[object]]:
    return pandas.read_csv(Path("census") / name, keep_default_na=False).to_numpy().tolist()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two classes, four sizes, several modes, three corrupt files, a copy, a leak and two labels."""
    contents: dict[str, Image.Image | bytes] = {f"train/ant/{number}.png": picture(number) for number in range(6)}
    contents |= {f"train/NA|bee/{number}.png": picture(10 + number) for number in range(4)}
    contents |= {"test/ant/1.png": picture(20), "test/NA|bee/2.png": picture(21, 24, 30)}
    contents |= {
        "train/ant/grey.jpg": picture(30, 24, 9).convert("L"),
        "train/ant/pal.gif": picture(31, 50, 18).quantize(),
    }
    contents |= {"train/ant/copy.png": picture(0)}
    contents |= {"test/ant/leak.png": picture(1)}
    contents |= {"train/NA|bee/label.png": picture(2)}
    contents |= {"test/NA|bee/both.png": picture(3)}
    folder = write_folder(tmp_path / "images", contents)
    whole = (folder / "train/ant/5.png").read_bytes()
    broken = {"train/ant/broken.png": whole[: len(whole) // 2], "train/ant/empty.jpg": b"", "test/ant/empty.jpg": b""}
    return write_folder(folder, {**broken, "test/ant/text.jpg": b"only words"})


@undrawn
def test_the_tables_say_what_the_images_are(project: Project, images: Path) -> None:
    project()
    assert sorted(run(images)) == FILES
    assert read("classes.csv") == [["NA|bee", 5, 2], ["ant", 9, 2]]
    assert read("sizes.csv") == [[24, 18, 12, 3, 15], [24, 9, 1, 0, 1], [24, 30, 0, 1, 1], [50, 18, 1, 0, 1]]
    assert read("modes.csv") == [["RGB", "PNG", 16], ["L", "JPEG", 1], ["P", "GIF", 1]]
    corrupt = {file: problem for _, _, file, problem in read("corrupt.csv")}
    assert list(corrupt) == ["train/ant/broken.png", "train/ant/empty.jpg", "test/ant/empty.jpg", "test/ant/text.jpg"]
    assert corrupt["train/ant/broken.png"].startswith("corrupt: ")
    assert (corrupt["test/ant/empty.jpg"], corrupt["test/ant/text.jpg"]) == ("zero bytes", "not an image")


@undrawn
def test_duplicates_are_grouped_and_leaks_and_double_labels_named(project: Project, images: Path) -> None:
    project()
    run(images)
    groups: dict[object, tuple[object, list[object]]] = {}
    for group, kind, alike, _split, _class, file in read("duplicates.csv"):
        assert alike == "bytes"
        groups.setdefault(group, (kind, []))[1].append(file)
    assert groups == {
        1: ("leak, two labels", ["train/ant/3.png", "test/NA|bee/both.png"]),
        2: ("leak", ["train/ant/1.png", "test/ant/leak.png"]),
        3: ("two labels", ["train/NA|bee/label.png", "train/ant/2.png"]),
        4: ("copy", ["train/ant/0.png", "train/ant/copy.png"]),
    }
    page = unwrap(Path("census/census.md").read_text(encoding="utf-8"))
    assert "- 2 groups of the same images in more than one split; of 4 test images 2 are in train, too" in page
    assert [(kind, count) for kind, count, _ in read("warnings.csv")] == [
        *(("leak", 4), ("two labels", 4), ("copy", 2), ("corrupt", 4), ("tiny", 1))
    ]
    assert "8 files in 4 groups: 4 with the same bytes. Of these groups, 2 stand in more than one split (leaks)" in page
    assert "(leaks), and 2 under two labels." in page
    assert page.index("| 1 | leak, two labels | bytes | train/ant/3.png |") < page.index(
        "| 4 | copy | bytes | train/ant/0.png |"
    )


@undrawn
def test_the_page_gives_totals_verdicts_and_corrupt_files(project: Project, images: Path) -> None:
    project()
    run(images)
    page = unwrap(Path("census/census.md").read_text(encoding="utf-8"))
    assert r"- 14 training images (NA\|bee 5, ant 9)" in page
    assert "The training classes are **not** balanced: 7.0 images on average" in page
    assert r"NA\|bee, with 5, is furthest from this mean (-28.6%; ±10% is allowed)." in page
    assert "- 3 images not 24×18, of various widths and heights" in page
    assert "- smallest by area: 24×9; largest: 50×18" in page
    assert "No, for these reasons:" in page
    for reason in ("They have 4 sizes.", "They have 3 colour modes.", "4 of them cannot be read completely."):
        assert f"- {reason}\n" in page
    assert "| test/ant/text.jpg | not an image |" in page


@undrawn
def test_a_dataset_is_called_by_its_key(project: Project, images: Path) -> None:
    project({"datasets._of_scenes_": {"base": "intel"}})
    page = run(images, key="_of_scenes_", images_are="delivered")["census.md"].decode()
    assert page.splitlines()[0] == r"# Census of \_of\_scenes\_"
    assert "\n\n\n" not in page and "| class | train | test |\n| --- | --: | --: |\n" in page


def test_the_page_and_figures_say_when_images_are_synthetic(project: Project, images: Path) -> None:
    project()
    drawn, delivered = run(images), run(images, images_are="delivered")
    assert SYNTHETIC.encode() not in delivered["census.md"]
    assert SYNTHETIC.encode() in drawn["census.md"].splitlines()[0]
    assert [name for name in FILES if drawn[name] == delivered[name]] == TABLES


def test_a_new_title_or_source_changes_no_byte(project: Project, images: Path) -> None:
    project()
    before = run(images)
    project({"datasets.intel.title": "Holidays", "datasets.intel.source": "../archives"})
    assert run(images) == before


def test_two_runs_give_the_same_bytes_and_another_seed_another_gallery(project: Project, images: Path) -> None:
    project({"census.gallery": 5})
    first = run(images)
    assert run(images) == first
    project({"census.gallery": 5, "census.seed": 14})
    other = run(images)
    assert [name for name in FILES if other[name] != first[name]] == ["gallery.webp"]


@pytest.mark.parametrize("number", [1, 10, 40])
def test_the_gallery_draws_without_replacement(number: int) -> None:
    images = pandas.DataFrame({"file": [f"{row}.png" for row in range(30)]})
    chosen = list(inspection.sample(images, number, 3)["file"])
    assert len(set(chosen)) == len(chosen) == min(number, 30)
    assert chosen != sorted(chosen) or number == 1


def test_a_thumbnail_is_small_upright_and_in_proportion(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    picture(1, 800, 400).save(tmp_path / "a.jpg", exif=turned)
    found = inspection.read_thumbnail(tmp_path / "a.jpg", DECODING, TONES)
    assert found.dtype == numpy.uint8 and found.shape == (inspection.THUMBNAIL, inspection.THUMBNAIL // 2, 3)


def test_images_alike_can_feed_a_network(project: Project, tmp_path: Path) -> None:
    names = [f"{split}/{name}/1.png" for split in ("train", "test") for name in ("a", "b")]
    folder = write_folder(tmp_path / "alike", {name: picture(seed) for seed, name in enumerate(names)})
    project()
    page = unwrap(run(folder)["census.md"].decode())
    for line in (
        "Yes: all have one size and one colour mode, and all can be read.",
        "every image is 24×18",
        "The test classes are balanced: each has 1 image.",
        "None: every file decodes completely.",
        "There are none.",
        "None: no doubtful file, and none that is nearly uniform, very dark or bright, blurred, tiny",
    ):
        assert line in page


def test_a_set_without_one_readable_image_has_a_census_too(project: Project, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "broken", {"train/a$b$/1.png": b"", "train/b/1.png": b"words"})
    project()
    page = run(folder)["census.md"].decode()
    assert "No image can be read." in page and "| train/b/1.png | not an image |" in page
    assert (read("sizes.csv"), read("modes.csv")) == ([], [])


def test_odd_sizes_name_the_side_that_all_share() -> None:
    sizes = pandas.DataFrame({"width": [150, 90, 40], "height": [150, 77, 77], "images": [1000, 1200, 3]})
    assert "- 1,203 images not 150×150, all 77 high\n" in census_page.describe_sizes(sizes)
    two = census_page.describe_sizes(sizes.head(2))
    assert "- 1,200 images not 150×150, all 90 wide and all 77 high\n" in two


@pytest.mark.parametrize(("test", "within"), [((90, 110), True), ((89, 111), False)])
def test_balance_is_the_furthest_class_from_the_mean(test: tuple[int, int], within: bool) -> None:
    classes = pandas.DataFrame({"class": ["a", "b"], "train": [50, 50], "test": test})
    train, found = counts.measure_balances(classes)
    assert (train.deviation, train.is_within(0.01)) == (0, True)
    assert (found.mean, found.furthest, found.count) == (100, "a", test[0])
    assert found.is_within(0.1) is within


def test_a_broken_index_is_named(project: Project, images: Path) -> None:
    project()
    (images / "index.csv").write_text("split,class,file\ntrain,a,train/a/1.png\n", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"index\.csv: no bytes, sha256 in it; run python -m stages\.unzip images again"
    ):
        run(images)


def test_an_unknown_dataset_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with pytest.raises(UserError, match=r"dvc\.yaml has no stage census@other; there is intel, "):
        census.main(["other"])


@pytest.mark.slow
def test_the_real_scenes(tmp_path: Path, root: Path) -> None:
    archives = root.parent / "shared" / "data" / "intel"
    if not archives.is_dir():
        pytest.skip(f"the real images are not at {archives}")
    images = inspection.inspect_images("census", unpack(archives, tmp_path / "images"), DECODING)
    tables = tabulate(images, SUSPICIOUS, 4)
    assert (images["problem"] == "").all() and (images["doubts"] == "").all()
    page = census_page.compose_page("scenes", "", 0.1, tables, 4, [])
    for line in (
        "- 1,825 training images (buildings 301, forest 305, glacier 308, mountain 308, sea 303, street 300)",
        "- 605 test images (buildings 100, forest 101, glacier 103, mountain 101, sea 100, street 100)",
        "- 30 images not 150×150, all 150 wide",
    ):
        assert line in page
