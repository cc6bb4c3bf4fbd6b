"""What a run says at its end: what is made, how good it is, and where to look; or that there was nothing to do."""

import csv
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.params.mistakes import suggest
from darkroom.reporting.quantities import counted, duration, percent
from workflow.pipeline import Pipeline

ALL = "all"
"""The rule of all studies."""
SHARES = ("accuracy", "low", "high")
"""Columns of the table of a study's models."""
SHOWN = 10
"""Models, pages and studies that fit on one screen; the others are counted."""
FIRST = ("index.html", "worksheet.md", "comparison.md")
"""Pages of a study to begin with, the best one first."""
PAGES = {
    "index.html": "the whole study on one page",
    "worksheet.md": "the questions of its document, answered",
    "comparison.md": "its models side by side",
    "costs.md": "what training them took",
    "census.md": "its images, and what is wrong with them",
    "sweep.md": "variants of a model",
    "explanation.md": "what a network sees",
    "doubts.md": "labels that are probably wrong",
}


def refuse_unknown(study: str, known: Collection[str]) -> UserError:
    """Return the error that there is no such study, with those that there are."""
    meant = suggest(study, [*known, ALL])
    return UserError(
        f"{study}: no such study; {f'{meant} There' if meant else 'there'} is {', '.join(known)}, and {ALL}"
    )


def list_pages(pipeline: Pipeline, study: str) -> list[Path]:
    """Return the pages of a study that are made, those to begin with first."""
    pages = [Path(out) for out in pipeline.results(study) if Path(out).suffix in (".md", ".html")]
    order = {name: place for place, name in enumerate(FIRST)}
    return sorted((page for page in pages if page.exists()), key=lambda page: order.get(page.name, len(order)))


def describe_nothing(pipeline: Pipeline, targets: Collection[str]) -> str:
    """Return two lines for a run that had nothing to do: that it had not, and where the results are."""
    studies = choose_studies(pipeline, targets)
    first = [str(pages[0]) for study in studies if (pages := list_pages(pipeline, study))]
    what = ", ".join(studies) or ", ".join(sorted(targets))
    where = f"Results: {', '.join(first)}; make report puts all figures on one page" if first else ""
    return f"Nothing to be done: {what or 'all'} is up to date.\n{where}".rstrip("\n")


def describe_made(pipeline: Pipeline, targets: Collection[str], jobs: int, seconds: float) -> list[str]:
    """Return a screen of lines for a run that has made something: what, how good it is, and where to look."""
    studies = choose_studies(pipeline, targets)
    what = ", ".join(studies) or ", ".join(sorted(targets))
    done = f"{counted(jobs, 'job')} in " if jobs else ""  # which a scheduler counts
    lines = ["", f"Made {what}: {done}{duration(round(seconds))}."]
    if len(studies) == 1:
        lines += [*_list_models(studies[0]), *_list_where(list_pages(pipeline, studies[0]))]
    else:
        lines += [line for study in studies[:SHOWN] for line in _describe_study(pipeline, study)]
        lines += [f"  and {len(studies) - SHOWN} more studies"] if len(studies) > SHOWN else []
    return [*lines, "make report puts all figures on one page; make status says how all stands."]


def choose_studies(pipeline: Pipeline, targets: Collection[str]) -> list[str]:
    """Return the studies that are asked for, in the order of params.yaml."""
    known = list(pipeline.parameters.studies)
    return known if not targets or ALL in targets else [study for study in known if study in targets]


def _list_models(study: str) -> Iterator[str]:
    models = _read_models(study)
    width = max((len(name) for name, _ in models[:SHOWN]), default=0)
    if models:
        yield "Test accuracy, the best first:"
    yield from (f"  {name.ljust(width)}  {accuracy}" for name, accuracy in models[:SHOWN])
    if len(models) > SHOWN:
        yield f"  and {counted(len(models) - SHOWN, 'more model')}"


def _list_where(pages: Sequence[Path]) -> Iterator[str]:
    width = max((len(str(page)) for page in pages[:SHOWN]), default=0)
    if pages:
        yield "Look at:"
    yield from (f"  {str(page).ljust(width)}  {PAGES.get(page.name, '')}".rstrip() for page in pages[:SHOWN])
    if len(pages) > SHOWN:
        yield f"  and {counted(len(pages) - SHOWN, 'more page')}"


def _describe_study(pipeline: Pipeline, study: str) -> Iterator[str]:
    best = next((f"{name}, {accuracy}" for name, accuracy in _read_models(study)), "")
    pages = list_pages(pipeline, study)
    yield f"  {study}: {'; '.join(filter(None, [best and f'best {best}', str(pages[0]) if pages else '']))}"


def _read_models(study: str) -> list[tuple[str, str]]:
    """Return each model of a study with its test accuracy in words, the best first; none where no table is."""
    with suppress(OSError, KeyError, ValueError):
        with Path(f"results/{study}/comparison/models.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        rows.sort(key=lambda row: -float(row["accuracy"]))
        return [(row["model"], "{} ({} to {})".format(*(percent(float(row[key])) for key in SHARES))) for row in rows]
    return []
