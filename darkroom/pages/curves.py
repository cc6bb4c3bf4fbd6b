"""Learning curves as lines of an SVG, on a linear and, where all values are positive, on a logarithmic axis.

The page's script changes between both, hides models, and reads values; a plotting library would weigh 4 MB for that.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from darkroom.pages.evaluations import read_number
from darkroom.reporting.quantities import significant

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 12, 38
"""Around the lines, in units of the drawing, as width and height are."""
MEASURES = ("accuracy", "loss")
KINDS = {"validation": "val_", "training": ""}
"""Of a measure: what precedes its name in the history."""
TICKS = 5
COLOURS, DASHES = 6, 3
"""Models that differ in colour, and patterns by which those of one colour differ."""
History = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Line:
    """The values of a model in training or validation: ``points`` are (epoch, value), ``None`` where it is missing."""

    model: int
    kind: str
    points: tuple[tuple[int, float | None], ...]

    @property
    def look(self) -> str:
        """Classes of its colour, its pattern and its kind."""
        return f"colour-{self.model % COLOURS} dash-{self.model // COLOURS % DASHES} {self.kind}"


@dataclass(frozen=True)
class Axis:
    """A drawing on one axis: what stands at which height, and the path of each line."""

    name: str
    ticks: list[tuple[float, str]]
    paths: list[str]


@dataclass(frozen=True)
class Chart:
    """The learning curves of one measure; ``epochs`` are the places of the numbers below."""

    measure: str
    lines: list[Line]
    axes: list[Axis]
    epochs: list[tuple[float, int]]
    last: int


def draw_charts(histories: Sequence[History]) -> list[Chart]:
    """Return a chart of each measure of the models' histories; none where no model has one."""
    return [chart for measure in MEASURES if (chart := _draw(measure, histories))]


def _draw(measure: str, histories: Sequence[History]) -> Chart | None:
    lines = [line for model, rows in enumerate(histories) for line in _list_lines(measure, model, rows)]
    values = [value for line in lines for _, value in line.points if value is not None]
    if not values:
        return None
    last = max(epoch for line in lines for epoch, _ in line.points)
    axes = [_draw_axis("linear", lines, values, last)]
    if measure == "loss" and min(values) > 0:
        axes.append(_draw_axis("logarithmic", lines, values, last))
    step = max(1, round(_choose_step(last)))
    epochs = [(_across(epoch, last), epoch) for epoch in range(1, last + 1) if epoch == 1 or epoch % step == 0]
    return Chart(measure, lines, axes, epochs, last)


def _list_lines(measure: str, model: int, rows: History) -> Iterator[Line]:
    for kind, prefix in KINDS.items():
        points = tuple((int(row["epoch"]), read_number(row.get(f"{prefix}{measure}"))) for row in rows)
        if any(value is not None for _, value in points):
            yield Line(model, kind, points)


def _draw_axis(name: str, lines: Sequence[Line], values: Sequence[float], last: int) -> Axis:
    bend = math.log10 if name == "logarithmic" else float
    ticks = _choose_powers(values) if name == "logarithmic" else _choose_ticks(values)
    low, high = (bend(end(*values, *ticks)) for end in (min, max))

    def place(value: float) -> float:
        share = (bend(value) - low) / (high - low) if high > low else 0.5
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    paths = [
        _draw_path([(_across(at, last), None if y is None else place(y)) for at, y in one.points]) for one in lines
    ]
    return Axis(name, [(place(tick), significant(tick, 4)) for tick in ticks], paths)


def _across(epoch: int, last: int) -> float:
    share = (epoch - 1) / (last - 1) if last > 1 else 0.5
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _draw_path(points: Sequence[tuple[float, float | None]]) -> str:
    """Return the path through ``points``; it goes on after one that is missing, and shows one that stands alone."""
    found, pen = [], "M"
    for x, y in points:
        if y is None:
            pen = "M"
            continue
        found.append(f"{pen}{x:g} {y:g}" + "h0" * (pen == "M"))  # a round end is a dot, even of a line without length
        pen = "L"
    return "".join(found)


def _choose_step(span: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that divides ``span`` into about as many parts as ``TICKS``."""
    raw = span / TICKS
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)


def _choose_ticks(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    step = _choose_step(high - low or abs(high) or 1)
    first = math.floor(low / step + 1e-9)
    return [round(number * step, 10) for number in range(first, math.ceil(high / step - 1e-9) + 1)]


def _choose_powers(values: Sequence[float]) -> list[float]:
    """Return 1, 2 and 5 times powers of ten, or of many powers these alone, that hold ``values`` between them."""
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    factors = (1, 2, 5) if last - first <= 2 else (1,)
    ticks = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
    below = max((tick for tick in ticks if tick <= min(values)), default=ticks[0])
    above = min((tick for tick in ticks if tick >= max(values)), default=ticks[-1])
    return [tick for tick in ticks if below <= tick <= above]
