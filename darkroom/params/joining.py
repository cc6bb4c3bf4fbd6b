"""Values of an entry joined key by key from several places of params.yaml, with where each of them stands."""

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

from darkroom.params.kinds import CALLBACK_PARTS, CALLBACKS, DEFAULTS, PARTS, TRAINING, defaults_of

Places = dict[str, Any]
"""The dotted key of params.yaml where each value of an entry stands, nested as the entry is."""


class Full(NamedTuple):
    """An entry with all its values, unvalidated, and where each of them stands."""

    value: dict[str, Any]
    places: Places


def override(document: Mapping[str, Any], entry: Full, changes: Mapping[str, Any], where: str) -> Full:
    """Return an entry with the values of ``changes``, which stand at ``where``, in the place of its own."""
    result = copy.deepcopy(entry)
    join(document, result, changes, where)
    return result


def join(document: Mapping[str, Any], result: Full, layer: Mapping[str, Any], where: str, part: str = "") -> None:
    """Put the values of ``layer``, which stand at ``where``, into an entry, or into a part of one."""
    for key, value in layer.items():
        place = f"{where}.{key}"
        if key in PARTS.get(part, ()) and isinstance(value, Mapping):
            known = isinstance(result.value.get(key), Mapping)
            inside = Full(result.value[key], result.places[key]) if known else _complete_part(document, key)
            result.value[key], result.places[key] = inside
            join(document, inside, value, place, key)
        elif part == TRAINING and key == CALLBACKS and isinstance(value, list):
            result.value[key], result.places[key] = [_complete_callback(document, one) for one in value], place
            given = {_name(one): one for one in value}
            for name in CALLBACK_PARTS:
                result.places[name] = _place_callback(document, name, given[name], place) if name in given else place
        else:
            result.value[key], result.places[key] = value, place


def _complete_part(document: Mapping[str, Any], kind: str) -> Full:
    """Return what a part of an entry is completed by: the defaults of its name."""
    part = Full({}, {})
    join(document, part, defaults_of(document, kind), f"{DEFAULTS}.{kind}", kind)
    return part


def _complete_callback(document: Mapping[str, Any], callback: Any) -> Any:
    name = _name(callback)
    return {"name": name, **defaults_of(document, name), **callback} if name else callback


def _name(callback: Any) -> str:
    """Return the name of a callback that defaults complete, else nothing."""
    name = callback.get("name") if isinstance(callback, Mapping) else None
    return name if name in CALLBACK_PARTS else ""


def _place_callback(document: Mapping[str, Any], name: str, callback: Mapping[str, Any], place: str) -> Places:
    """Return where each value of a callback stands: in the list at ``place``, or among the defaults of its name."""
    return {**_complete_part(document, name).places, **dict.fromkeys(callback, place)}


def find_place(places: Places, location: list[str]) -> str | None:
    """Return where the value at a ``location``, keys one below the other, stands; ``None`` if that is not known."""
    found: Any = places
    for depth, key in enumerate(location):
        if isinstance(found, str):
            return ".".join([found, *location[depth:]])
        if key not in found:
            return None
        found = found[key]
    return found if isinstance(found, str) else None
