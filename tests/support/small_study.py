"""Tiny studies, in copies of the sources, that the real workflow makes within a minute."""

import hashlib
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy
from PIL import Image

from benchmarks.project import copied, edit, git, run
from darkroom.pipeline import template

BLOCKS = {"filters": [4, 6], "kernel": 3, "padding": "same", "activation": "relu", "pooling": 2, "dropout": 0.1}
BLOCKS |= {"strides": 1, "pooling_kind": "max", "dropout_first": False, "l2": 0, "residual": False}
OUTPUT = {"input_dropout": 0, "l2": 0, "output": "softmax", "output_dropout": 0}
NETWORK = {
    "normalization": "none",
    "blocks": {**BLOCKS, "batch_normalization": None},
    "head": {
        "pooling": "flatten",
        "batch_normalization": None,
        "units": [8],
        "activation": "relu",
        "dropout": [0.2],
        **OUTPUT,
    },
}
STOP = {"name": "EarlyStopping", "monitor": "val_loss", "mode": "min", "min_delta": 0, "patience": 2}
STOP |= {"restore_best_weights": True, "start_from_epoch": 0}
TRAINING: dict[str, Any] = {"optimizer": "adam", "momentum": 0, "learning_rate": 0.01, "epochs": 2, "batch_size": 16}
TRAINING |= {"accumulation_steps": 2, "validation_split": 0.25, "precision": "float32"}
TRAINING |= {"weight_decay": 0, "clip_norm": None, "schedule": None, "label_smoothing": 0, "mix": None}
TRAINING |= {"augmentation": None, "class_weights": None, "callbacks": [STOP]}
MODEL: dict[str, Any] = {"view": "intel-150", "replicates": 1, "network": NETWORK, "training": TRAINING}
NORMALIZED = {**NETWORK, "normalization": "layer", "blocks": {**BLOCKS, "batch_normalization": {"momentum": 0.8}}}
HEAD = {
    "pooling": "global-average",
    "batch_normalization": {"momentum": 0.8},
    "units": [8],
    "activation": "relu",
    "dropout": [0.2],
    **OUTPUT,
}
FIT = {name: value for name, value in TRAINING.items() if name != "validation_split"} | {"cache_frozen": True}
ON_BACKBONE: dict[str, Any] = {
    "view": "intel-180",
    "replicates": 1,
    "network": {"backbone": "mobile", "head": HEAD},
    "training": {**TRAINING, "cache_frozen": True},
}
SMALL = {
    "datasets.intel.synthetic.train_per_class": 6,
    "datasets.intel.synthetic.test_per_class": 3,
    "census.gallery": 4,
    "evaluation.worst": 4,
    "views.intel-150.size": 16,
    "views.intel-180.size": 32,
    "backbones": {"mobile": {"architecture": "MobileNet", "alpha": 0.25, "weights": "none", "sha256": None}},
    "models": {
        "plain": {**MODEL, "network": NORMALIZED},
        "frozen": ON_BACKBONE,
    },
    "finetunes": {"tuned": {"base": "frozen", "view": None, "unfreeze": 6, "training": FIT}},
    "ensembles": {},
    "sweeps": {},
    "explanations": {},
    "studies": {
        "intel": {
            "models": ["plain", "frozen", "tuned"],
            "sweeps": [],
            "without": [],
            "confidence": 0.95,
            "correction": "holm",
        }
    },
}


def small(folder: Path, changes: dict[str, Any] | None = None) -> Path:
    """A copy of the sources with a tiny study, committed."""
    edit(copied(folder), {**SMALL, **(changes or {})})
    run(folder, "darkroom.pipeline.plan")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Start")
    return folder


def refusal(folder: Path, *arguments: str) -> str:
    """What ``python -m`` with ``arguments`` says where it refuses: one line."""
    done = run(folder, *arguments, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def results(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file that stages wrote, records and costs aside."""
    outs = [folder / out for stage in template.read_stages(folder).values() for out in stage.outs]
    files = [file for out in outs for file in (out.rglob("*") if out.is_dir() else [out]) if file.is_file()]
    timed = ("record.json", "costs.csv", "costs.md", "costs.js", "steps.png", ".snakemake_timestamp")
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.name not in timed
    }


def encoded(image: Image.Image, form: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()


def photographs(archive: Path, count: int) -> None:
    """Zip class folders with unheard-of names, of images of many sizes, modes and formats."""
    random = numpy.random.default_rng(5)
    kinds = [("RGB", "JPEG", "JPG"), ("L", "PNG", "png"), ("CMYK", "JPEG", "jpeg"), ("RGBA", "WEBP", "webp")]
    kinds += [("P", "GIF", "gif"), ("I;16", "TIFF", "tif"), ("RGB", "BMP", "Bmp"), ("1", "PNG", "PNG")]
    with zipfile.ZipFile(archive, "w") as opened:
        for number, name in enumerate(("Été à la mer", "snow & ice")):
            for index in range(count):
                mode, form, suffix = kinds[index % len(kinds)]
                size = (int(random.integers(20, 60)), int(random.integers(20, 60)))
                pixels = random.integers(0, 120, (size[1], size[0], 3), dtype=numpy.uint8) + numpy.uint8(130 * number)
                image = Image.fromarray(pixels)
                image = (
                    Image.fromarray(pixels[..., 0].astype("uint16") * 257) if mode == "I;16" else image.convert(mode)
                )
                opened.writestr(f"{archive.stem}/{name}/{index}.{suffix}", encoded(image, form))
        opened.writestr("__MACOSX/._litter.jpg", b"litter")
