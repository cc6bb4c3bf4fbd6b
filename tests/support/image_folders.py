"""Folders of images as unzip leaves them, made of real files."""

import csv
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy
from PIL import Image

from darkroom.core.splits import SPLITS


def picture(seed: int, width: int = 24, height: int = 18) -> Image.Image:
    """An RGB image of smooth colours, other ones for each seed."""
    coarse = numpy.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=numpy.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def write_index(folder: Path) -> None:
    """Write index.csv for the files <split>/<class>/<file> that are in the folder."""
    files = [path.relative_to(folder) for path in folder.glob("*/*/*")]
    files.sort(key=lambda file: (SPLITS.index(file.parts[0]), file.parts[1], file.name))
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["split", "class", "file", "bytes", "sha256", "archive", "member"])
        for name in files:
            content = (folder / name).read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            rows.writerow([*name.parts[:2], name.as_posix(), len(content), digest, "a.zip", name.as_posix()])


def write_folder(folder: Path, contents: Mapping[str, Image.Image | bytes]) -> Path:
    """Write an images folder: ``contents`` gives an image or bytes for each <split>/<class>/<file>."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content.save(path)
    write_index(folder)
    return folder


def unpack(archives: Path, folder: Path) -> Path:
    """Write an images folder from seg_train.zip and seg_test.zip, whose members end in <class>/<file>."""
    for split in ("train", "test"):
        with zipfile.ZipFile(archives / f"seg_{split}.zip") as archive:
            for member in archive.namelist():
                if not member.endswith("/"):
                    path = folder.joinpath(split, *member.split("/")[-2:])
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(archive.read(member))
    write_index(folder)
    return folder
