"""A project as its stages leave it, as far as cards read it: models, evaluations, a census, archives, and a lock."""

import hashlib
import json
import shutil
from pathlib import Path

import pandas
import yaml

from tests.support.evaluated_folders import CLASSES, USED, write_evaluation
from tests.support.image_folders import picture, write_index

SUMMARY = {
    "model": "cnn",
    "replicate": 1,
    "train_images": 90,
    "validation_images": 10,
    "weights": "from scratch",
    "note": "",
    "hyperparameters": USED,
    "epochs": 8,
    "best_epoch": 8,
    "parameters": 1000,
    "trainable_parameters": 900,
}
LEAK = "1 group of the same images in more than one split; of 180 test images 1 is in train, too"
TABLES = {
    "classes": "class,train,test\nNA,3,2\nsea,3,2\nwald,2,2\n",
    "sizes": "width,height,train,test,images\n24,18,8,6,14\n",
    "modes": "mode,format,images\nRGB,PNG,14\n",
    "corrupt": "split,class,file,problem\n",
    "duplicates": "group,kind,alike,split,class,file\n"
    + "1,leak,pixels,train,sea,train/sea/0.png\n1,leak,pixels,test,sea,test/sea/0.png\n"
    + "2,two labels,bytes,train,NA,train/NA/1.png\n2,two labels,bytes,train,wald,train/wald/1.png\n",
    "suspicions": "kind,split,class,file,what\nvery dark,train,NA,train/NA/0.png,mean 3\n",
    "warnings": f'kind,images,what\nleak,2,"{LEAK}"\nvery dark,1,very dark: 1 image\n',
}


def write_sources(folder: Path, root: Path) -> None:
    """Copy what says where stages write; params.yaml is there."""
    shutil.copyfile(root / "dvc.yaml", folder / "dvc.yaml")
    (folder / "workflow").mkdir(exist_ok=True)
    shutil.copyfile(root / "workflow/plan.yaml", folder / "workflow/plan.yaml")


def write_census(folder: Path) -> None:
    """Write a census that found a leak, two labels and a dark image."""
    folder.mkdir(parents=True)
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")


def write_images(folder: Path, archives: Path, names: list[str] = CLASSES) -> None:
    """Write images by split and class with their index, and the manifest of the archive that they came from."""
    for seed, (split, name) in enumerate((split, name) for split in ("train", "test") for name in names):
        for number in range(2):
            (place := folder / split / name).mkdir(parents=True, exist_ok=True)
            picture(10 * seed + number).save(place / f"{number}.png")
    write_index(folder)
    archives.mkdir(parents=True)
    (archives / "seg_train.zip").write_bytes(b"an archive")
    digest = hashlib.sha256(b"an archive").hexdigest()
    (archives / "manifest.csv").write_text(f"name,bytes,sha256\nseg_train.zip,10,{digest}\n", encoding="utf-8")


def write_evaluated(folder: Path, **known: object) -> None:
    """Write the evaluation of the model that ``SUMMARY`` is of."""
    write_evaluation(folder, **known)
    (folder / "summary.json").write_text(json.dumps(SUMMARY), encoding="utf-8")
    view = json.loads((folder / "view.json").read_text(encoding="utf-8"))
    view |= {"images": {"train": 100, "test": 180}, "left_out": []}
    (folder / "view.json").write_text(json.dumps(view), encoding="utf-8")


def write_lock(folder: Path, model: Path, deps: bytes, outs: bytes) -> None:
    """Write a dvc.lock that has ``model`` with these bytes as what was evaluated, and as what training wrote."""
    one, other = (hashlib.md5(content, usedforsecurity=False).hexdigest() for content in (deps, outs))
    stages = {
        "train@cnn": {"cmd": "x", "outs": [{"path": str(model), "hash": "md5", "md5": other}]},
        "evaluate@cnn": {"cmd": "x", "deps": [{"path": str(model), "hash": "md5", "md5": one}]},
    }
    (folder / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}), encoding="utf-8")


def read_markdown_table(text: str, first: str) -> pandas.DataFrame:
    """Return the table of a page whose first heading is ``first``, as texts."""
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {first} "))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("| ").split(" | ")])
    return pandas.DataFrame(rows[2:], columns=rows[0])
