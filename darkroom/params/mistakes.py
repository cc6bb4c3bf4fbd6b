"""Mistakes in params.yaml, in one line: the key, its value and what is allowed.

Unknown keys come first, with their lines: a key that is missing is often one that is there, misspelt.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from darkroom.core.one_line import escape_controls
from darkroom.params import joining, kinds
from darkroom.params.allowed_keys import list_allowed_keys
from darkroom.params.joining import Places
from darkroom.params.yaml_files import FILE, find_line

RENAMED = {"bridge": "pooling, in the network's head", "damaged": "corrupt", "doubtful": "ambiguous"}
"""Keys of earlier versions, and what they are called now."""
GIVE_ALL, GIVE_HERE = "every key must be given", "give it here, in a base or in defaults"
UNKNOWN, MISSING = "extra_forbidden", "missing"
"""Pydantic's names for these two."""


class Mistake(NamedTuple):
    """An error of pydantic's, and where it is."""

    error: ErrorDetails
    location: list[str]
    """The keys of the value that lead to it."""
    own: str
    """The dotted key in the entry where it was found."""
    place: str
    """The dotted key where the value stands: an entry may have it from a base, or from defaults."""


def describe(errors: Sequence[ErrorDetails], section: type[BaseModel], value: Any, where: str, places: Places) -> str:
    """Return one line for the first of ``errors`` in ``value``, and all that its entry lacks or must not have."""
    found = [_find(error, value, where, places) for error in errors]
    first = _choose([one for one in found if one.error["type"] == UNKNOWN] or found)
    entry = _entry_of(first.own)
    beside = {one.place: one for one in found if one.place != first.place and _entry_of(one.own) == entry}
    same = [one for one in found if one.location[: len(first.location)] == first.location]
    told = {one.place for one in found if one in same or first.location[: len(one.location)] == one.location}
    text = _describe_first(first, same, section)
    if first.error["type"] in (UNKNOWN, MISSING):
        unknown = {place: one for place, one in beside.items() if one.error["type"] == UNKNOWN}
        missing = {place: one for place, one in beside.items() if one.error["type"] == MISSING}
        told |= {*unknown, *missing}
        text += name_others("unknown", [_describe_unknown(one, section) for one in unknown.values()])
        text += name_others("missing", [one.own.removeprefix(f"{entry}.") for one in missing.values()])
    more = len({one.place for one in found} - told)
    return escape_controls(f"{FILE}{text} (and {more} more)" if more else f"{FILE}{text}")


def describe_unknown_key(dotted: str, allowed: Iterable[str]) -> str:
    """Return what follows the file's name in one line on a key that is none of those ``allowed`` where it stands."""
    keys = list(allowed)
    meant = suggest(dotted.rpartition(".")[2], keys)
    hint = f"{meant} Allowed" if meant else "allowed"
    return escape_controls(f"{_line(dotted)}: {dotted}: unknown key; {hint} here: {', '.join(keys)}")


def name_others(what: str, keys: Sequence[object]) -> str:
    """Return what is said of other ``keys`` that are ``what`` the first was; empty where there are none."""
    return escape_controls(f"; {what}, too: {', '.join(map(str, keys))}") if keys else ""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return the question whether the ``known`` name that is most like ``name`` was meant; empty if none is."""
    near = difflib.get_close_matches(name, [str(one) for one in known], n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def _find(error: ErrorDetails, value: Any, where: str, places: Places) -> Mistake:
    location = _locate(error, value)
    own = ".".join(filter(None, [where, *location]))
    return Mistake(error, location, own, joining.find_place(places, location) or own)


def _choose(found: Sequence[Mistake]) -> Mistake:
    """Return the first mistake; of several choices at a fork the one that goes deepest, which was meant."""
    first = found[0]
    if first.error["loc"][-1:] == ("[key]",):
        return first
    same = [one for one in found if one.location[: len(first.location)] == first.location]
    return max(same, key=lambda one: len(one.location))


def _describe_first(first: Mistake, same: Sequence[Mistake], section: type[BaseModel]) -> str:
    error, place = first.error, first.place
    inherited = place != first.own and not first.own.startswith(f"{place}.")
    note = f"; {_entry_of(first.own)} has it from there" if inherited else ""
    if error["type"] == MISSING:
        return f": {first.own}: missing; {GIVE_HERE if _is_inheritable(first.own) else GIVE_ALL}"
    if error["type"] == UNKNOWN:
        if (renamed := RENAMED.get(first.location[-1])) is not None:
            return f"{_line(place)}: {place}: is called {renamed} now; write that{note}"
        return f"{describe_unknown_key(place, _allowed(first, section))}{note}"
    given = error["input"]
    shown = str(given) if isinstance(given, date) else repr(given)
    value = "" if error["type"] == "value_error" and isinstance(given, dict) else f" {shown}:"
    said = ", or ".join(dict.fromkeys(_say(one.error) for one in same if one.location == first.location))
    return f": {place}:{value} {said.replace(', or input should be ', ', or ')}{note}"


def _describe_unknown(mistake: Mistake, section: type[BaseModel]) -> str:
    """Return an unknown key of an entry with its line, as far as it is known, and what was meant, in brackets."""
    meant = suggest(mistake.location[-1], _allowed(mistake, section))
    told = "; ".join(filter(None, [_line(mistake.place).removeprefix(", "), meant]))
    name = mistake.own.removeprefix(f"{_entry_of(mistake.own)}.")
    return f"{name} ({told})" if told else name


def _line(dotted: str) -> str:
    number = find_line(dotted)
    return f", line {number}" if number else ""


def _allowed(mistake: Mistake, section: type[BaseModel]) -> list[str]:
    may_have_base = mistake.own.count(".") == 2 and mistake.own.split(".")[0] in kinds.SECTIONS
    base = [kinds.BASE] if may_have_base else []
    return list(dict.fromkeys([*base, *list_allowed_keys(section, mistake.error["loc"][:-1])]))


def _say(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    return f"{message[0].lower()}{message[1:]}"


def _locate(error: ErrorDetails, value: Any) -> list[str]:
    """Return the keys in ``value`` that lead to an error, without pydantic's names of the choices at a fork."""
    found: list[str] = []
    inside: Any = value
    for part in error["loc"]:
        is_key = isinstance(inside, Mapping) and part in inside
        if is_key or (isinstance(inside, list) and isinstance(part, int)):
            inside = inside[part]
            found.append(str(part))
        elif error["type"] == MISSING and part == error["loc"][-1]:
            found.append(str(part))
    return found


def _is_inheritable(dotted: str) -> bool:
    """Return whether a base or defaults may give the value of an entry under a dotted key."""
    parts = dotted.split(".")
    if len(parts) < 3 or parts[0] not in kinds.SECTIONS or parts[-1] == kinds.BASE:
        return False
    return len(parts) == 3 or parts[-2] in kinds.JOINED


def _entry_of(dotted: str) -> str:
    """Return the entry, or the variant of a sweep, that a dotted key is part of."""
    parts = dotted.split(".")
    return ".".join(parts[: 4 if parts[0] == "sweeps" else 2])
