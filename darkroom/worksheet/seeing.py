"""Questions on what a network sees: how its filters respond, what it takes for a class, and which figures show it."""

import re
from pathlib import Path

from darkroom.explanation.responses import are_silent
from darkroom.reporting import selection
from darkroom.worksheet.material import Answer, Explained, Material, Question, read, rows

PAGE, ACTIVATIONS = "explanation.md", "activations.csv"
FIGURE = re.compile(r"^!\[(.+)\]\((.+)\)$", re.MULTILINE)
"""A figure of an explanation's page, with the heading that it stands under."""
OF_CLASS = "Class "
"""What the heading of a chosen class begins with."""
WORDS = dict(zip(selection.KINDS, ("found", "missed", "taken for it"), strict=True))


def responses(material: Material) -> Answer | None:
    """How the filters of the chosen layers respond to all test images."""
    found, files = [], []
    for key, one in material.explained.items():
        table = read(one.folder / ACTIVATIONS)
        for layer, group in table.assign(silent=are_silent(table)).groupby("layer", sort=False):
            count = {"filters": len(group), "never respond": int(group["silent"].sum())}
            shares = {"share": group["silent"].mean(), "responses that are 0": group["zeros"].mean()}
            found.append({"model": key, "layer": layer, **count, **shares})
        files.append(one.folder / ACTIVATIONS)
    below = (
        "\nA filter that never responds gave 0 everywhere in every test image; only an activation function that cuts "
        "to 0, as ReLU does, silences one. Responses that are 0: the mean over the layer's filters.\n"
    )
    answer = rows(found, {"share": ".1%", "responses that are 0": ".1%"}) + below
    return Answer("How many filters never respond?", answer, files) if found else None


def chosen_classes(material: Material) -> Answer | None:
    """How many images of each chosen class were found and missed, and how many others taken for it."""
    found, files = [], []
    for key, one in material.explained.items():
        names = [heading.removeprefix(OF_CLASS) for heading, _ in figures(one) if heading.startswith(OF_CLASS)]
        for name in names:
            kinds = selection.group_by_outcome(one.evaluated.predictions, name)
            counts = {WORDS[kind]: len(images) for kind, images in kinds.items()}
            found.append({"model": key, "class": name, **counts})
        if names:
            files += [one.folder / PAGE, one.evaluated.folder / "predictions.csv"]
    question = "Of a chosen class, how many images were found, how many missed, and how many others taken for it?"
    return Answer(question, rows(found), files) if found else None


def shown(material: Material) -> Answer | None:
    """Where it can be looked at."""
    lines = []
    for key, one in material.explained.items():
        lines.append(f"- **{key}**: {material.linked('the page with all of them', one.folder / PAGE)}\n")
        lines += [f"  - {material.linked(heading, file)}\n" for heading, file in figures(one)]
    question = "Which figures show what a network sees?"
    return Answer(question, "".join(lines), []) if lines else None


def figures(one: Explained) -> list[tuple[str, Path]]:
    """Return the figures of an explanation, each with its heading, in the order of its page."""
    page = (one.folder / PAGE).read_text(encoding="utf-8")
    return [(match[1], one.folder / match[2]) for match in FIGURE.finditer(page)]


QUESTIONS: tuple[Question, ...] = (responses, chosen_classes, shown)
