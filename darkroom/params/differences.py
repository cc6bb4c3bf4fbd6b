"""How the values of two documents differ, by dotted key, in few words."""

from collections.abc import Collection, Iterator, Mapping
from itertools import takewhile
from typing import Any

LONG = 60
"""Characters of a value from which a change shows no more."""


def differences(key: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Return the dotted keys under ``key`` whose values differ, with the old and the new value."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in {**old, **new}:
            yield from differences(f"{key}.{name}", old.get(name), new.get(name))
    elif old != new:
        yield key, old, new


def likest(key: str, others: Collection[str]) -> str | None:
    """Return which of other dotted keys ends most like ``key``, as its value may have stood there before."""

    def alike(other: str) -> int:
        pairs = zip(reversed(key.split(".")), reversed(other.split(".")), strict=False)
        return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))

    best = max(sorted(others), key=alike, default=None)
    return best if best and alike(best) else None


def became(old: Any, new: Any) -> str:
    """Return in a few words how a value changed; of an entry with keys of its own, that it is new or gone."""
    if old is None and isinstance(new, Mapping):
        return "is new"
    if new is None and isinstance(old, Mapping):
        return "is gone"
    if old == new:
        return f"is {shortened(new)}, as before"
    return f"was {shortened(old)}, is {shortened(new)}"


def shortened(value: Any) -> str:
    """Return a value as Python writes it, of a long one the beginning."""
    text = repr(value)
    return text if len(text) <= LONG else f"{text[:LONG]}…"
