"""What an entry of params.yaml holds in full: its own values, then its base's, then the defaults of its kind.

``base: <entry>`` stands for all that another entry of the same section holds; ``defaults`` hold what neither says. The
parts of an entry are joined key by key, lists are not. A part that not every entry has, such as an augmentation, is
completed by the defaults of its name wherever it is given.

A fine-tune's base is what it is trained on from. It trains as the model that it goes back to, but for the defaults of
fine-tunes, then what the fine-tunes on the way to it say, then itself.
"""

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

from darkroom.core.errors import UserError

FILE = "params.yaml"
DEFAULTS, BASE = "defaults", "base"
MODELS, TRANSFERS, FINE_TUNES = "models", "transfers", "finetunes"
SECTIONS = ("datasets", "augmented", "views", "backbones", MODELS, FINE_TUNES, "explanations", "studies")
"""Sections whose entries may have a base and defaults."""
TRAINING, CALLBACKS, SPLIT = "training", "callbacks", "validation_split"
PARTS = {
    "": ("network", TRAINING, "augmentation", "synthetic"),
    "network": ("blocks", "head"),
    TRAINING: ("augmentation",),
}
"""Parts of an entry, and of these, whose keys are overridden one by one."""
JOINED = tuple(dict.fromkeys(part for parts in PARTS.values() for part in parts))
CALLBACK_PARTS = ("EarlyStopping",)
"""Callbacks of which a list may leave out what the defaults of their name give."""

Places = dict[str, Any]
"""The dotted key of params.yaml where each value of an entry stands, nested as the entry is."""


class Full(NamedTuple):
    """An entry with all its values, unvalidated, and where each of them stands."""

    value: dict[str, Any]
    places: Places


def complete_entry(document: Mapping[str, Any], section: str, key: str) -> Full:
    """Return an entry of a section of params.yaml with its base's values and its kind's defaults.

    Raises:
        UserError: its base is no entry, goes back to itself, or is a model of another kind.
    """
    entries = document[section]
    names = list_bases(entries, section, key)
    kind = kind_of(section, [entries[name] for name in names])
    if kind_of(section, [entries[names[-1]]]) != kind:
        raise UserError(
            f"{FILE}: {section}.{key}.{BASE}: {names[1]!r}: a network on a backbone needs a base that is on one too; "
            "write a base that is, or none"
        )
    layers = [(f"{section}.{name}", drop_base(section, entries[name])) for name in reversed(names)]
    given = [(f"{DEFAULTS}.{kind}", defaults_of(document, kind))]
    entry = Full({}, {})
    if section == FINE_TUNES and BASE in entries[names[-1]]:
        entry = inherit_from_model(document, names[-1], entries[names[-1]][BASE])
    for where, layer in [*given, *layers]:
        _join(document, entry, layer, where)
    return entry


def defaults_of(document: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """Return the defaults of a kind of entry, as far as they are values by key."""
    defaults = document.get(DEFAULTS)
    given = defaults.get(kind) if isinstance(defaults, Mapping) else None
    return given if isinstance(given, Mapping) else {}


def inherit_from_model(document: Mapping[str, Any], fine_tune: str, name: Any) -> Full:
    """Return what a fine-tune has of the model that it goes back to: how that trains, on images known already.

    Raises:
        UserError: there is no such model, or it is not on a backbone.
    """
    models = document.get(MODELS)
    known = {key: one for key, one in models.items() if isinstance(one, Mapping)} if isinstance(models, Mapping) else {}
    if not isinstance(name, str) or name not in known or not _is_on_backbone(known, name):
        possible = [key for key in known if _is_on_backbone(known, key)]
        allowed = [*possible, *(key for key in document[FINE_TUNES] if key != fine_tune)]
        where = f"{FILE}: {FINE_TUNES}.{fine_tune}.{BASE}"
        raise UserError(
            f"{where}: {name!r}: no model with a backbone; allowed: {', '.join(allowed) or 'none is defined'}"
        )
    model = complete_entry(document, MODELS, name)
    if not isinstance(model.value.get(TRAINING), Mapping):
        return Full({}, {})
    value, places = ({key: one for key, one in part[TRAINING].items() if key != SPLIT} for part in model)
    return Full({TRAINING: value}, {TRAINING: places})


def _is_on_backbone(models: Mapping[str, Any], key: str) -> bool:
    return kind_of(MODELS, [models[name] for name in list_bases(models, MODELS, key)]) == TRANSFERS


def list_bases(entries: Mapping[str, Any], section: str, key: str) -> list[str]:
    """Return an entry, its base, the base of that, and so on.

    Raises:
        UserError: a base is no entry, or goes back to itself.
    """
    names = [key]
    while BASE in entries[names[-1]]:
        base = entries[names[-1]][BASE]
        where = f"{FILE}: {section}.{names[-1]}.{BASE}"
        if section == FINE_TUNES and (not isinstance(base, str) or base not in entries):
            break
        if not isinstance(base, str) or not isinstance(entries.get(base), Mapping):
            others = ", ".join(str(name) for name in entries if name != names[-1]) or "none is defined"
            raise UserError(f"{where}: {base!r}: no such entry of {section}; allowed: {others}")
        if base in names:
            raise UserError(f"{where}: goes back to itself: {' <- '.join([*names[names.index(base) :], base])}")
        names.append(base)
    return names


def kind_of(section: str, entries: list[Mapping[str, Any]]) -> str:
    """Return by which defaults an entry is completed, given it and its bases."""
    networks = (entry.get("network") for entry in entries)
    on_backbone = any(isinstance(network, Mapping) and "backbone" in network for network in networks)
    return TRANSFERS if section == MODELS and on_backbone else section


def drop_base(section: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry without the name of its base, which only a fine-tune itself needs."""
    return {key: value for key, value in entry.items() if key != BASE or section == FINE_TUNES}


def override(document: Mapping[str, Any], entry: Full, changes: Mapping[str, Any], where: str) -> Full:
    """Return an entry with the values of ``changes``, which stand at ``where``, in the place of its own."""
    result = copy.deepcopy(entry)
    _join(document, result, changes, where)
    return result


def _join(document: Mapping[str, Any], result: Full, layer: Mapping[str, Any], where: str, part: str = "") -> None:
    """Put the values of ``layer``, which stand at ``where``, into an entry, or into a part of one."""
    for key, value in layer.items():
        place = f"{where}.{key}"
        if key in PARTS.get(part, ()) and isinstance(value, Mapping):
            known = isinstance(result.value.get(key), Mapping)
            inside = Full(result.value[key], result.places[key]) if known else _complete_part(document, key)
            result.value[key], result.places[key] = inside
            _join(document, inside, value, place, key)
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
    _join(document, part, defaults_of(document, kind), f"{DEFAULTS}.{kind}", kind)
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


def check_entries(document: Mapping[str, Any]) -> None:
    """Check that sections hold entries by name, and these keys, so that bases and defaults can be looked for.

    Raises:
        UserError: one line that names the key, its value and what to write.
    """
    for section in (*SECTIONS, "sweeps"):
        entries = document.get(section, {})
        if not isinstance(entries, Mapping):
            raise UserError(f"{FILE}: {section}: {entries!r}: write entries below it, by name; {{}} for none")
        for key, entry in entries.items():
            where = f"{FILE}: {section}.{key}"
            if not isinstance(key, str):
                raise UserError(f"{where}: a name must be a text; write '{key}', in quotes")
            if not isinstance(entry, Mapping):
                raise UserError(f"{where}: {entry!r}: write keys and values below it")
            for part in PARTS[""][:2]:
                if part in entry and not isinstance(entry[part], Mapping):
                    raise UserError(f"{where}.{part}: {entry[part]!r}: write keys and values below it")


def expand(document: Mapping[str, Any]) -> Full:
    """Return the whole of params.yaml with every entry in full, without its defaults, and where each value stands.

    Raises:
        UserError: as :func:`complete_entry`.
    """
    found = Full({key: value for key, value in document.items() if key != DEFAULTS}, {})
    for section in SECTIONS:
        entries = document.get(section)
        if isinstance(entries, Mapping):
            whole = {
                key: complete_entry(document, section, key) for key, one in entries.items() if isinstance(one, Mapping)
            }
            found.value[section] = {**entries, **{key: one.value for key, one in whole.items()}}
            found.places[section] = {key: one.places for key, one in whole.items()}
    return found


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
