"""The configuration of a CODECHECK: the files that whoever checks a study is to make again, each with what it shows."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from darkroom.cards.study import StudyPlace
from darkroom.pipeline.template import EXPRESSION, Stage
from darkroom.reporting.templates import render

CAPTIONS = Path("workflow/report")
"""Sentences on files, <verb>-<name>.rst, with the key in double braces."""
PLACEHOLDER = re.compile(r"\{\{.*?\}\}")
SHOWN: dict[str, frozenset[str] | None] = {
    "census": frozenset({"census.md"}),
    "evaluate": frozenset({"metrics.json", "evaluation.md"}),
    "sweep": frozenset({"sweep.md"}),
    "explain": frozenset({"explanation.md"}),
    "doubts": frozenset({"doubts.md"}),
    "compare": None,
    "worksheet": None,
    "page": None,
}
"""Of each verb the names of the files to check; ``None``: all. Times differ from run to run, so costs are no part."""
UNCAPTIONED = {"metrics": "Metrics of {key} on the test images."}


@dataclass(frozen=True)
class Output:
    """A file to be made again, and what it shows."""

    file: str
    comment: str


def list_outputs(place: StudyPlace) -> Iterator[Output]:
    """Yield the outputs of a study that are there, in the order of dvc.yaml."""
    note = f" ({place.dataset.note})" if place.dataset.note else ""
    for stage in place.stages:
        names = SHOWN.get(stage.verb, frozenset())
        for out in stage.outs:
            path = Path(out)
            if path.is_file() and "records" not in path.parts and (names is None or path.name in names):
                said = describe(stage, path, place.descriptions.get(stage.verb, stage.verb)).removesuffix(".")
                yield Output(out, f"{said}{note}.")


def describe(stage: Stage, path: Path, description: str) -> str:
    """Return what a file shows: its caption in the report, or else the ``description`` of the stage that writes it."""
    caption = CAPTIONS / f"{stage.verb}-{path.stem}.rst"
    key = stage.key or ""
    if caption.is_file():
        return " ".join(PLACEHOLDER.sub(key, caption.read_text(encoding="utf-8")).split())
    text = UNCAPTIONED.get(path.stem, f"{EXPRESSION.sub('', description)}: {{key}}.")
    return " ".join(text.format(key=key).split())


def compose(place: StudyPlace) -> str:
    """Return codecheck.yml; the paper and the codechecker are left open. JSON's quoted text is YAML's, too."""
    outputs = list(list_outputs(place))
    return render(
        Path(__file__).parent,
        "codecheck.yml.j2",
        study=place.key,
        note=place.dataset.note,
        outputs=[{name: json.dumps(text, ensure_ascii=False) for name, text in vars(one).items()} for one in outputs],
    )
