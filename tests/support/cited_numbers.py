"""Numbers in a worksheet's answers, looked up in the files that each answer names."""

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from darkroom.pages.questions import expand_sources

QUESTION = re.compile(r"^\*\*(?P<id>[a-z0-9-]+-\d\d)\. (?P<text>.+)\*\*$", re.MULTILINE)
HERE = re.compile(r"^(?:In this run|Ici\u00a0): ", re.MULTILINE)
FRENCH = re.compile(r"^(?:Ici\u00a0: |D’après `)", re.MULTILINE)
SOURCE = re.compile(r"^(?:From|D’après) (?P<files>`.+`)\.$", re.MULTILINE)
NOT_SHOWN = re.compile(r"`[^`]*`|!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|^\|(?: ?--[-:] ?\|)+$", re.MULTILINE)
"""What is no number of a sentence or a table: code, pictures, addresses, the rule of a table."""
NUMBER = re.compile(
    r"(?<![\w.,])(?P<digits>\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)(?P<percent>%)?(?!\w)(?P<points> points?)?"
)
EQUATION = re.compile(r"[\d(⌈⌊][\d .,()·×+−/⌈⌉⌊⌋-]*(?: = [\d(⌈⌊][\d .,()·×+−/⌈⌉⌊⌋-]*)+%?")


class Answer(NamedTuple):
    """An answer of a worksheet: what stands before this run's part, this part, and the files that it names."""

    reason: str
    run: str
    files: tuple[str, ...]
    decimal_comma: bool


def read_answers(page: str) -> dict[str, Answer]:
    """Return the answers of a worksheet to its document's questions, by id."""
    parts = QUESTION.split(page)[1:]
    found = {}
    for key, body in zip(parts[::3], parts[2::3], strict=True):
        body = re.split(r"^## |^\*\*(?![a-z0-9-]+-\d\d\.)", body, maxsplit=1, flags=re.MULTILINE)[0]
        codes = [re.findall(r"`([^`]+)`", one["files"]) for one in SOURCE.finditer(body)]
        files = [name for one in codes for name in expand_sources(one)]
        reason, *run = HERE.split(SOURCE.sub("", body), maxsplit=1)
        found[key] = Answer(reason.strip(), "".join(run).strip(), tuple(files), bool(FRENCH.search(body)))
    return found


def find_uncited(answer: Answer, root: Path) -> list[str]:
    """Return the numbers of a run's part that are in none of its files and in no right equation with one that is."""
    text = _write_plainly(answer.run, answer.decimal_comma)
    known = sorted({value for name in answer.files for value in _list_values(root / name)})
    for equation in EQUATION.findall(text):
        if _holds(equation) and any(_is_known(number, known) for number in NUMBER.finditer(equation)):
            text = text.replace(equation, " ")
    return [number[0].strip() for number in NUMBER.finditer(text) if not _is_known(number, known)]


def list_numbers(text: str, decimal_comma: bool) -> list[float]:
    """Return the numbers of a text or a table in rising order, without their signs."""
    found = NUMBER.finditer(_write_plainly(text, decimal_comma))
    return sorted(float(number["digits"].replace(",", "")) for number in found)


def _write_plainly(text: str, decimal_comma: bool) -> str:
    """Return what is shown of a text, its numbers as Python writes them."""
    text = NOT_SHOWN.sub(" ", text.replace("\u202f%", "%"))
    return re.sub(r"(?<=\d),(?=\d)", ".", text).replace("\u202f", ",") if decimal_comma else text


def _is_known(number: re.Match[str], known: list[float]) -> bool:
    digits = number["digits"].replace(",", "")
    value, places = float(digits), len(digits.partition(".")[2])
    scale = 100 if number["percent"] or number["points"] else 1
    allowed = 0.51 * 10**-places if "e" not in digits else 0.06 * value
    return any(abs(abs(scale * one) - value) <= allowed for one in known)


def _holds(equation: str) -> bool:
    equation = equation.rstrip(" .,")
    sides = [_compute(side) for side in equation.rstrip("%").split("=")]
    scale = 100 if equation.endswith("%") else 1
    last = equation.rstrip("% ").rsplit(" ", 1)[-1]
    allowed = 0.51 * 10 ** -len(last.partition(".")[2]) if "." in last else 0.51 * (scale == 100) + 1e-9
    return all(side is not None for side in sides) and all(
        abs(scale * side - (sides[-1] or 0)) <= allowed for side in sides[:-1] if side is not None
    )


def _compute(text: str) -> float | None:
    written = text.replace(",", "").replace("·", "*").replace("×", "*").replace("−", "-")
    for mark, name in (("⌈", "ceil("), ("⌊", "floor("), ("⌉", ")"), ("⌋", ")")):
        written = written.replace(mark, name)
    try:
        return float(eval(written.strip(), {"__builtins__": {}, "ceil": math.ceil, "floor": math.floor}))
    except (SyntaxError, ZeroDivisionError, TypeError, NameError):
        return None


def _list_values(file: Path) -> Iterator[float]:
    if file.suffix == ".csv":
        yield from _list_cells(file)
    elif file.suffix == ".json":
        yield from _list_leaves(json.loads(file.read_text()))


def _list_cells(file: Path) -> Iterator[float]:
    """Yield the numbers of a table, its number of rows, and of each column the sum and the shares of it."""
    with file.open(newline="") as stream:
        rows: list[Mapping[str, str]] = list(csv.DictReader(stream))
    yield len(rows)
    for name in rows[0] if rows else ():
        cells = [row[name] or "" for row in rows]
        yield from (float(one) for cell in cells for one in re.findall(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?", cell))
        values = [value for value in map(_read_number, cells) if value is not None]
        if values and (total := sum(values)):
            yield total
            yield from (value / total for value in values)


def _list_leaves(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        yield len(value)
        for one in value.values() if isinstance(value, dict) else value:
            yield from _list_leaves(one)
    elif isinstance(value, int | float) and math.isfinite(value):
        yield float(value)
    elif isinstance(value, str):
        yield from map(float, re.findall(r"\d+(?:\.\d+)?", value))


def _read_number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
