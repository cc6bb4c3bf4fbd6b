"""The longest training runs are started first, on the plan of this project and on ones written down."""

from pathlib import Path
from typing import Any

import pytest

from darkroom.pipeline import template
from workflow.priorities import rank_work

ROOT = Path(__file__).resolve().parents[2]


def plan(**runs: tuple[int, int, str]) -> dict[str, Any]:
    """A plan of training runs: the size of its images, epochs, and the run that it fine-tunes, or nothing."""
    values: dict[str, Any] = {"sizes": {}, "epochs": {}, "preparations": {}, "divisions": {}}
    values |= {section: {} for section in ("trainings", "transfers", "finetunings")}
    for key, (size, epochs, base) in runs.items():
        values["sizes"][key], values["epochs"][key] = size, epochs
        values["preparations"][key] = {"at": {"size": f"sizes.{key}"}}
        run = {"view": key, "at": {"training": {"epochs": f"epochs.{key}"}}}
        values["finetunings" if base else "trainings"][key] = {**run, "base": base} if base else run
    return values


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ({}, {}),
        ({"a": (10, 4, ""), "b": (20, 4, "")}, {"a": 0.25, "b": 1.0}),  # four times the pixels
        ({"a": (10, 5, ""), "b": (10, 20, "")}, {"a": 0.25, "b": 1.0}),
        ({"a": (10, 5, ""), "b": (10, 10, ""), "c": (10, 15, "a")}, {"a": 1.0, "b": 0.5, "c": 0.75}),  # one that waits
        (
            {"a": (10, 1, ""), "b": (10, 2, "a"), "c": (10, 7, "b"), "d": (10, 3, "a")},
            {"a": 1, "b": 0.9, "c": 0.7, "d": 0.3},
        ),
    ],
)
def test_work_is_pixels_times_epochs_and_that_of_what_waits(
    runs: dict[str, tuple[int, int, str]], expected: dict[str, float]
) -> None:
    assert rank_work(plan(**runs)) == pytest.approx(expected)


def test_every_training_run_of_the_project_has_its_rank() -> None:
    ranks = rank_work(template.read_documents(ROOT)[1])
    stages = template.read_stages(ROOT).values()
    assert set(ranks) == {stage.key for stage in stages if stage.verb in ("train", "transfer", "finetune")}
    assert min(ranks.values()) > 0 and max(ranks.values()) == 1
    assert ranks["cnn-bn-256-gap"] > ranks["cnn"]
    assert ranks["efficientnetlite0"] > ranks["efficientnetlite0-finetuned"]
