"""The kinds of entries that params.yaml has, and the parts of entries whose keys are overridden one by one."""

from collections.abc import Mapping
from typing import Any

from darkroom.core.errors import UserError
from darkroom.params.yaml_files import FILE

DEFAULTS, BASE = "defaults", "base"
MODELS, TRANSFERS, FINE_TUNES = "models", "transfers", "finetunes"
SECTIONS = ("datasets", "augmented", "views", "backbones", MODELS, FINE_TUNES, "ensembles", "explanations", "studies")
"""Sections whose entries may have a base and defaults."""
TRAINING, CALLBACKS, SPLIT, CACHE = "training", "callbacks", "validation_split", "cache_frozen"
PARTS = {
    "": ("network", TRAINING, "augmentation", "synthetic", "table"),
    "network": ("blocks", "head"),
    TRAINING: ("augmentation",),
}
"""Parts of an entry, and of these, whose keys are overridden one by one."""
JOINED = tuple(dict.fromkeys(part for parts in PARTS.values() for part in parts))
CALLBACK_PARTS = ("EarlyStopping",)
"""Callbacks of which a list may leave out what the defaults of their name give."""
OPTIONAL = ("blocks", "augmentation", "synthetic", "table", *CALLBACK_PARTS)
"""Parts that not every entry has."""
KINDS = (*SECTIONS, TRANSFERS)
"""Entries that defaults complete as a whole; ``transfers`` are models on a backbone."""
COMPLETED = (*(part for part in JOINED if part != "network"), *CALLBACK_PARTS)
"""Parts that are completed by the defaults of their name wherever they are given."""
OWN = {FINE_TUNES: (BASE,), TRANSFERS: ("network.backbone",)}
"""Keys by which an entry is one of its kind, so that no default can give them."""


def kind_of(section: str, entries: list[Mapping[str, Any]]) -> str:
    """Return the kind whose defaults complete an entry, given it and its bases."""
    networks = (entry.get("network") for entry in entries)
    on_backbone = any(isinstance(network, Mapping) and "backbone" in network for network in networks)
    return TRANSFERS if section == MODELS and on_backbone else section


def defaults_of(document: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """Return the defaults of a kind of entry, as far as they are values by key."""
    defaults = document.get(DEFAULTS)
    given = defaults.get(kind) if isinstance(defaults, Mapping) else None
    return given if isinstance(given, Mapping) else {}


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
