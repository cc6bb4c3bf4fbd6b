"""Questions on what a network sees: how its filters respond, what it takes for a class, and which figures show it."""

import re
from pathlib import Path

from darkroom.explanation.responses import are_silent
from darkroom.reporting import selection
from darkroom.worksheet.material import Answer, Explained, Material, Question, read_table, tabulate

PAGE, ACTIVATIONS = "explanation.md", "activations.csv"
FIGURE = re.compile(r"^!\[(.+)\]\((.+)\)$", re.MULTILINE)
"""A figure of an explanation's page, with the heading that it stands under."""
OF_CLASS = "Class "
"""Beginning of the heading of a chosen class."""
WORDS = dict(zip(selection.KINDS, ("found", "missed", "mistaken for it"), strict=True))


def count_silent_filters(material: Material) -> Answer | None:
    """How many filters of the chosen layers never respond to a test image?"""
    found, files = [], []
    for key, one in material.explained.items():
        table = read_table(one.folder / ACTIVATIONS)
        for layer, group in table.assign(silent=are_silent(table)).groupby("layer", sort=False):
            count = {"filters": len(group), "never respond": int(group["silent"].sum())}
            shares = {"share": group["silent"].mean(), "responses that are 0": group["zeros"].mean()}
            found.append({"model": key, "layer": layer, **count, **shares})
        files.append(one.folder / ACTIVATIONS)
    formats = {"share": ".1%", "responses that are 0": ".1%"}
    return {"table": tabulate(found, formats), "files": files} if found else None


def count_outcomes(material: Material) -> Answer | None:
    """For each chosen class, how many images were found, how many missed, and how many others mistaken for it?"""
    found, files = [], []
    for key, one in material.explained.items():
        names = [heading.removeprefix(OF_CLASS) for heading, _ in list_figures(one) if heading.startswith(OF_CLASS)]
        for name in names:
            kinds = selection.group_by_outcome(one.evaluated.predictions, name)
            counts = {WORDS[kind]: len(images) for kind, images in kinds.items()}
            found.append({"model": key, "class": name, **counts})
        if names:
            files += [one.folder / PAGE, one.evaluated.folder / "predictions.csv"]
    return {"table": tabulate(found), "files": files} if found else None


def link_figures(material: Material) -> Answer | None:
    """Which figures show what a network sees?"""
    found = {
        key: {
            "page": material.locate(one.folder / PAGE),
            "figures": [(heading, material.locate(file)) for heading, file in list_figures(one)],
        }
        for key, one in material.explained.items()
    }
    return {"models": found, "files": []} if found else None


def list_figures(one: Explained) -> list[tuple[str, Path]]:
    """Return the figures of an explanation, each with its heading, in the order of its page."""
    page = (one.folder / PAGE).read_text(encoding="utf-8")
    return [(match[1], one.folder / match[2]) for match in FIGURE.finditer(page)]


QUESTIONS: dict[str, Question] = {
    "silent_filters": count_silent_filters,
    "outcomes": count_outcomes,
    "figures": link_figures,
}
