"""Files of an answer: how they are named below it, and read again."""

import re
from pathlib import Path

import pytest

from darkroom.pages.questions import expand_sources
from darkroom.worksheet.sources import name_sources

HISTORIES = ["evaluations/cnn/history.csv", "evaluations/cnn/metrics.json", "evaluations/deep/metrics.json"]
MANY = [*HISTORIES, "evaluations/deep/history.csv", "comparison/pairs.csv", "hyperparameters.csv"]


def test_a_few_files_are_named_by_their_paths() -> None:
    files = [Path("results/intel/evaluations/cnn/a.csv"), Path("results/census/intel/b.csv")]
    assert name_sources(files, ", all in ") == "`results/intel/evaluations/cnn/a.csv`, `results/census/intel/b.csv`"


def test_many_files_are_named_by_folder_and_equal_folders_together() -> None:
    named = name_sources([Path("results/intel") / name for name in MANY], ", all in ")
    assert named == (
        "`hyperparameters.csv`, `evaluations/cnn/`, `evaluations/deep/` (`history.csv`, `metrics.json`), "
        "`comparison/` (`pairs.csv`), all in `results/intel/`"
    )


@pytest.mark.parametrize("names", [HISTORIES, MANY, MANY[:-1], [f"{number}.csv" for number in range(6)]])
def test_files_are_read_as_they_were_named(names: list[str]) -> None:
    files = [Path("results/intel") / name for name in names]
    read = expand_sources(re.findall("`([^`]+)`", name_sources(files, ", le tout dans ")))
    assert sorted(read) == sorted(file.as_posix() for file in files)
