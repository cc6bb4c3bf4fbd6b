"""Every number in two texts that should say the same, compared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])")


@dataclass(frozen=True)
class Comparison:
    """How many numbers two texts have, how many of them differ, by what share at most, and the first that does.

    ``words`` is the first line whose words differ, so that its numbers cannot be compared; ``None`` where none does.
    """

    numbers: int
    differing: int
    largest: float
    first: str | None
    words: str | None


def compare_texts(published: str, made: str) -> Comparison:
    """Return how the numbers of two texts compare, line by line; words must be the same."""
    pairs: list[tuple[str, str]] = []
    for line, (one, other) in enumerate(_pair_lines(published, made), 1):
        if NUMBER.sub("#", one) != NUMBER.sub("#", other):
            said = f"line {line}: {one.strip()[:80]!r} is now {other.strip()[:80]!r}"
            return Comparison(len(pairs), 0, 0.0, None, said)
        pairs += zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    apart = [(one, other) for one, other in pairs if one != other]
    return Comparison(
        numbers=len(pairs),
        differing=len(apart),
        largest=max((_measure(*pair) for pair in apart), default=0.0),
        first=f"{apart[0][0]} is now {apart[0][1]}" if apart else None,
        words=None,
    )


def _pair_lines(published: str, made: str) -> Iterator[tuple[str, str]]:
    first, second = published.splitlines(), made.splitlines()
    length = max(len(first), len(second))
    return zip(first + [""] * (length - len(first)), second + [""] * (length - len(second)), strict=True)


def _measure(one: str, other: str) -> float:
    """Return by what share of the larger one two different numbers differ."""
    first, second = (float(text.replace(",", "")) for text in (one, other))
    return abs(first - second) / max(abs(first), abs(second), 1e-300)
