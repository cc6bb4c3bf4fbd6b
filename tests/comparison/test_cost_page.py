"""Answers of the page on costs: the fastest batch size, the time saved by computing frozen layers once."""

from collections.abc import Callable
from pathlib import Path

import pandas
import pytest

from darkroom.comparison import cost_page
from darkroom.comparison.costs import COLUMNS, tabulate_costs
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from stages import costs
from tests.support.evaluated_folders import write_trained
from tests.support.pages import list_items

ALL = [
    "cnn",
    "batch-16",
    "batch-256",
    "batch-16-long",
    "efficientnetlite0",
    "ways-every",
    "ways-fast",
    "tuned",
    "other-tuned",
]


@pytest.fixture
def answered(project: Callable[..., Path]) -> Callable[[list[str]], list[str]]:
    """Answers of a study's page, where only some of its training runs have left a record."""
    folder = project()
    for model, size, more, seconds in (
        ("cnn", 64, {}, 40),
        ("batch-16", 16, {}, 80),
        ("batch-256", 256, {"training.accumulation_steps": 4}, 48),
        ("batch-16-long", 16, {"training.epochs": 90}, 1),
    ):
        used = {"training.accumulation_steps": 1, "training.batch_size": size, **more}
        write_trained(folder / "trained" / model, used, seconds=seconds, frozen_seconds=None)
    once, every = ({"network.backbone": "lite", "training.cache_frozen": value} for value in (True, False))
    write_trained(folder / "trained/efficientnetlite0", once, seconds=10, frozen_seconds=2.5)
    write_trained(folder / "trained/ways-every", every, seconds=45, frozen_seconds=0)
    more = {**every, "training.learning_rate": 0.1}
    write_trained(folder / "trained/ways-fast", more, seconds=0.5, frozen_seconds=0)
    for model, base in (("tuned", "efficientnetlite0"), ("other-tuned", "ways-fast")):
        used = {**(every if base == "ways-fast" else once), "base": base}
        write_trained(folder / "trained" / model, used, seconds=0.1, frozen_seconds=0)

    def answers(models: list[str]) -> list[str]:
        options = ["--combined", "-", "--trained", "trained", "--dataset", "intel", "--out", "costs"]
        costs.main(["intel", "--models", *models, *options])
        return list_items((folder / "costs/costs.md").read_text(encoding="utf-8"))

    return answers


def test_the_fastest_batch_size_is_told_by_step_and_by_epoch(answered: Callable[[list[str]], list[str]]) -> None:
    # 1,000 images in 8 epochs: 63, 16 and 4 steps an epoch
    assert answered(ALL)[1] == (
        "cnn with other batch sizes, all else being equal: a step is fastest with **16** images (0.159 s) and "
        "slowest with 256 (1.5 s); an epoch is fastest with **64** images (5 s) and slowest with 16 (10 s). With 16, "
        "64, 256 images: 0.159 s, 0.312 s, 1.5 s a step; 10 s, 5 s, 6 s an epoch. These runs may have slowed each "
        "other down; `make benchmark PART=steps` times such steps alone, in turns."
    )


def test_what_computing_frozen_layers_once_saves_is_told(answered: Callable[[list[str]], list[str]]) -> None:
    assert [line for line in answered(ALL) if "frozen layers" in line] == [
        "Outputs of frozen layers: computed once by efficientnetlite0 (10 s, 8 epochs), in every epoch by ways-every "
        "(45 s, 8 epochs). Computing them once saved 35 s: it was 4.5 times as fast. Of the 10 s, 2.5 s went into "
        "computing them, or into reading them where an earlier training run had kept them."
    ]


@pytest.mark.parametrize("left", ["cnn", "ways-every"])
def test_a_lone_training_is_compared_with_nothing(answered: Callable[[list[str]], list[str]], left: str) -> None:
    alone = {"cnn": "40 s", "ways-every": "45 s"}[left]
    assert answered([left, "mlp"]) == [
        f"Elapsed training time: {left} ({alone}, 8 epochs).",
        f"Highest peak memory of a training run of this study: 812 MiB ({left}).",
    ]


def write_answers(costs: pandas.DataFrame, batches: dict[str, list[str]], frozen: list[dict[str, bool]]) -> list[str]:
    """Answers of the page of the repository's study."""
    page = cost_page.compose_page(costs, batches, frozen, [], "intel", read_entry(Dataset, "datasets", "intel"))
    return list_items(page)


def test_times_of_different_machines_are_not_passed_off_as_alike(project: Callable[..., Path]) -> None:
    project()
    machines = {"once": {"seconds": 5, "machine": {"processor": "Sun"}}, "every": {"seconds": 4, "gpu": "Moon"}}
    said = write_answers(tabulate_costs(machines, {}), {}, [{"every": False, "once": True}])[1]
    assert "Computing them once saved nothing." in said
    assert said.endswith(
        "They ran with different threads, precisions or processors, so these times are hardly comparable."
    )


def test_nothing_is_said_of_an_empty_table(project: Callable[..., Path]) -> None:
    project()
    empty = pandas.DataFrame(columns=COLUMNS)
    assert write_answers(empty, {"Batch": ["a", "b"]}, [{"a": True, "b": False}]) == []
