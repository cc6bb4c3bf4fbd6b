"""A made-up study with all that a worksheet reads: evaluations, comparison, census and a sweep."""

import json
from contextlib import chdir
from pathlib import Path

import pandas

from stages import compare, sweep, worksheet
from tests.support.drawing import without_drawing
from tests.support.evaluated_folders import CLASSES, write_evaluation

SWEEP = {"title": "Batch size", "of": "cnn", "variants": {"8": {"training": {"batch_size": 8}}}}
MODELS = ["cnn", "cnn-bn", "frozen", "tuned", "batch-8"]
ON_BACKBONE = {"network.backbone": "lite", "network.head.pooling": "global-average"}
TUNED = {**ON_BACKBONE, "view": "intel-150", "base": "frozen", "unfreeze": 20}
BACKBONE = {"name": "lite", "layers": 150, "first": "image", "last": "top", "output_shape": [6, 6, 1280]}
EDITS = {"sweeps": {"batch": SWEEP}, "studies.intel.sweeps": ["batch"], "studies.intel.without": [["NA"]]}
"""Of params.yaml, for one study."""


def write_study(folder: Path) -> None:
    """Write what the worksheet of the study intel reads, into a folder with its params.yaml."""
    evaluations = folder / "evaluations"
    write_evaluation(evaluations / "cnn", (50, 40, 30))
    write_evaluation(evaluations / "cnn-bn", (58, 54, 50), {"network.normalization": "layer", "view": "intel-256"})
    write_evaluation(evaluations / "frozen", (50, 40, 31), ON_BACKBONE, validated=False)
    write_evaluation(evaluations / "tuned", (50, 30, 50), TUNED)
    write_evaluation(evaluations / "batch-8", (50, 40, 20), {"training.batch_size": 8}, epochs=10)
    for key in ("frozen", "tuned"):
        (evaluations / key / "summary.json").write_text(json.dumps({"backbone": BACKBONE}))
    write_census(folder / "census")
    with chdir(folder):
        compare_models(MODELS)
        options = ["--study", "intel", "--evaluations", "evaluations", "--dataset", "intel", "--out", "sweeps/batch"]
        with without_drawing():
            sweep.main(["batch", "--models", "cnn", "batch-8", *options])


def write_census(folder: Path) -> None:
    """Write the census of images of two sizes, with two of the same bytes."""
    folder.mkdir()
    classes = pandas.DataFrame({"class": CLASSES, "train": [30, 30, 20], "validation": [5, 5, 5], "test": [60, 60, 60]})
    classes.to_csv(folder / "classes.csv", index=False)
    sizes = {"width": [150, 99], "height": [150, 80], "train": [79, 1], "validation": [15, 0], "test": [180, 0]}
    pandas.DataFrame({**sizes, "images": [274, 1]}).to_csv(folder / "sizes.csv", index=False)
    pandas.DataFrame({"mode": ["RGB"], "format": ["JPEG"], "images": [275]}).to_csv(folder / "modes.csv", index=False)
    (folder / "corrupt.csv").write_text("split,class,file,problem\n")
    rows = {"group": [1, 1], "kind": ["leak"] * 2, "split": ["train", "test"], "class": ["NA"] * 2, "file": ["a", "b"]}
    pandas.DataFrame(rows).to_csv(folder / "duplicates.csv", index=False)


def compare_models(models: list[str]) -> None:
    """Compare models of the study that lies in the working folder."""
    Path("warnings.csv").write_text("kind,images,what\n", encoding="utf-8")
    options = ["--evaluations", "evaluations", "--dataset", "intel", "--warnings", "warnings.csv"]
    options += ["--out", "comparison"]
    with without_drawing():
        compare.main(["intel", "--models", *models, *options])


def write_worksheet(models: list[str], out: str, explained: str = "-", described: str = "-") -> str:
    """Return the worksheet on models of the study that lies in the working folder, as it is written to ``out``."""
    names = ("evaluations", "comparison", "census", "explanations", "sweeps", "descriptions")
    folders = [part for name in names for part in (f"--{name}", name)]
    files = ["--costs", "costs/costs.md", "--explained", explained, "--described", described]
    files += ["--hyperparameters", "hyperparameters.csv", "--out", out]
    worksheet.main(["intel", "--models", *models, "--dataset", "intel", *folders, *files])
    return Path(out).read_text(encoding="utf-8")
