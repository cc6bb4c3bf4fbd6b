"""Entries of params.yaml in full: their own values, then their base's, then the defaults of their kind.

``base: <entry>`` stands for all that another entry of the same section holds; ``defaults`` hold what neither says. The
parts of an entry are joined key by key, lists are not. A part that not every entry has, such as an augmentation, is
completed by the defaults of its name wherever it is given.

A fine-tune's base is what it is trained on from. It trains as the model that it goes back to, but for the defaults of
fine-tunes, then what the fine-tunes on the way to it say, then itself.
"""

from collections.abc import Mapping
from typing import Any

from darkroom.core.errors import UserError
from darkroom.params.joining import Full, join
from darkroom.params.kinds import (
    BASE,
    CACHE,
    DEFAULTS,
    FINE_TUNES,
    MODELS,
    SECTIONS,
    SPLIT,
    TRAINING,
    TRANSFERS,
    defaults_of,
    kind_of,
)
from darkroom.params.yaml_files import FILE


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
        join(document, entry, layer, where)
    return entry


def inherit_from_model(document: Mapping[str, Any], fine_tune: str, name: Any) -> Full:
    """Return what a fine-tune has of the model that it goes back to: how that trains, on images known already.

    Raises:
        UserError: there is no such model.
    """
    models = document.get(MODELS)
    known = {key: one for key, one in models.items() if isinstance(one, Mapping)} if isinstance(models, Mapping) else {}
    if not isinstance(name, str) or name not in known:
        allowed = [*known, *(key for key in document[FINE_TUNES] if key != fine_tune)]
        where = f"{FILE}: {FINE_TUNES}.{fine_tune}.{BASE}"
        raise UserError(f"{where}: {name!r}: no such entry; allowed: {', '.join(allowed) or 'none is defined'}")
    model = complete_entry(document, MODELS, name)
    if not isinstance(model.value.get(TRAINING), Mapping):
        return Full({}, {})
    value, places = ({key: one for key, one in part[TRAINING].items() if key != SPLIT} for part in model)
    cached = defaults_of(document, TRANSFERS).get(TRAINING, {}).get(CACHE)
    if CACHE not in value and cached is not None:  # of a model without a backbone
        value[CACHE], places[CACHE] = cached, f"{DEFAULTS}.{TRANSFERS}.{TRAINING}.{CACHE}"
    return Full({TRAINING: value}, {TRAINING: places})


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


def drop_base(section: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry without the name of its base, which only a fine-tune itself needs."""
    return {key: value for key, value in entry.items() if key != BASE or section == FINE_TUNES}


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
