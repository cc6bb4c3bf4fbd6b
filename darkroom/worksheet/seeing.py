"""Questions on what a network sees: how its filters respond, what it takes for a class, and which figures show it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from darkroom.explanation.responses import are_silent
from darkroom.reporting import selection
from darkroom.worksheet.material import Answer, Explained, Material, Question, read_table

PAGE, ACTIVATIONS = "explanation.md", "activations.csv"
FIGURE = re.compile(r"^!\[(.+)\]\((.+)\)$", re.MULTILINE)
"""A figure of an explanation's page, with the heading that it stands under."""
HEADINGS = {
    "activations": re.compile("Feature maps of (?P<layer>.+)"),
    "filter": re.compile(r"Filter (?P<number>\d+) of (?P<layer>.+)"),
    "kernels": re.compile("Kernels of (?P<layer>.+)"),
    "regions": re.compile("Regions that spoke for the predicted class"),
    "class": re.compile("Class (?P<name>.+)"),
    "augmented": re.compile("Augmentation"),
}
"""By the kind of a figure, its heading on the page of an explanation, and the values that stand in it."""
OUTCOMES = dict(zip(selection.KINDS, ("found", "missed", "mistaken"), strict=True))


@dataclass(frozen=True)
class Figure:
    """A figure of an explanation: its heading on the page there, of what kind it is, and what of."""

    heading: str
    kind: str
    values: Mapping[str, str]
    file: Path


def count_silent_filters(material: Material) -> Answer | None:
    """How many filters of the chosen layers never respond to a test image?"""
    found, files = [], []
    for key, one in material.explained.items():
        table = read_table(one.folder / ACTIVATIONS)
        for layer, group in table.assign(silent=are_silent(table)).groupby("layer", sort=False):
            count = {"filters": len(group), "silent": int(group["silent"].sum())}
            shares = {"share": group["silent"].mean(), "zeros": group["zeros"].mean()}
            found.append({"model": key, "layer": layer, **count, **shares})
        files.append(one.folder / ACTIVATIONS)
    return {"rows": found, "files": files} if found else None


def count_outcomes(material: Material) -> Answer | None:
    """For each chosen class, how many images were found, how many missed, and how many others mistaken for it?"""
    found, files = [], []
    for key, one in material.explained.items():
        names = [figure.values["name"] for figure in list_figures(one) if figure.kind == "class"]
        for name in names:
            kinds = selection.group_by_outcome(one.evaluated.predictions, name)
            counts = {OUTCOMES[kind]: len(images) for kind, images in kinds.items()}
            found.append({"model": key, "class": name, **counts})
        if names:
            files += [one.folder / PAGE, one.evaluated.folder / "predictions.csv"]
    return {"rows": found, "files": files} if found else None


def link_figures(material: Material) -> Answer | None:
    """Which figures show what a network sees?"""
    found = {
        key: {
            "page": material.locate(one.folder / PAGE),
            "figures": [{**vars(figure), "file": material.locate(figure.file)} for figure in list_figures(one)],
        }
        for key, one in material.explained.items()
    }
    return {"models": found, "files": []} if found else None


def list_figures(one: Explained) -> list[Figure]:
    """Return the figures of an explanation, in the order of its page."""
    page = (one.folder / PAGE).read_text(encoding="utf-8")
    return [Figure(match[1], *read_heading(match[1]), one.folder / match[2]) for match in FIGURE.finditer(page)]


def read_heading(heading: str) -> tuple[str, Mapping[str, str]]:
    """Return the kind of a figure with this heading, and the values in it; neither of a heading that is not known."""
    found = ((kind, pattern.fullmatch(heading)) for kind, pattern in HEADINGS.items())
    return next(((kind, match.groupdict()) for kind, match in found if match), ("", {}))


QUESTIONS: dict[str, Question] = {
    "silent_filters": count_silent_filters,
    "outcomes": count_outcomes,
    "figures": link_figures,
}
