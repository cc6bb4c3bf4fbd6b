"""Names, and how values and lists of files differ, in few words."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

LONG = 60
"""Characters of a value from which a change shows no more."""
Listing = Mapping[str, str]
"""The MD5 of each file by its path within the folder."""


def named(names: Sequence[str], most: int) -> str:
    """Return at most so many names, and how many there are beside them."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


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


def files_that_differ(old: Listing, new: Listing) -> str:
    """Return in a few words which files differ, are new, or are gone; a folder stands for all in it."""
    both = {name for name in old.keys() & new.keys() if old[name] != new[name]}
    found = {
        ("differs", "differ"): both,
        ("is new", "are new"): _outermost(new.keys() - old.keys(), old),
        ("is gone", "are gone"): _outermost(old.keys() - new.keys(), new),
    }
    return "; ".join(_counted(sorted(names), *verbs) for verbs, names in found.items() if names)


def _outermost(names: Collection[str], others: Listing) -> set[str]:
    """Return ``names``, or in their place the folder at the top that ``others`` have not."""
    known = {name.partition("/")[0] for name in others}
    return {name if (top := name.partition("/")[0]) in known else top for name in names}


def _counted(names: list[str], one: str, several: str) -> str:
    return f"{names[0]} {one}" if len(names) == 1 else f"{names[0]} and {len(names) - 1:,} more {several}"
