"""The worksheet's page in Markdown: every subject, its questions and their answers."""

import re
from collections.abc import Mapping, Sequence

from darkroom.evaluation.evaluations import qualification
from darkroom.reporting.tables import escaped
from darkroom.worksheet import comparing, documents, hyperparameters, images, learning, networks, seeing, testing
from darkroom.worksheet.documents import Section
from darkroom.worksheet.facts import MOST
from darkroom.worksheet.material import Answer, Material
from darkroom.worksheet.sources import name_sources
from darkroom.worksheet.templates import render
from darkroom.worksheet.words import WORDS, Words, translate_notes

SUBJECTS = {
    "images": images.QUESTIONS,
    "networks": networks.QUESTIONS | hyperparameters.QUESTIONS,
    "learning": learning.QUESTIONS,
    "testing": testing.QUESTIONS,
    "seeing": seeing.QUESTIONS,
    "comparing": comparing.QUESTIONS,
}
"""By subject, the functions that answer its questions; each subject has a template of its name for each language."""
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
HEAD = 2
"""Lines of a table before its rows."""
Answers = Mapping[str, Mapping[str, Answer | None]]
"""By subject, its answers, or None where the study has nothing that could answer a question."""


def answer_questions(material: Material) -> Answers:
    """Return the answers to all questions, by subject; the sweeps are the last."""
    answers = {
        subject: {name: question(material) for name, question in questions.items()}
        for subject, questions in SUBJECTS.items()
    }
    return {**answers, "sweeps": {str(sweep.file): comparing.describe_sweep(sweep) for sweep in material.sweeps}}


def count_answers(answers: Answers) -> int:
    """Return the number of questions that have an answer."""
    return sum(answer is not None for subject in answers.values() for answer in subject.values())


def answer_document_of(material: Material) -> list[Section]:
    """Return the sections of the study's document, with their questions answered; none where it follows none."""
    study = material.study
    return documents.answer_document(study.document, study.language, material) if study.document else []


def compose_page(key: str, material: Material, answers: Answers, document: Sequence[Section]) -> str:
    """Return the page: the questions of the study's document, if it follows one, then those that any study answers.

    What every result must say of its images and models stands in the title, and in every heading of the latter.
    """
    study, words = material.study, WORDS[material.study.language]
    note = qualification(material.evaluated.values(), material.dataset)
    page = render(
        "worksheet.md.j2",
        study.language,
        heading=words.title.format(key=key, title=escaped(material.dataset.title)),
        name_sources=name_sources,
        document=document,
        qualification=translate_notes(note, study.language),
        answers=answers,
        **answers,
    )
    return cut_tables(page, words)


def cut_tables(page: str, words: Words) -> str:
    """Return a page whose tables have at most ten rows; below one that had more it is said how many are left."""

    def cut(found: re.Match[str]) -> str:
        lines = found[0].splitlines()
        if (left := len(lines) - HEAD - MOST) <= 0:
            return found[0]
        return "\n".join([*lines[: HEAD + MOST], "", words.more[left > 1].format(number=left), ""])

    return TABLE.sub(cut, page)
