"""Numbers in words: counts with their nouns, shares, sizes and durations."""

import json


def size(count: float) -> str:
    """Return a number of bytes in the unit that fits it."""
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it must be."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def number(count: int) -> str:
    """Return a whole number with its thousands separated."""
    return f"{count:,}"


def decimal(value: float, places: int, signed: bool = False) -> str:
    """Return a number with as many decimal places, its thousands separated, with its sign where it is ``signed``."""
    return f"{value:{'+' if signed else ''},.{places}f}"


def percent(share: float, places: int = 1, signed: bool = False) -> str:
    """Return a share as a percentage, with one decimal place, or with as many as are given."""
    return f"{share:{'+' if signed else ''}.{places}%}"


def points(share: float, signed: bool = False) -> str:
    """Return a difference of two shares in percentage points, with its sign where it is ``signed``."""
    return f"{100 * share:{'+' if signed else ''}.1f} points"


def significant(value: float, digits: int) -> str:
    """Return a number with as many significant digits."""
    return f"{value:.{digits}g}"


def duration(seconds: float) -> str:
    """Return hours and minutes, minutes and seconds, or of less than a minute three significant digits."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{significant(seconds, 3)} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def write_value(value: object) -> str:
    """Return a hyperparameter's value as params.yaml may have it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False).replace('"', "")
