"""Galleries, looked at pixel by pixel."""

from pathlib import Path

import numpy
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from darkroom.reporting import figures, galleries
from tests.support.image_folders import picture

RED, BLUE = (255, 0, 0), (0, 0, 255)


def plain(colour: tuple[int, int, int], height: int = 60, width: int = 60) -> numpy.ndarray:
    return numpy.full((height, width, 3), colour, numpy.uint8)


def draw(folder: Path, images: list[numpy.ndarray], captions: list[str], **options: object) -> numpy.ndarray:
    """The pixels of a saved gallery."""
    figure = galleries.draw_gallery(images, captions, "title", **options)  # type: ignore[arg-type]
    figures.save(figure, folder / "gallery.png", "a note")
    with Image.open(folder / "gallery.png") as picture:
        return numpy.asarray(picture.convert("RGB"))


def find(pixels: numpy.ndarray, colour: tuple[int, int, int]) -> tuple[slice, slice]:
    """The rows and columns that have a colour, from the first to the last."""
    rows, columns = numpy.nonzero((pixels == colour).all(axis=-1))
    return slice(int(rows.min()), int(rows.max()) + 1), slice(int(columns.min()), int(columns.max()) + 1)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((150, 150), (220, 220)),
        ((180, 120, 3), (220, 147)),
        ((100, 400, 1), (55, 220)),
        ((2, 900, 3), (1, 220)),  # a line
        ((28, 28, 1), (196, 196)),  # seven times
        ((60, 73, 3), (180, 219)),  # three times
        ((74, 74, 3), (220, 220)),
    ],
)
def test_pictures_are_brought_to_one_size_and_small_ones_by_whole_numbers(
    shape: tuple[int, ...], expected: tuple[int, int]
) -> None:
    image = numpy.random.default_rng(1).integers(0, 256, shape, dtype=numpy.uint8)
    found = galleries.enlarge(image)
    assert found.shape == (*expected, 3)
    if max(shape[:2]) * galleries.COARSE <= galleries.SIDE:
        factor = galleries.SIDE // max(shape[:2])
        expected_colours = numpy.broadcast_to(image.reshape(*shape[:2], -1), (*shape[:2], 3))
        assert (found[::factor, ::factor] == expected_colours).all()


def test_every_pixel_of_a_picture_is_saved_as_it_is(tmp_path: Path) -> None:
    pixels = draw(tmp_path, [plain(RED), plain(BLUE)], ["red", "blue"], columns=2)
    for colour, width in ((RED, 180), (BLUE, 180)):
        rows, columns = find(pixels, colour)
        assert (pixels[rows, columns] == colour).all() and columns.stop - columns.start == width
    assert find(pixels, RED)[0] == find(pixels, BLUE)[0] and find(pixels, RED)[1].stop < find(pixels, BLUE)[1].start


def test_pictures_of_a_row_begin_at_one_height_and_the_next_row_below_the_tallest(tmp_path: Path) -> None:
    images = [plain(RED, 30, 60), plain((0, 255, 0), 60, 30), plain(BLUE)]
    pixels = draw(tmp_path, images, ["one line", "two\nlines", "three"], columns=2)
    wide, tall, below = (find(pixels, colour)[0] for colour in (RED, (0, 255, 0), BLUE))
    assert wide.start == tall.start and wide.stop < tall.stop < below.start


def test_what_is_marked_has_a_frame_around_it_that_covers_nothing(tmp_path: Path) -> None:
    frame = tuple(round(255 * part) for part in to_rgb(galleries.MARKED))
    pixels = draw(tmp_path, [plain(RED), plain(BLUE)], ["red", "blue"], columns=2, marked=[1])
    rows, columns = find(pixels, BLUE)
    width = galleries.FRAME
    assert (pixels[rows, columns] == BLUE).all()
    framed = pixels[rows.start - width : rows.stop + width, columns.start - width : columns.stop + width]
    around = numpy.ones(framed.shape[:2], bool)
    around[width:-width, width:-width] = False
    assert (framed[around] == frame).all()
    beside = find(pixels, RED)
    assert (pixels[beside[0].start - 1, beside[1]] == 255).all()


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("sea 99.0%", ["sea 99.0%"]),
        ("true: sea\npredicted: wood", ["true: sea", "predicted: wood"]),
        ("", [""]),
        ("true: hazardous waste (batteries, lamps) 9%", ["true: hazardous waste (batteries,", "lamps) 9%"]),
        ("x" * 40, ["x" * 34, "x" * 6]),
        ("first\n\nthird", ["first", "", "third"]),
    ],
)
def test_long_captions_go_on_in_a_further_line(caption: str, expected: list[str]) -> None:
    assert galleries.wrap(caption).split("\n") == expected


def test_a_title_wider_than_its_pictures_is_whole(tmp_path: Path) -> None:
    short = draw(tmp_path, [plain(RED)], ["red"], columns=1)
    figure = galleries.draw_gallery([plain(RED)], ["red"], "a title that is longer than one picture is wide", 1)
    figures.save(figure, tmp_path / "long.png")
    with Image.open(tmp_path / "long.png") as picture:
        assert picture.width > short.shape[1] + 100
        edges = numpy.asarray(picture.convert("L"))[:, [0, -1]]
        assert (edges == 255).all() and (find(numpy.asarray(picture.convert("RGB")), RED))


def test_a_gallery_of_nothing_is_its_title(tmp_path: Path) -> None:
    pixels = draw(tmp_path, [], [])
    assert pixels.min() < 128 and len(pixels) < 100


def test_photographs_take_several_times_less_as_webp_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    pictures = [numpy.asarray(picture(number, 220, 165)) for number in range(10)]
    noise = numpy.random.default_rng(3).integers(-6, 7, (165, 220, 3))  # as of a camera
    pictures = [numpy.clip(one + noise, 0, 255).astype(numpy.uint8) for one in pictures]
    for name in ("a.png", "a.webp", "b.webp"):
        figures.save(galleries.draw_gallery(pictures, ["x"] * 10, "title"), tmp_path / name)
    sizes = {file.name: file.stat().st_size for file in tmp_path.iterdir()}
    assert sizes["a.webp"] * 4 < sizes["a.png"]
    assert (tmp_path / "a.webp").read_bytes() == (tmp_path / "b.webp").read_bytes()
    with Image.open(tmp_path / "a.webp") as lossy, Image.open(tmp_path / "a.png") as exact:
        assert lossy.size == exact.size
        difference = numpy.asarray(lossy.convert("RGB"), int) - numpy.asarray(exact.convert("RGB"), int)
        assert numpy.abs(difference).mean() < 4


def test_a_gallery_of_many_images_is_no_higher_than_webp_takes(tmp_path: Path) -> None:
    image = numpy.zeros((220, 220), numpy.uint8)
    figures.save(galleries.draw_gallery([image] * 500, ["a\nb\nc\nd"] * 500, "title"), tmp_path / "many.webp")
    with Image.open(tmp_path / "many.webp") as whole:
        assert max(whole.size) < 2**14
