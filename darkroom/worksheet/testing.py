"""Questions on the test: what is correct, what is confused, and how certain the predictions are."""

from darkroom.evaluation.evaluations import CLASSES, METRICS, PREDICTIONS
from darkroom.reporting.selection import true_probability
from darkroom.worksheet.material import Answer, Material, Question, read_table

NAMED = 3
"""Classes, and pairs of classes, named of each model."""
WORST = 5
"""Worst predictions named."""
SURE = 0.99
"""Predictions more certain than this are counted."""


def count_correct(material: Material) -> Answer:
    """What are the test accuracy and loss, and how many images are classified correctly?"""
    file = material.comparison / "models.csv"
    table = read_table(file)[["model", "correct", "images", "accuracy", "low", "high", "loss"]]
    table["wrong"] = table["images"] - table["correct"]
    return {"rows": table, "confidence": material.study.confidence, "files": [file]}


def count_predicted(material: Material) -> Answer:
    """Which classes does each model predict most often?"""
    found = {}
    for model, one in material.evaluated.items():
        most = one.classes.query("predicted > 0").sort_values("predicted", ascending=False, kind="stable").head(NAMED)
        found[model] = most.to_dict("records")
    return {"models": found, "files": [material.every(CLASSES)]}


def find_confusions(material: Material) -> Answer:
    """Which classes does each model confuse most often?"""
    tables = {model: read_table(one.folder / "confused-pairs.csv") for model, one in material.evaluated.items()}
    return {
        "models": {model: table.head(NAMED).to_dict("records") for model, table in tables.items()},
        "files": [material.every("confused-pairs.csv"), material.every("confusion.png")],
    }


def measure_classes(material: Material) -> Answer:
    """How good is the best model on each class?"""
    one = material.evaluated[material.best]
    return {"model": material.best, "rows": one.classes, "files": [one.folder / CLASSES]}


def find_worst(material: Material) -> Answer:
    """Which images does the best model predict worst?"""
    one = material.evaluated[material.best]
    table = one.predictions
    lowest = table.assign(chance=true_probability(table)).sort_values("chance", kind="stable").head(WORST)
    return {
        "model": material.best,
        "rows": lowest[["file", "class", "chance", "predicted", "probability"]],
        "files": [one.folder / PREDICTIONS, one.folder / "worst.webp"],
    }


def measure_certainty(material: Material) -> Answer:
    """How certain are the predictions, when they are correct and when they are wrong?"""
    found = []
    for model, one in material.evaluated.items():
        table = one.predictions
        correct, sure = table["class"] == table["predicted"], table["probability"]
        means = {"mean": sure.mean(), "correct": sure[correct].mean(), "wrong": sure[~correct].mean()}
        found.append({"model": model, **means, "sure": (sure > SURE).mean()})
    return {"rows": found, "sure": SURE, "files": [material.every(PREDICTIONS), material.every("gallery.webp")]}


def measure_calibration(material: Material) -> Answer:
    """Is that certainty justified?"""
    found = {}
    for model, one in material.evaluated.items():
        surplus = one.predictions["probability"].mean() - one.metrics["accuracy"]
        found[model] = {"ece": one.metrics["ece"], "surplus": surplus}
    return {"models": found, "files": [material.every(METRICS), material.every("calibration.png")]}


def list_ambiguous(material: Material) -> Answer:
    """Which images are ambiguous to the best model, and between which two classes?"""
    one = material.evaluated[material.best]
    file = one.folder / "ambiguous.csv"
    return {"model": material.best, "rows": read_table(file), "files": [file, one.folder / "ambiguous.webp"]}


QUESTIONS: dict[str, Question] = {
    "accuracy": count_correct,
    "favourites": count_predicted,
    "confusions": find_confusions,
    "per_class": measure_classes,
    "worst": find_worst,
    "certainty": measure_certainty,
    "calibration": measure_calibration,
    "ambiguous": list_ambiguous,
}
