"""The most memory that one large image takes, in each format: counted and prepared with its neighbours.

    python -m benchmarks.large_images --megapixels 200

Writes benchmarks/large_images.csv. An image of so many megapixels is drawn, twice as wide as high, and stands beside
small ones in a data set; the stages census and prepare run on it, in processes of their own.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy
import pillow_heif
from PIL import Image

from benchmarks import project
from benchmarks.measured import Table
from darkroom.core.files import read_json
from tests.support.image_folders import picture, write_index

RESULTS = project.ROOT / "benchmarks/large_images.csv"
VIEW = "intel-150"
Save = Callable[[Image.Image, Path], None]


def save(**options: object) -> Save:
    """Return what saves an image with Pillow."""
    return lambda image, path: image.save(path, **options)  # type: ignore[arg-type]


def save_deep(image: Image.Image, path: Path) -> None:
    """Save the first channel with 16 bits."""
    values = numpy.asarray(image.getchannel(0)).astype(numpy.uint16) * 257
    Image.fromarray(values).save(path)


def save_heic(image: Image.Image, path: Path) -> None:
    """Save as HEIC."""
    pillow_heif.from_pillow(image).save(path, quality=60)


CASES: dict[str, tuple[str, float, Save]] = {
    "JPEG": ("jpg", 1, save(quality=85)),
    "JPEG, progressive": ("jpg", 1, save(quality=85, progressive=True)),
    "JPEG, CMYK": ("jpg", 1, lambda image, path: image.convert("CMYK").save(path, quality=85)),
    "JPEG, beyond the limit: decoded at half its size": ("jpg", 2, save(quality=85)),
    "PNG": ("png", 1, save(compress_level=1)),
    "PNG, with transparency": ("png", 1, lambda image, path: image.convert("RGBA").save(path, compress_level=1)),
    "PNG, 16 bits": ("png", 1, save_deep),
    "TIFF": ("tif", 1, save()),
    "TIFF, deflate": ("tif", 1, save(compression="tiff_adobe_deflate")),
    "GIF": ("gif", 1, save()),
    "BMP": ("bmp", 1, save()),
    "WebP, lossless": ("webp", 1, save(lossless=True, quality=0, method=0)),
    "JPEG 2000, in tiles": ("jp2", 1, save(tile_size=(1024, 1024))),
    "HEIC, the largest that x265 writes": ("heic", 0.7, save_heic),
}
"""Ending, size as a multiple of what is asked for, and what writes it, by what it is."""


def draw(megapixels: float) -> Image.Image:
    """Return an image of smooth colours of so many megapixels, twice as wide as high; WebP allows 16,383 pixels."""
    height = min(int((megapixels * 1e6 / 2) ** 0.5), 16_383)
    width = int(megapixels * 1e6 / height)
    if width > 16_383:
        width, height = 16_383, int(megapixels * 1e6 / 16_383)
    return picture(1, 64, 48).resize((width, height), Image.Resampling.BILINEAR)


def measure_case(folder: Path, name: str, megapixels: float, table: Table) -> None:
    """Make a data set with one large image, run census and prepare on it, and write what they took."""
    ending, times, write = CASES[name]
    images = folder / "data/images/intel"
    for split, count in (("train", 4), ("test", 2)):
        for label in ("ice", "sea"):
            (images / split / label).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                picture(number).save(images / split / label / f"{number}.png")
    image, large = draw(megapixels * times), images / f"train/sea/large.{ending}"
    size = f"{image.width}×{image.height}"
    write(image, large)
    del image
    write_index(images)
    peaks = {}
    for verb, key in (("census", "intel"), ("prepare", VIEW)):
        record = folder / "record.json"
        project.run(folder, f"stages.{verb}", key, "--record", str(record))
        peaks[f"{verb}, peak MiB"] = read_json(record)["peak_memory_mib"]
    problems = read_json(folder / f"data/views/{VIEW}/view.json")["left_out"]
    said = "; ".join(one["problem"] for one in problems)
    table.note({"image": name, "size": size, "file MB": f"{large.stat().st_size / 1e6:.1f}", **peaks, "left out": said})
    large.unlink()


def main(argv: Sequence[str] | None = None) -> None:
    """Measure each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=200)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args(argv)
    columns = ("size", "file MB", "census, peak MiB", "prepare, peak MiB", "left out")
    table = Table(given.out, ("image",), columns)
    with tempfile.TemporaryDirectory() as place:
        folder = project.copied(Path(place) / "project")
        project.leave_one_study(folder)
        project.edit(folder, {f"views.{VIEW}.corrupt": "leave-out"})
        project.run(folder, "darkroom.pipeline.plan")
        for name in given.only:
            measure_case(folder, name, given.megapixels, table)


if __name__ == "__main__":
    main()
