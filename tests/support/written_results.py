"""The results of a study as its stages leave them, written by hand, with names that a page must not take for HTML."""

import json
from collections.abc import Sequence
from pathlib import Path

from darkroom.reporting.tables import escaped
from tests.support.written_galleries import write_written

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "sea & {{ 7 * 7 }} 'snow'"]
"""Names of classes."""
EDITS = {"datasets.intel.title": "Holidays </title><b>", "studies.intel.models": ["cnn", "cnn-bn"]}
MODELS = "model,images,correct,accuracy,low,high,loss,parameters,epochs,best_epoch,weights,replicates"
MODELS += ",mean_accuracy,sd_accuracy"
NOTE = "random weights, no pretraining"
DRAWN = "These are synthetic images, drawn by a program: the metrics say nothing about photographs."
"""As the verdict of drawn images ends."""
FROM = "From `results/intel/evaluations/*/metrics.json`, `results/intel/evaluations/*/curves.png`."


def write_results(folder: Path, classes: Sequence[str] = HOSTILE, epochs: int = 3) -> None:
    """Write what the page of the study intel reads, below ``folder``."""
    results = folder / "results/intel"
    rows = [
        "cnn,6,3,0.5,0.1876,0.8124,1.25,1200,3,2,from scratch,1,,",
        "cnn-bn,6,4,0.6667,0.3,0.9032,0.75,1300,3,3,from scratch,2,0.6,0.05",
        "both,6,4,0.6667,0.3,0.9032,,2500,,,from scratch,1,,",
    ]
    write(results / "comparison/models.csv", "\n".join([MODELS, *rows]) + "\n")
    first = escaped(classes[0])
    verdict = (
        f"# Comparison (n)\n\n## Verdict ({NOTE})\n\n- Best: **cnn-bn**, but {first}\n- Raw: {classes[0]}\n  {DRAWN}\n"
    )
    write(results / "comparison/comparison.md", f"{verdict}\n## Models\n\n| a |\n| --- |\n| 1 |\n\n## Pairs\n\nNone.\n")
    for model, trained in (("cnn", epochs), ("cnn-bn", epochs), ("both", 0)):
        write_evaluation(results / "evaluations" / model, classes, trained)
    asked = f"**How good is\nit on {first}?**\n\n| class | correct |\n| --- | --: |\n| {first} | 3 |\n\n{FROM}\n"
    link = "[page](costs/costs.md) and [elsewhere](https://example.org) ![outside](//example.org/x.png)\n"
    write(results / "worksheet.md", f"# Worksheet\n\n## Test ({NOTE})\n\n{asked}\n**And then?**\n\n{link}")
    page = f"# Census\n\n- {first} 6\n\n## Sizes\n\n![Sizes of <b>](sizes.png)\n\n<img src=x onerror=alert(1)>\n"
    write(folder / "results/census/intel/census.md", page)


def write_evaluation(folder: Path, classes: Sequence[str], epochs: int) -> None:
    """Write an evaluation: of each class an image that is correct, and one that is taken for the next class."""
    metrics = {"model": folder.name, "note": NOTE if folder.name == "cnn" else ""}
    write(folder / "metrics.json", json.dumps(metrics))
    write(folder / "view.json", json.dumps({"dataset": "intel", "classes": classes}))
    history = [f"{epoch},{2 / epoch},{0.3 * epoch},{1.5 / epoch},nan" for epoch in range(1, epochs + 1)]
    write(folder / "history.csv", "\n".join(["epoch,loss,accuracy,val_loss,val_accuracy", *history]) + "\n")
    rows = ["file,class,predicted,probability"]
    for place, name in enumerate(classes):
        for said, probability in ((name, 0.9), (classes[(place + 1) % len(classes)], 0.6)):
            cells = f"test/{name}/{probability}.jpg", name, said
            rows.append(",".join(f'"{cell}"' for cell in (one.replace('"', '""') for one in cells)) + f",{probability}")
    write(folder / "predictions.csv", "\n".join(rows) + "\n")
    shown = {"worst.webp": [5, 3, 1, 0], "ambiguous.webp": [1, 3], "gallery.webp": [0, 5]}
    write_written(folder, folder / "predictions.csv", classes, {(name, ""): shown[name] for name in shown})


def write(file: Path, text: str) -> None:
    """Write a file, and the folders that it lies in."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
