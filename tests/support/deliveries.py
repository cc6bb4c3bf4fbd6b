"""What a user may deliver: archives and folders of a few small files, good ones."""

import zipfile
from pathlib import Path
from typing import Any

CIFAR: dict[str, Any] = {
    "layout": "cifar10-binary",
    "splits": {"train": ["data_batch_*"], "validation": [], "test": ["test_batch"]},
}
"""What params.yaml says of a delivery of batches."""


def zipped(path: Path, names: tuple[str, ...] = ("cat/1.jpg", "dog/1.jpg")) -> bytes:
    """Write a zip of these members, and return its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return path.read_bytes()


def class_folders(folder: Path, *more: str) -> Path:
    """Write a folder for each class, with an image, and ``more`` files; return the folder of all."""
    for name in ("cat/1.jpg", "dog/1.jpg", *more):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder
