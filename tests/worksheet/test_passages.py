"""Passages that a worksheet shares with other pages: every sentence of one is there in both languages."""

import re
from typing import Any

import pandas
import pytest

from darkroom.census.page import summarize_sizes
from darkroom.comparison.sweeps import summarize_verdict as summarize_sweep
from darkroom.comparison.verdict import summarize_verdict
from darkroom.core.provenance import NOTES
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from darkroom.worksheet.templates import ROOMS, write_passage
from tests.support.cited_numbers import list_numbers
from tests.support.english_words import find_english

NUMBERS = {"lowest": 1.2345, "trained": 0.5, "validated": 1.75, "rise": 0.25, "width": 3, "swing": 2.5, "won": 0.125}
NUMBERS |= {"epoch": 4, "classes": 6, "chance": 1.792, "since": 7, "before": 0.75}
NUMBERS |= {"learned": 0.995, "held": 0.805, "gap": 0.19}
CAUSES = re.findall(r'cause == "(.+?)"', (ROOMS / "evaluation/reasons.md.j2").read_text())


def check(name: str, values: dict[str, Any]) -> str:
    """The passage in French, which has the numbers of the English one and none of its words."""
    english, french = (write_passage(values, name, language) for language in ("en", "fr"))
    assert french.strip()
    assert find_english(french, ["Waste"]) == []
    assert find_english(english, ["Waste"])
    assert list_numbers(french, decimal_comma=True) == list_numbers(english, decimal_comma=False)
    assert french.count("\n- ") == english.count("\n- ")
    return french


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("cause", CAUSES)
def test_reasons(cause: str, alone: bool) -> None:
    left_out = {"classes", "chance"} if alone and "guessing" not in cause and "alone" not in cause else set()
    values: dict[str, Any] = {name: value for name, value in NUMBERS.items() if name not in left_out}
    check("evaluation/reasons", values | ({"width": 1, "before": 0.25} if alone else {}) | {"cause": cause})


def test_reasons_has_words_for_every_cause() -> None:
    assert len(CAUSES) == 10
    french = (ROOMS / "worksheet/passages/reasons.fr.md.j2").read_text()
    assert re.findall(r'cause == "(.+?)"', french) == CAUSES


SIZES = [
    [],
    [(150, 150, 9)],
    [(150, 150, 9), (150, 99, 1)],
    [(150, 150, 9), (99, 80, 1)],
    [(150, 150, 1009), (150, 99, 2), (150, 80, 1)],
    [(150, 150, 9), (99, 150, 2), (80, 150, 1)],
    [(150, 150, 40), *((150 + one, 100 + one, 2) for one in range(12))],
]


@pytest.mark.parametrize("rows", SIZES)
def test_sizes(rows: list[tuple[int, int, int]]) -> None:
    sizes = pandas.DataFrame(rows, columns=["width", "height", "images"])
    if rows:
        sizes.insert(2, "train", sizes["images"])
    check("census/sizes", {"sizes": summarize_sizes(sizes)})


@pytest.mark.parametrize("split", ["training", "validation", "test"])
@pytest.mark.parametrize("deviation", [0, -0.25])
def test_balance(split: str, deviation: float) -> None:
    balance = {"split": split, "balanced": not deviation, "mean": 1234.5, "furthest": "trash", "count": 926}
    check("census/balance", {"balance": {**balance, "deviation": deviation, "tolerance": 0.1}})


def verdict(count: int, source: str, **columns: Any) -> dict[str, Any]:
    """The findings on ``count`` models, each a little worse than the one before; the first differs from the last."""
    names = [f"m{number}" for number in range(count)]
    table: dict[str, Any] = {"model": names, "correct": range(90, 90 - count, -1), "images": 100}
    table |= {"accuracy": [0.9 - number / 100 for number in range(count)], "low": 0.7, "high": 0.95, "loss": 0.5}
    table |= {"parameters": 1234, "epochs": 10, "best_epoch": 8, "replicates": 1, **columns}
    pairs = [(names[0], name, name == names[-1]) for name in names[1:]]
    classes = pandas.DataFrame({"class": ["trash", "glass"], "images": [40, 60]})
    means = pandas.DataFrame({"model": names, "mean": 0.875})
    compared = pandas.DataFrame(pairs, columns=["first", "second", "different"])
    dataset = read_entry(Dataset, "datasets", "waste").model_copy(update={"source": source})
    return summarize_verdict(pandas.DataFrame(table), compared, means, classes, dataset)


MEANS = {"mean_accuracy": 0.85, "sd_accuracy": 0.012}


@pytest.mark.parametrize(
    ("count", "columns", "said"),
    [
        (1, {}, "Une seule graine a été essayée"),
        (3, {}, "L’avance de m0 sur m1 peut être due au hasard."),
        (3, {}, "m0 est meilleur, au-delà du hasard, que m2."),
        (13, {}, "L’avance de m0 sur 11 modèles peut être due au hasard."),
        (13, {}, "m0 8 (sur 10), m1 8 (sur 10), m2 8 (sur 10), …, m12 8 (sur 10)."),
        (3, {"best_epoch": [10, 8, 8]}, "m0 a gardé les poids de sa dernière époque"),
        (4, {"best_epoch": 10}, "m0, m1, m2 et m3 ont gardé les poids de leur dernière époque"),
        (3, {"parameters": [1234, 617, 2000]}, "m1 en a 617, soit 50\u202f% de ce nombre"),
        (3, {"parameters": [1234, 5000, 617]}, "Tout modèle qui en a moins est moins bon"),
        (3, {"high": [0.95, 0.95, 0.99]}, "celle d’autres modèles jusqu’à ±14,5 points."),
        (2, {"replicates": 3, **MEANS}, "m1 85,0\u202f% ± 1,2 point (3 graines)."),
        (
            2,
            {"replicates": 5, "folds": 5, "mean_held": 0.8, "sd_held": 0.02, **MEANS},
            "chacun de ses 5 entraînements a mis de côté",
        ),
    ],
)
def test_verdict(project: Any, count: int, columns: dict[str, Any], said: str) -> None:
    project({})
    assert said in check("comparison/verdict", verdict(count, "../archives", **columns))


def test_a_verdict_says_that_images_are_drawn(project: Any) -> None:
    project({})
    french = check("comparison/verdict", verdict(2, "synthetic"))
    assert "Ce sont des images de synthèse, dessinées par un programme\u00a0:" in french
    assert NOTES["drawn"] not in french


ROW = {"model": "base", "changes": "as it is", "epochs": 10, "best_epoch": 8, "train_accuracy": 0.9, "images": 100}
ROW |= {"val_accuracy": 0.7, "gap": 0.2, "gap_change": None, "against": "validation", "correct": 68, "accuracy": 0.68}
ROW |= {"low": 0.6, "high": 0.75, "largest_class": 0.25, "different": False, "p_corrected": 0.5, "accuracy_change": 0.0}
WIDER = {**ROW, "model": "wider", "changes": "training: {batch_size: 8}", "gap": 0.25, "gap_change": 0.05}
WIDER |= {"accuracy": 0.55, "accuracy_change": -0.13, "different": True, "p_corrected": 0.0012}
NARROW = {**WIDER, "model": "narrow", "gap": 0.19, "gap_change": -0.01}
GUESSES = {"train_accuracy": 0.26, "accuracy": 0.24, "low": 0.16, "high": 0.33}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ROW, WIDER], "creuse l’écart de 5,0 points, de 20,0 à 25,0."),
        ([ROW, NARROW], "réduit l’écart de 1,0 point, de 20,0 à 19,0."),
        ([ROW, {**WIDER, "gap": 0.2, "gap_change": 0.0}], "laisse l’écart à 20,0 points."),
        ([ROW, WIDER | GUESSES], "n’a pas appris\u00a0: ni ses 26,0\u202f%"),
        ([ROW | GUESSES, WIDER], "a un écart de 25,0 points."),
        ([ROW | GUESSES, WIDER | GUESSES], "Plus petit écart parmi ceux qui ont appris\u00a0: aucun."),
        ([ROW | {"against": "test"}, WIDER | {"against": "test"}], "68,0\u202f% au test, soit un écart de"),
        ([ROW, {**WIDER, "different": False}], "Diffèrent de base au-delà du hasard\u00a0: aucun."),
    ],
)
def test_sweep(rows: list[dict[str, Any]], said: str) -> None:
    findings = summarize_sweep(pandas.DataFrame(rows))
    assert said in check("comparison/sweep_verdict", findings)
    check("comparison/sweep_gap", {"against": rows[0]["against"]})
