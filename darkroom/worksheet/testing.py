"""Questions on the test: what is correct, what is confused, and how certain the predictions are."""

import pandas

from darkroom.evaluation.evaluations import CLASSES, METRICS, PREDICTIONS
from darkroom.reporting.selection import true_probability
from darkroom.reporting.tables import markdown
from darkroom.worksheet.material import Answer, Material, Question, read, rows

NAMED = 3
"""Classes, and pairs of classes, named of each model."""
WORST = 5
"""Worst predictions named."""


def accuracy(material: Material) -> Answer:
    """How many test images each model classifies correctly, and its loss."""
    file = material.comparison / "models.csv"
    table = read(file)[["model", "correct", "images", "accuracy", "low", "high", "loss"]]
    table["wrong"] = table["images"] - table["correct"]
    shares = dict.fromkeys(("accuracy", "low", "high"), ".1%")
    below = f"\nlow and high: {100 * material.study.confidence:.4g} % interval of the accuracy (Wilson).\n"
    return Answer(
        "What are test accuracy and loss, and how many images are correct?",
        markdown(table, {**shares, "loss": ".3f"}) + below,
        [file],
    )


def favourites(material: Material) -> Answer:
    """Which classes each model predicts most often."""
    found = []
    for model, one in material.evaluated.items():
        most = one.classes.query("predicted > 0").sort_values("predicted", ascending=False, kind="stable").head(NAMED)
        named = zip(most["class"], most["predicted"], most["support"], strict=True)
        found.append(
            {"model": model, "predicted (of)": ", ".join(f"{name}: {times:,} ({of:,})" for name, times, of in named)}
        )
    return Answer("Which classes are predicted most often?", rows(found), [material.every(CLASSES)])


def confusions(material: Material) -> Answer:
    """Which classes each model takes for which others most often."""
    found = []
    for model, one in material.evaluated.items():
        table = read(one.folder / "confused-pairs.csv").head(NAMED)
        named = zip(table["true"], table["predicted"], table["images"], strict=True)
        text = ", ".join(f"{true} for {predicted}: {images:,}" for true, predicted, images in named)
        found.append({"model": model, "taken for another, images": text or "none"})
    files = [material.every("confused-pairs.csv"), material.every("confusion.png")]
    return Answer("Which classes are confused most?", rows(found), files)


def per_class(material: Material) -> Answer:
    """Precision and recall of each class, of the best model."""
    one = material.evaluated[material.best]
    formats = dict.fromkeys(("precision", "recall", "f1"), ".3f")
    question = f"How good is the best model, {material.best}, on each class?"
    return Answer(question, markdown(one.classes, formats), [one.folder / CLASSES])


def worst(material: Material) -> Answer:
    """Which images the best model predicts worst."""
    one = material.evaluated[material.best]
    table = one.predictions
    lowest = table.assign(chance=true_probability(table)).sort_values("chance", kind="stable").head(WORST)
    shown = lowest[["file", "class", "chance", "predicted", "probability"]]
    shown = shown.rename(columns={"class": "true class", "chance": "probability of it"})
    answer = markdown(shown, dict.fromkeys(("probability of it", "probability"), ".1%"))
    files = [one.folder / PREDICTIONS, one.folder / "worst.png"]
    return Answer(f"Which images does {material.best} predict worst?", answer, files)


def certainty(material: Material) -> Answer:
    """How certain the predictions are, when correct and when wrong."""
    found = []
    for model, one in material.evaluated.items():
        table = one.predictions
        correct, sure = table["class"] == table["predicted"], table["probability"]
        means = {"when correct": sure[correct].mean(), "when wrong": sure[~correct].mean()}
        found.append({"model": model, "on average": sure.mean(), **means, "over 99 %": (sure > 0.99).mean()})
    below = "\nMean probability of the predicted class; over 99 %: the share of predictions more certain than that.\n"
    files = [material.every(PREDICTIONS), material.every("gallery.png")]
    formats = dict.fromkeys(("on average", "when correct", "when wrong", "over 99 %"), ".1%")
    return Answer("How certain are the predictions?", rows(found, formats) + below, files)


def calibration(material: Material) -> Answer:
    """Whether that certainty is earned."""
    found = []
    for model, one in material.evaluated.items():
        table, error = one.predictions, one.metrics["ece"]
        surplus = table["probability"].mean() - one.metrics["accuracy"]
        said = "too certain" if surplus > 0 else "not certain enough"
        words = f"{said} by {abs(100 * surplus):.1f} points on average"
        found.append({"model": model, "ECE": error, "so it is": words})
    below = "\nECE: expected calibration error, the mean distance of accuracy from confidence, weighted by images.\n"
    files = [material.every(METRICS), material.every("calibration.png")]
    return Answer("Is that certainty earned?", rows(found, {"ECE": ".3f"}) + below, files)


def ambiguous(material: Material) -> Answer:
    """Which predictions of the best model are ambiguous, with their two best classes."""
    one = material.evaluated[material.best]
    file = one.folder / "ambiguous.csv"
    table: pandas.DataFrame = read(file).rename(columns={"class": "true class", "p_best": "p", "p_second": "p second"})
    answer = markdown(table, {"p": ".1%", "p second": ".1%"})
    return Answer(
        f"Of which images does {material.best} doubt, and between which two classes?",
        answer,
        [file, one.folder / "ambiguous.png"],
    )


QUESTIONS: tuple[Question, ...] = (
    accuracy,
    favourites,
    confusions,
    per_class,
    worst,
    certainty,
    calibration,
    ambiguous,
)
