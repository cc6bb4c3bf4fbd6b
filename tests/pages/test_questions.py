"""The subjects of a worksheet, as the page of its study has them."""

from pathlib import Path

import pytest

from darkroom.pages.questions import read_worksheet

NOTES = ["synthetic images, drawn by a program", "cnn: random weights, no pretraining"]
FRENCH = "images de synthèse, dessinées par un programme\u202f; cnn\u00a0: poids aléatoires, sans préentraînement"


@pytest.mark.parametrize("note", ["; ".join(NOTES), FRENCH])
def test_headings_leave_out_in_any_language_what_the_page_says_once(tmp_path: Path, note: str) -> None:
    file = tmp_path / "worksheet.md"
    asked = f"## Réseaux (0, 1) d’ici\n\n**Which?**\n\nBoth.\n\n## Test ({note})\n\n**How?**\n\nSo.\n"
    file.write_text(f"# Fiche intel, sur TrashNet (a subset) ({note})\n\nCe qui reste.\n\n{asked}")
    subjects = read_worksheet(file, tmp_path / "index.html", NOTES)
    assert [subject.title for subject in subjects] == ["Réseaux (0, 1) d’ici", "Test"]
    assert [[question.title for question in subject.questions] for subject in subjects] == [["Which?"], ["How?"]]


def test_the_title_of_real_images_is_no_note(tmp_path: Path) -> None:
    file = tmp_path / "worksheet.md"
    file.write_text("# Worksheet of intel, on TrashNet (a subset)\n\n## Test (again)\n\n**How?**\n\nSo.\n")
    assert [subject.title for subject in read_worksheet(file, tmp_path / "index.html", [])] == ["Test (again)"]
