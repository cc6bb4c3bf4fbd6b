"""Which models a verdict ranks by their epochs: those that stopped getting better, and had learned something."""

import pandas

from darkroom.comparison.verdict import select_speeds

COLUMNS = ["model", "low", "epochs", "best_epoch"]


def named(rows: list[tuple[str, float, float | None, float | None]]) -> dict:
    found = select_speeds(pandas.DataFrame(rows, columns=COLUMNS), guessing=0.25)
    ranked = {key: [one["model"] for one in found[key]] for key in ("fastest", "slowest")}
    return {**ranked, "last": found["last"]}


def test_only_what_stopped_getting_better_is_ranked_by_epochs() -> None:
    rows = [
        ("slow", 0.6, 20, 14),
        ("on", 0.7, 15, 15),
        ("quick", 0.5, 9, 4),
        ("guesses", 0.2, 9, 1),
        ("both", 0.8, None, None),
    ]
    assert named(rows) == {"fastest": ["quick", "slow"], "slowest": [], "last": ["on"]}


def test_where_all_keep_their_last_weights_none_is_ranked() -> None:
    rows = [("one", 0.6, 5, 5), ("two", 0.7, 15, 15)]
    assert named(rows) == {"fastest": [], "slowest": [], "last": ["one", "two"]}


def test_of_many_the_first_three_and_the_last_are_named() -> None:
    rows = [(f"model-{number}", 0.6, 30, 30 - number) for number in range(1, 13)]
    found = named(rows)
    assert found["fastest"] == ["model-12", "model-11", "model-10"]
    assert found["slowest"] == ["model-1"]
