"""Data sets as params.yaml describes them, and the bytes of small ones in the formats of pixels."""

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy

from darkroom.params.data import Dataset

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Real images; tests that need them are skipped where there are none."""

SYNTHETIC: dict[str, Any] = {
    "classes": ["buildings", "forest", "glacier", "mountain", "sea", "street"],
    "train_per_class": 5,
    "validation_per_class": 0,
    "test_per_class": 1,
    "fewer": {},
    "width": 150,
    "height": 150,
    "sizes": "some-lower",
    "archive": None,
    "seed": 7,
}
SPLITS: dict[str, Any] = {"train": ["train"], "validation": [], "test": ["test"]}
SETTINGS: dict[str, Any] = {
    "title": "Things",
    "source": "../things",
    "sha256": None,
    "layout": "class-folders",
    "splits": SPLITS,
    "class_pattern": None,
    "image_key": None,
    "label_key": None,
    "group": None,
    "table": None,
    "draw": None,
    "max_expansion": 100,
    "near_duplicates": "auto",
    "most_left_out": 0.01,
    "names": None,
    "class_level": None,
    "empty_classes": "refuse",
    "synthetic": None,
}


def dataset(synthetic: Mapping[str, Any] | None = None, **changes: Any) -> Dataset:
    """A data set of zips; one that is drawn, if ``synthetic`` says how."""
    drawn = {"source": "synthetic", "synthetic": SYNTHETIC | dict(synthetic)} if synthetic is not None else {}
    return Dataset.model_validate(SETTINGS | drawn | changes)


def idx(values: numpy.ndarray) -> bytes:
    """An IDX file of uint8."""
    return bytes([0, 0, 8, values.ndim]) + numpy.array(values.shape, ">u4").tobytes() + values.tobytes()


def write_idx(folder: Path, name: str, labels: list[int], side: int = 5, packed: bool = True) -> numpy.ndarray:
    """Write a pair of IDX files of random images with these labels, and return the images."""
    images = numpy.random.default_rng(len(labels)).integers(0, 256, (len(labels), side, side), dtype=numpy.uint8)
    for kind, values in (("images-idx3", images), ("labels-idx1", numpy.array(labels, numpy.uint8))):
        content = idx(values)
        path = folder / f"{name}-{kind}-ubyte{'.gz' if packed else ''}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content) if packed else content)
    return images


def records(labels: list[int]) -> tuple[bytes, numpy.ndarray]:
    """Records of random images with these labels, and the images: uint8, (images, 32, 32, 3)."""
    images = numpy.random.default_rng(labels).integers(0, 256, (len(labels), 32, 32, 3), dtype=numpy.uint8)
    planes = images.transpose(0, 3, 1, 2).reshape(len(labels), -1)
    return b"".join(bytes([label]) + row.tobytes() for label, row in zip(labels, planes, strict=True)), images


def write_tar(path: Path, members: Mapping[str, bytes | tarfile.TarInfo]) -> Path:
    """Write a tar.gz of these members, of which some may be no files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path
