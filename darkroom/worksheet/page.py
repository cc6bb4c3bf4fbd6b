"""The worksheet's page in Markdown: every subject, its questions and their answers."""

from collections.abc import Mapping
from pathlib import Path

from darkroom.evaluation.evaluations import qualification
from darkroom.reporting.tables import escaped
from darkroom.reporting.templates import render
from darkroom.worksheet import comparing, hyperparameters, images, learning, networks, seeing, testing
from darkroom.worksheet.documents import answer_document
from darkroom.worksheet.languages import WORDS, translate_notes
from darkroom.worksheet.material import Answer, Material

SUBJECTS = {
    "images": images.QUESTIONS,
    "networks": networks.QUESTIONS | hyperparameters.QUESTIONS,
    "learning": learning.QUESTIONS,
    "testing": testing.QUESTIONS,
    "seeing": seeing.QUESTIONS,
    "comparing": comparing.QUESTIONS,
}
"""By subject, the functions that answer its questions; each subject has a template of its name."""
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


def compose_page(key: str, material: Material, answers: Answers) -> str:
    """Return the page: the questions of the study's document, if it follows one, then those that any study answers.

    What every result must say of its images and models stands in every heading of the latter.
    """
    study, words = material.study, WORDS[material.study.language]
    note = qualification(material.evaluated.values(), material.dataset)
    translated = f" ({translate_notes(note, study.language)})" if note else ""
    return render(
        Path(__file__).parent,
        "worksheet.md.j2",
        heading=words.title.format(key=key, title=escaped(material.dataset.title)) + translated,
        words=words,
        document=answer_document(study.document, study.language, material) if study.document else [],
        qualification=note,
        **answers,
    )
