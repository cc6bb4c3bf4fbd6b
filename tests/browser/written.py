"""Studies written by hand with all that their pages lead to: one with hostile names, one of many models and classes."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas

from darkroom.comparison.cost_script import COLUMNS, compose_script
from tests.support.image_folders import picture
from tests.support.written_galleries import write_written
from tests.support.written_results import MODELS as HEADER
from tests.support.written_results import write

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
LONG = "efficientnetlite0-finetuned-of-which-two-thirds-of-the-layers-are-trained"
MODELS = [f"cnn-{number}" for number in range(1, 11)] + [LONG, "both"]
"""Each is better than the one before it; the last is an ensemble, which has neither a loss nor epochs."""
NO_COSTS = "cnn-3"
EPOCHS = 20
IMAGES = 40
"""Of each class."""
EVALUATION = ("evaluation.md", "layers.csv", "confused-pairs.csv", "confusion.png", "curves.png", "calibration.png")
EVALUATION += ("diagram.png", "worst.webp", "ambiguous.webp", "gallery.webp")
"""What the stage evaluate writes, and the page shows or leads to without reading it."""
STUDY = ("costs/costs.md", "costs/costs.csv", "costs/steps.png", "hyperparameters.csv")
SWEEP = "# Rates (n)\n\n## Accuracy\n\n![Accuracy of each rate](accuracy.png)\n\n"
EXPLANATION = "# What cnn-1 sees\n\n## First kernels\n\n![Kernels of the first layer](kernels.png)\n\n"
EXPLANATION += "## Class bird\n\n![Class bird](figures/class-1-bird.webp)\n\n28 true positives.\n\n"
OUTCOMES = {"true positives": range(80, 86), "false negatives": range(109, 113)}


def write_beside(folder: Path, models: Iterable[str]) -> None:
    """Write what the page of the study intel leads to: pictures, tables, and images of its data set."""
    results = folder / "results/intel"
    for name in STUDY:
        draw(results / name)
    for model in models:
        for name in EVALUATION:
            draw(results / "evaluations" / model / name)
        with (results / "evaluations" / model / "predictions.csv").open(encoding="utf-8", newline="") as opened:
            for row in csv.DictReader(opened):
                draw(folder / "data/images/intel" / row["file"])
    draw(folder / "results/census/intel/sizes.png")


def draw(file: Path) -> None:
    """Write a picture, or some text under any other name."""
    if file.suffix not in (".png", ".webp", ".jpg"):
        write(file, "a\n1\n")
    elif not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(len(file.name), *((40, 30) if file.suffix == ".jpg" else (320, 200))).save(file)


def write_costs(folder: Path, seconds: Mapping[str, float]) -> None:
    """Write costs.js as the stage costs does, of models with their training times."""
    rows = [
        {**dict.fromkeys(COLUMNS), "model": name, "seconds": took, "peak_memory_mib": 900 + 7 * place}
        for place, (name, took) in enumerate(seconds.items())
    ]
    write(folder / "results/intel/costs/costs.js", compose_script(pandas.DataFrame(rows)))


def write_many(folder: Path) -> None:
    """Write the results of a study of twelve models and ten classes, with a sweep, doubts and an explanation."""
    results = folder / "results/intel"
    rows = [list_values(place, name) for place, name in enumerate(MODELS)]
    write(results / "comparison/models.csv", "\n".join([HEADER, *rows]) + "\n")
    table = "| pair | " + " | ".join(CLASSES) + " |\n| --- |" + " --: |" * len(CLASSES) + "\n"
    table += f"| {LONG}, cnn-1 |" + " 0.123 |" * len(CLASSES) + "\n"
    verdict = f"# Comparison\n\n## Verdict\n\n- Best: **both**.\n- {LONG} is close.\n\n## Models\n\nThe same.\n\n"
    write(results / "comparison/comparison.md", f"{verdict}## Pairs\n\n{table}")
    for place, name in enumerate(MODELS):
        write_evaluation(results / "evaluations" / name, place)
    answer = f"**How good is each?**\n\n{table}\nFrom `results/intel/evaluations/*/curves.png`.\n"
    write(results / "worksheet.md", f"# Worksheet of intel\n\n## Test\n\n{answer}\n**Why?**\n\n`{'x' * 90}`\n")
    write(
        folder / "results/census/intel/census.md",
        f"# Census\n\n- 400 images\n\n## Sizes\n\n![Sizes](sizes.png)\n\n{table}",
    )
    write(results / "sweeps/rate/sweep.md", SWEEP + table)
    write(results / "explanations/cnn-1/explanation.md", EXPLANATION)
    predictions = results / "evaluations/cnn-1/predictions.csv"
    write_written(
        results / "explanations/cnn-1",
        predictions,
        CLASSES,
        {("class-1-bird.webp", part): OUTCOMES[part] for part in OUTCOMES},
    )
    for name in ("sweeps/rate/accuracy.png", "explanations/cnn-1/kernels.png", "doubts/doubts.md"):
        draw(results / name)
    for name in ("doubts/label-errors.webp", "doubts/far-from-class.webp"):
        draw(results / name)
    write_costs(folder, {name: 100.5 - 7 * place for place, name in enumerate(MODELS[:-1]) if name != NO_COSTS})
    write_beside(folder, MODELS)


def list_values(place: int, name: str) -> str:
    """Return a row of comparison/models.csv."""
    correct = 200 + 15 * place
    share = correct / (IMAGES * len(CLASSES))
    trained = ("", "", "") if name == MODELS[-1] else (f"{1.5 - 0.1 * place:.2f}", str(EPOCHS - place), "5")
    loss, epochs, best = trained
    accuracy = f"{share:.4f},{share - 0.04:.4f},{share + 0.04:.4f}"
    parameters = 1000 + 137 * (place * 7 % len(MODELS))
    return f"{name},400,{correct},{accuracy},{loss},{parameters},{epochs},{best},from scratch,1,,"


def write_evaluation(folder: Path, place: int) -> None:
    """Write an evaluation: of each class all but some are correct, and these are taken for the classes after it."""
    name = folder.name
    write(folder / "metrics.json", f'{{"model": "{name}", "note": ""}}')
    write(folder / "view.json", '{"dataset": "intel", "classes": ["' + '", "'.join(CLASSES) + '"]}')
    epochs = range(1, EPOCHS + 1 if name != MODELS[-1] else 1)
    history = [
        f"{at},{value(place, at):.4f},{0.04 * at:.3f},{2 * value(place, at):.4f},{0.03 * at:.3f}" for at in epochs
    ]
    write(folder / "history.csv", "\n".join(["epoch,loss,accuracy,val_loss,val_accuracy", *history]) + "\n")
    rows = ["file,class,predicted,probability"]
    for number, true in enumerate(CLASSES):
        for image in range(IMAGES):
            wrong = max(0, image - 27 - place)
            said = CLASSES[(number + wrong) % len(CLASSES)]
            rows.append(f"test/{true}/{image}.jpg,{true},{said},{1 - image / 100:.2f}")
    write(folder / "predictions.csv", "\n".join(rows) + "\n")
    shown = {"worst.webp": range(20, 40), "ambiguous.webp": range(26, 46), "gallery.webp": range(0, 400, 20)}
    write_written(folder, folder / "predictions.csv", CLASSES, {(name, ""): shown[name] for name in shown})


def value(place: int, epoch: int) -> float:
    """Return the loss of a model after an epoch, in training; in validation it is twice that."""
    return 3 / (epoch + place)
