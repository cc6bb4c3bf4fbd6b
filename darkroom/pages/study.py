"""The page of a study: all that its stages made, in one file of HTML that needs no network."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from darkroom.core.provenance import note_on_images
from darkroom.pages import curves, markdown
from darkroom.pages.confusion import Confusion, count_confusion
from darkroom.pages.evaluations import Evaluated, describe_notes, read_rows
from darkroom.pages.galleries import read_galleries
from darkroom.pages.links import locate
from darkroom.pages.models import Model, choose_scale, read_models
from darkroom.pages.questions import read_worksheet
from darkroom.pages.style import hash_of, read_script, read_style
from darkroom.params.data import Dataset
from darkroom.params.model import Study
from darkroom.reporting.templates import render

SHOWN_AT_FIRST = 8
"""Models whose curves are shown at first; of more the best."""


@dataclass(frozen=True)
class Material:
    """A study: what params.yaml says of it, and where its stages have written; paths from the project's folder."""

    key: str
    study: Study
    dataset: Dataset
    results: Path
    census: Path
    images: Path
    """Folder with a folder of images for each dataset; the page leads there and reads nothing."""
    explained: list[str]
    """Training runs of which it is shown what they see."""
    page: Path


def compose_page(material: Material) -> str:
    """Return the page.

    Raises:
        UserError: a file of another stage is missing.
    """
    models = read_models(read_rows(material.results / "comparison/models.csv"))
    evaluated = {one.name: Evaluated(material.results / "evaluations" / one.name) for one in models}
    notes = describe_notes(material.dataset.source, evaluated.values())
    said = sorted({*notes, *(one.metrics["note"] for one in evaluated.values())} - {""})
    charts = curves.draw_charts([one.history for one in evaluated.values()])
    matrices = {name: count_confusion(one) for name, one in evaluated.items()}
    return render(
        Path(__file__).parent,
        "study.html.j2",
        material=material,
        root=material.results.as_posix(),
        models=models,
        evaluated=evaluated,
        scale=choose_scale(models),
        synthetic=note_on_images(material.dataset.source),
        notes=notes,
        charts=charts,
        curves=curves,
        shown=SHOWN_AT_FIRST,
        matrices=matrices,
        galleries={name: read_galleries(one.folder, material.page) for name, one in evaluated.items()},
        data={"curves": list_values(models, charts), "confusion": list_images(material, evaluated, matrices)},
        link=partial(locate, page=material.page),
        script=read_script(),
        style=read_style(),
        hash_of=hash_of,
        **read_texts(material, notes=said),
    )


def read_texts(material: Material, notes: list[str]) -> dict[str, Any]:
    """Return the parts of what other stages wrote in Markdown, by the name that the template has for each page.

    ``notes`` are what the headings there repeat, and the page itself says once.
    """

    def read(file: Path) -> list[markdown.Part]:
        return markdown.read_parts(file, material.page, notes)

    results, study = material.results, material.study
    return {
        "comparison": read(results / "comparison/comparison.md")[1:],
        "census": read(material.census / "census.md"),
        "sweeps": {key: read_sweep(results / "sweeps" / key, material.page, notes) for key in study.sweeps},
        "explanations": {key: read_explanation(key, material, notes) for key in material.explained},
        "worksheet": read_worksheet(results / "worksheet.md", material.page, notes),
    }


def read_explanation(key: str, material: Material, notes: list[str]) -> list[markdown.Part]:
    """Return the parts of an explanation, images by outcome as galleries in place of the picture that shows them."""
    folder, page = material.results / "explanations" / key, material.page
    tokens = markdown.parse(folder / "explanation.md", page)
    galleries = {
        locate(folder / "figures" / figure, page): render(
            Path(__file__).parent, "outcomes.html.j2", parts=parts, model=key
        )
        for figure, parts in read_galleries(folder, page).items()
    }
    replaced = markdown.replace_pictures(tokens, galleries)
    return [markdown.Part(title, markdown.render(found)) for title, found in markdown.split(replaced, notes)]


def read_sweep(folder: Path, page: Path, notes: list[str]) -> tuple[str, list[markdown.Part]]:
    """Return the title of a sweep's page, and its parts."""
    tokens = markdown.parse(folder / "sweep.md", page)
    parts = [markdown.Part(title, markdown.render(found)) for title, found in markdown.split(tokens, notes)]
    return markdown.find_title(tokens, notes), parts[1:]


def list_values(models: list[Model], charts: list[curves.Chart]) -> dict[str, Any]:
    """Return what the script reads of the learning curves: models by their number, and each line's values by epoch."""
    lines = {
        chart.measure: [{"model": line.model, "kind": line.kind, "values": dict(line.points)} for line in chart.lines]
        for chart in charts
    }
    return {"models": [one.name for one in models], "lines": lines}


def list_images(
    material: Material, evaluated: dict[str, Evaluated], matrices: dict[str, Confusion]
) -> dict[str, dict[str, Any]]:
    """Return what the script reads of each model's confusion matrix: its classes, and the images behind its cells."""
    return {
        name: {
            "classes": matrix.classes,
            "behind": matrix.behind,
            "folder": locate(material.images / evaluated[name].view["dataset"], material.page),
            "pages": locate(evaluated[name].folder, material.page),
        }
        for name, matrix in matrices.items()
    }
