"""Views: their pixels against plain Pillow, corrupt files, full disks and killed workers."""

import hashlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy
import pandas
import pytest
from PIL import Image, ImageCms, ImageOps

from darkroom.core import parallel
from darkroom.core.errors import UserError
from darkroom.images.decoding import pixels
from darkroom.images.decoding.formats import CorruptImageError, is_image_name
from darkroom.images.prepared.shards import open_view
from darkroom.params.view import View
from stages import prepare
from tests.support.decoding import decode, find_corruption, turn_upright
from tests.support.image_folders import picture, write_folder, write_index

Project = Callable[..., Path]


def view(**changes: object) -> View:
    settings = {
        "dataset": "intel",
        "size": 32,
        "resize": "stretch",
        "filter": "bicubic",
        "mode": "RGB",
        "corrupt": "stop",
        "value_range": None,
        "duplicates": "report",
        "class_order": "alphabetical",
        "shards": 1,
    }
    return View.model_validate(settings | changes)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def run(key: str, images: Path, out: Path) -> None:
    prepare.main([key, "--images", str(images), "--of", "intel", "--out", str(out)])


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Images of many formats and sizes in two classes, one of which pandas could take for a missing value."""
    suffixes = ("jpg", "JPEG", "png", "gif", "bmp", "webp", "tif", "ppm")
    contents: dict[str, Image.Image | bytes] = {
        f"train/{name}/{number}.{suffix}": picture(number, 20 + 3 * number, 40 - 2 * number)
        for name in ("NA", "sea")
        for number, suffix in enumerate(suffixes)
    }
    contents["train/sea/turned.jpg"] = encoded(picture(50), "JPEG", exif=exif(6))
    contents |= {f"test/{name}/{number}.png": picture(60 + number) for name in ("NA", "sea") for number in range(3)}
    return write_folder(tmp_path / "images", contents)


@pytest.mark.parametrize("resize", ["stretch", "pad"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_view_is_what_plain_pillow_gives(project: Project, images: Path, resize: str, mode: str) -> None:
    edits = {"size": 33, "resize": resize, "mode": mode, "filter": "lanczos"}
    project({f"views.intel-150.{key}": value for key, value in edits.items()})
    run("intel-150", images, Path("view"))

    index = pandas.read_csv(images / "index.csv", keep_default_na=False)
    for split in ("train", "test"):
        expected = []
        for file in index.loc[index["split"] == split, "file"]:
            image = ImageOps.exif_transpose(Image.open(images / file)).convert(mode)
            if resize == "stretch":
                fitted = image.resize((33, 33), Image.Resampling.LANCZOS)
            else:
                scale = min(33 / image.width, 33 / image.height)
                width, height = int(image.width * scale), int(image.height * scale)
                fitted = Image.new(mode, (33, 33), 0)
                small = image.resize((width, height), Image.Resampling.LANCZOS)
                fitted.paste(small, ((33 - width) // 2, (33 - height) // 2))
            expected.append(numpy.asarray(fitted).reshape(33, 33, len(mode)))
        buffer = io.BytesIO()
        numpy.save(buffer, numpy.stack(expected))
        assert Path(f"view/{split}.npy").read_bytes() == buffer.getvalue()


def test_labels_index_and_description_agree_with_the_images(project: Project, images: Path) -> None:
    project({"views.intel-150.size": 16})
    run("intel-150", images, Path("view"))
    prepared = open_view(Path("view"))
    assert prepared.classes == ("NA", "sea")
    assert prepared.labels("train").tolist() == [0] * 8 + [1] * 9
    assert prepared.labels("test").dtype == numpy.int64
    assert (prepared.count("test"), *prepared.shape) == (6, 16, 16, 3)
    index = pandas.read_csv("view/index.csv", keep_default_na=False)
    assert list(index.columns) == ["split", "row", "class", "label", "file", "sha256"]
    assert index["row"].tolist() == [*range(17), *range(6)]
    for row in index.itertuples():
        assert hashlib.sha256((images / row.file).read_bytes()).hexdigest() == row.sha256
    assert json.loads(Path("view/view.json").read_text(encoding="utf-8")) == {
        "dataset": "intel",
        "classes": ["NA", "sea"],
        "size": 16,
        "profiles": "convert",
        "whole": None,
        "fraction": None,
        "resize": "stretch",
        "filter": "bicubic",
        "mode": "RGB",
        "images": {"train": 17, "test": 6},
        "left_out": [],
    }


def test_two_runs_give_the_same_bytes_and_the_second_replaces_the_first(project: Project, images: Path) -> None:
    project({"views.intel-150.size": 16})
    contents = []
    for _ in range(2):
        run("intel-150", images, Path("view"))
        contents.append({path.name: path.read_bytes() for path in Path("view").iterdir()})
    assert contents[0] == contents[1]
    assert sorted(contents[0]) == [
        "index.csv",
        "test-labels.npy",
        "test.npy",
        "train-copies.npy",
        "train-labels.npy",
        "train.npy",
        "view.json",
    ]
    assert sorted(path.name for path in Path().iterdir()) == ["params.yaml", "view"]


def damage_two(images: Path) -> None:
    whole = (images / "train/sea/0.jpg").read_bytes()
    (images / "train/sea/0.jpg").write_bytes(whole[: len(whole) * 9 // 10])
    (images / "train/NA/2.png").write_bytes(b"")
    (images / "test/NA/1.png").write_text("no image", encoding="utf-8")
    write_index(images)


def test_damaged_images_stop_the_run_and_are_all_named_at_once(project: Project, images: Path) -> None:
    project()
    damage_two(images)
    with pytest.raises(UserError) as caught:
        run("intel-150", images, Path("view"))
    line = str(caught.value)
    assert "\n" not in line and "3 corrupt images" in line and "views.intel-150.corrupt: leave-out" in line
    for named in (
        "train/sea/0.jpg (corrupt: Premature end of JPEG file",
        "train/NA/2.png (zero bytes)",
        "test/NA/1.png (not",
    ):
        assert named in line
    assert [path.name for path in Path().iterdir()] == ["params.yaml"]


def test_damaged_images_are_left_out_and_reported(
    project: Project, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project({"views.intel-150.corrupt": "leave-out", "views.intel-150.size": 20})
    damage_two(images)
    run("intel-150", images, Path("view"))
    description = json.loads(Path("view/view.json").read_text(encoding="utf-8"))
    assert description["images"] == {"train": 15, "test": 5}
    assert [entry["file"] for entry in description["left_out"]] == [
        "train/NA/2.png",
        "train/sea/0.jpg",
        "test/NA/1.png",
    ]
    assert "train/NA/2.png: zero bytes" in capsys.readouterr().err
    prepared = open_view(Path("view"))
    assert (prepared.count("train"), *prepared.shape) == (15, 20, 20, 3)
    assert len(prepared.labels("train")) == 15
    index = pandas.read_csv("view/index.csv", keep_default_na=False)
    last = Image.open(images / "test/sea/2.png").convert("RGB").resize((20, 20), Image.Resampling.BICUBIC)
    assert index["file"].iloc[-1] == "test/sea/2.png"
    assert numpy.array_equal(prepared.read("test", numpy.arange(prepared.count("test")))[-1], numpy.asarray(last))


def test_a_class_only_in_test_is_named(project: Project, images: Path) -> None:
    project()
    (images / "test/lake").mkdir()
    picture(1).save(images / "test/lake/1.png")
    write_index(images)
    with pytest.raises(UserError, match="test has images of lake, but train"):
        run("intel-150", images, Path("view"))
    assert not Path("view").exists()


def test_a_missing_index_or_file_is_named(project: Project, images: Path) -> None:
    project()
    (images / "train/sea/3.gif").unlink()
    with pytest.raises(UserError, match=r"images/train/sea/3\.gif: named in index\.csv, but: No such file"):
        run("intel-150", images, Path("view"))
    (images / "index.csv").unlink()
    with pytest.raises(UserError, match=r"index\.csv: no index of images; run python -m stages\.unzip images"):
        run("intel-150", images, Path("view"))


def test_too_little_room_is_noticed_before_the_start(project: Project, images: Path) -> None:
    project({"views.intel-150.size": 5_000_000})
    with pytest.raises(UserError, match=r"^view: needs 1,725,000,000\.0 MB and its disk has .* views\.intel-150\.size"):
        run("intel-150", images, Path("view"))
    assert not Path("view").exists()


ON_A_SMALL_DISK = """
mount -t tmpfs -o size=256k tmpfs disk || exit 99
"$@"
status=$?
ls -A disk | sed 's/^/LEFT /'
exit $status
"""
"""In a mount namespace of its own, so that nothing outside sees the disk and nothing has to be undone."""

FILLED_MEANWHILE = """
import sys
from darkroom.images.decoding import preparation
from darkroom.pipeline import command
from stages import prepare
preparation.check_space = lambda *_: None  # another program takes the room after the check
command.run(prepare.main)
"""


@pytest.mark.parametrize("program", [["-m", "stages.prepare"], ["-c", FILLED_MEANWHILE]], ids=["at-start", "meanwhile"])
def test_a_full_disk_gives_one_line_and_leaves_nothing(
    project: Project, images: Path, root: Path, program: list[str]
) -> None:
    folder = project()  # 23 images of 150x150 need 1.6 MB
    (folder / "disk").mkdir()
    isolated = ["unshare", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK, "sh"]
    try:
        result = subprocess.run(
            [
                *isolated,
                sys.executable,
                *program,
                "intel-150",
                "--images",
                str(images),
                "--of",
                "intel",
                "--out",
                "disk/view",
            ],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            timeout=60,
        )
    except FileNotFoundError:
        pytest.skip("unshare is not installed: no small disk to fill")
    if result.returncode == 99 or "unshare" in result.stderr:
        pytest.skip("this machine lets nobody mount a small disk")
    assert result.returncode == 1
    errors = [line for line in result.stderr.splitlines() if not line.startswith("[prepare")]
    assert len(errors) == 1 and errors[0].startswith("error: ") and "free" in errors[0]
    assert result.stdout == ""


def end_at_seven(number: int) -> int:
    if number == 7:
        os.kill(os.getpid(), 9)
    return number


def test_a_killed_worker_ends_the_run_in_a_clear_line() -> None:
    with pytest.raises(UserError, match="a worker process was killed"):
        list(parallel.map_in_order(end_at_seven, range(20), 2))


def slow_at_fives(number: int) -> tuple[int, float]:
    time.sleep(0.02 if number % 5 == 0 else 0)
    return number, time.monotonic()


def test_results_come_in_order_and_work_waits_for_whoever_takes_them() -> None:
    results = parallel.map_in_order(slow_at_fives, range(200), 3)
    first = next(results)
    time.sleep(0.3)
    resumed = time.monotonic()
    rest = list(results)
    assert [number for number, _ in [first, *rest]] == list(range(200))
    ahead = sum(moment < resumed for _, moment in rest)
    assert ahead <= 3 * parallel.AHEAD * parallel.count_processors()


def test_workers_end_with_their_parent() -> None:
    """A killed parent leaves no process behind that waits for work for ever."""
    program = (
        "import os, time\n"
        "from darkroom.core import parallel\n"
        "def work(n):\n"
        "    print(os.getpid(), flush=True)\n"
        "    time.sleep(60)\n"
        "list(parallel.map_in_order(work, range(8), 1))\n"
    )
    root = Path(prepare.__file__).parents[1]
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(root)}
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    parent.stdout.close()
    assert not alive(worker)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


RAMP = numpy.linspace(0, 65535, 30 * 40).astype(numpy.uint16).reshape(30, 40)
EIGHT = numpy.rint(RAMP / 257).astype(numpy.uint8)


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("a.png", Image.fromarray(RAMP)),
        ("a.tif", Image.fromarray(RAMP)),
        ("big-endian.tif", Image.fromarray(RAMP.astype(">u2"))),
        ("a.pgm", Image.fromarray(RAMP)),
        ("integer.tif", Image.fromarray(RAMP.astype(numpy.int32))),
        ("stretched.tif", Image.fromarray(RAMP.astype(numpy.int32) * 1000 - 7000)),
        ("fraction.tif", Image.fromarray(RAMP.astype(numpy.float32) / 65535)),
        ("bytes.tif", Image.fromarray(EIGHT.astype(numpy.float32))),
    ],
)
def test_more_than_eight_bits_are_scaled_not_clipped(tmp_path: Path, name: str, image: Image.Image) -> None:
    image.save(tmp_path / name)
    for mode in ("RGB", "L"):
        values = numpy.asarray(turn_upright(decode(tmp_path / name), mode)).reshape(30, 40, -1)
        assert numpy.array_equal(values, numpy.repeat(EIGHT[..., None], values.shape[-1], axis=2))


def test_a_value_that_is_no_number_is_black(tmp_path: Path) -> None:
    values = numpy.array([[numpy.nan, 1.0, 0.5]], dtype=numpy.float32)
    Image.fromarray(values).save(tmp_path / "a.tif")
    assert numpy.asarray(turn_upright(decode(tmp_path / "a.tif"), "L")).tolist() == [[0, 255, 128]]


@pytest.mark.parametrize("kind", ["png", "webp", "tiff", "la.png", "palette.png", "gif"])
def test_transparent_images_lie_on_black(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind in ("palette.png", "gif"):
        image = Image.new("P", (8, 8), 1)
        image.putpalette([255, 0, 0, 0, 200, 0])
        image.paste(0, (4, 0, 8, 8))
        image.save(path, transparency=0)
        expected = (0, 200, 0), (0, 0, 0)
    elif kind == "la.png":
        image = Image.new("LA", (8, 8), (100, 255))
        image.paste((255, 0), (4, 0, 8, 8))
        image.save(path)
        expected = (100, 100, 100), (0, 0, 0)
    else:
        image = Image.new("RGBA", (8, 8), (10, 200, 30, 255))
        image.paste((200, 100, 50, 128), (4, 0, 8, 8))
        image.save(path, **({"lossless": True} if kind == "webp" else {}))
        expected = (10, 200, 30), (100, 50, 25)
    plain = turn_upright(decode(path), "RGB")
    assert (plain.getpixel((1, 1)), plain.getpixel((6, 1))) == expected
    assert turn_upright(decode(path), "L").getpixel((6, 1)) == Image.new("RGB", (1, 1), expected[1]).convert(
        "L"
    ).getpixel((0, 0))


def test_a_transparent_value_of_sixteen_bits_is_black(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "a.png", transparency=int(RAMP[20, 5]))
    values = numpy.asarray(turn_upright(decode(tmp_path / "a.png"), "L"))
    assert values[20, 5] == 0 and values[20, 6] == EIGHT[20, 6]


@pytest.mark.parametrize("name", ["cmyk.jpg", "cmyk.tif", "ycbcr.tif", "one.png", "grey.jpg", "palette.bmp", "lab.tif"])
def test_other_modes_keep_their_colours(tmp_path: Path, name: str) -> None:
    original = picture(3, 40, 30)
    grey = name in ("one.png", "grey.jpg")
    if name == "lab.tif":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        stored = ImageCms.profileToProfile(original, *profiles, outputMode="LAB")
    elif name == "palette.bmp":
        stored = original.quantize(256)
    else:
        stored = original.convert({"cmyk": "CMYK", "ycbcr": "YCbCr", "one": "1", "grey": "L"}[name.split(".")[0]])
    stored.save(tmp_path / name, quality=100)
    image = decode(tmp_path / name)
    assert image.mode == stored.mode
    plain = numpy.asarray(turn_upright(image, "RGB")).astype(int)
    wanted = numpy.asarray(
        (stored if name in ("one.png", "palette.bmp") else original.convert("L") if grey else original).convert("RGB")
    )
    assert numpy.abs(plain - wanted).mean() < 6


def test_adobe_cmyk_is_not_inverted(tmp_path: Path) -> None:
    white = Image.new("CMYK", (16, 16), (0, 0, 0, 0))
    white.save(tmp_path / "a.jpg", quality=100)
    assert b"Adobe" in (tmp_path / "a.jpg").read_bytes()
    assert min(turn_upright(decode(tmp_path / "a.jpg"), "RGB").getpixel((8, 8))) > 250


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG"])
def test_exif_orientation_is_honoured_once(tmp_path: Path, orientation: int, kind: str) -> None:
    path = tmp_path / f"a.{kind.lower()}"
    path.write_bytes(encoded(picture(1), kind, exif=exif(orientation)))
    expected = ImageOps.exif_transpose(Image.open(path))
    plain = turn_upright(decode(path), "RGB")
    assert plain.size == ((18, 24) if orientation > 4 else (24, 18))
    assert numpy.array_equal(numpy.asarray(plain), numpy.asarray(expected))


@pytest.mark.filterwarnings("error")
def test_unreadable_exif_leaves_the_image_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(picture(1), "PNG", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff"))
    assert turn_upright(decode(path), "RGB").size == (24, 18)


@pytest.mark.parametrize(("width", "height"), [(1000, 1), (1, 1000), (1, 1), (10, 30)])
def test_a_padded_image_is_whole_and_centred(width: int, height: int) -> None:
    white = Image.new("L", (width, height), 255)
    found = numpy.asarray(pixels.resize(white, view(resize="pad", filter="lanczos", mode="L", size=60)))
    rows, columns = numpy.flatnonzero(found.any(axis=1)), numpy.flatnonzero(found.any(axis=0))
    scale = 60 / max(width, height)
    assert (len(columns), len(rows)) == (max(1, round(width * scale)), max(1, round(height * scale)))
    assert found[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].min() == 255
    assert columns[0] == (60 - len(columns)) // 2 and rows[0] == (60 - len(rows)) // 2


def test_only_the_first_frame_counts(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ((250, 0, 0), (0, 250, 0))]
    for name in ("a.gif", "a.png", "a.webp", "a.tif"):
        lossless = {"lossless": True} if name == "a.webp" else {}
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **lossless)
        assert turn_upright(decode(tmp_path / name), "RGB").getpixel((4, 4)) == (250, 0, 0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "JPEG2000"])
def test_a_truncated_file_of_any_format_is_damaged(tmp_path: Path, kind: str) -> None:
    content = encoded(picture(1, 90, 90), kind)
    path = tmp_path / "a.jpg"  # the content decides, not the name
    path.write_bytes(content)
    assert find_corruption(path) is None
    path.write_bytes(content[: len(content) * 2 // 3])
    problem = find_corruption(path)
    assert problem and str(tmp_path) not in problem and "\n" not in problem


def test_files_for_other_programs_are_neither_images_nor_run(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(picture(1), "EPS"))
    assert find_corruption(tmp_path / "a.jpg") == "not an image"
    assert not is_image_name("a.eps") and not is_image_name("film.mpg") and is_image_name("A.TIFF")


def test_a_file_that_cannot_be_read_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "none.png")
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(CorruptImageError, match="zero bytes"):
        decode(tmp_path / "empty.png")
