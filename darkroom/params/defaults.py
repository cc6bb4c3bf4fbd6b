"""The section ``defaults`` of params.yaml: for each kind of entry, the values of one that does not say otherwise."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from darkroom.core.errors import UserError
from darkroom.params.augmentation import Augmentation, Augmented
from darkroom.params.backbone import Backbone
from darkroom.params.base import Section
from darkroom.params.callbacks import EarlyStopping
from darkroom.params.data import Dataset
from darkroom.params.ensemble import Ensemble
from darkroom.params.explanation import Explanation
from darkroom.params.joining import Places
from darkroom.params.kinds import DEFAULTS, OPTIONAL, OWN
from darkroom.params.mistakes import describe, describe_unknown_key
from darkroom.params.model import Model, Study
from darkroom.params.network import Blocks, Head
from darkroom.params.synthetic import Synthetic
from darkroom.params.table import Table
from darkroom.params.training import Fit
from darkroom.params.transfer import FineTune, TransferModel
from darkroom.params.view import View
from darkroom.params.yaml_files import FILE

CLASSES: dict[str, type[Section]] = {
    "datasets": Dataset,
    "augmented": Augmented,
    "views": View,
    "backbones": Backbone,
    "models": Model,
    "transfers": TransferModel,
    "finetunes": FineTune,
    "ensembles": Ensemble,
    "explanations": Explanation,
    "studies": Study,
    "blocks": Blocks,
    "head": Head,
    "training": Fit,
    "augmentation": Augmentation,
    "synthetic": Synthetic,
    "table": Table,
    "EarlyStopping": EarlyStopping,
}
"""The class of an entry, or of a part, of each kind that there is (see ``kinds``)."""


def check(document: Mapping[str, Any]) -> None:
    """Check that the defaults are values that entries may have, whether or not one uses them.

    Raises:
        UserError: one line that names the key, its value and what is allowed.
    """
    given = document.get(DEFAULTS, {})
    if not isinstance(given, Mapping):
        raise UserError(f"{FILE}: {DEFAULTS}: {given!r}: write the values of each kind below it: {', '.join(CLASSES)}")
    for kind, values in given.items():
        if kind not in CLASSES:
            raise UserError(f"{FILE}{describe_unknown_key(f'{DEFAULTS}.{kind}', CLASSES)}")
        if not isinstance(values, Mapping):
            raise UserError(f"{FILE}: {DEFAULTS}.{kind}: {values!r}: write keys and values below it")
        if key := next((key for key in OWN.get(kind, ()) if _has(values, key)), None):
            raise UserError(f"{FILE}: {DEFAULTS}.{kind}.{key}: an entry must give it itself; take it out here")
        _check_kind(CLASSES[kind], values, f"{DEFAULTS}.{kind}")


def _check_kind(kind: type[Section], values: Mapping[str, Any], where: str) -> None:
    try:
        kind.model_validate(values)
    except ValidationError as error:
        if found := [one for one in error.errors() if one["type"] != "missing"]:
            raise UserError(describe(found, kind, values, where, {})) from None


def _has(values: Any, dotted: str) -> bool:
    """Return whether there is a value under a dotted key."""
    for key in dotted.split("."):
        if not isinstance(values, Mapping) or key not in values:
            return False
        values = values[key]
    return True


def spread(places: Places) -> Places:
    """Return where each value stands, and of a part that an entry does not have, that place at each of its keys.

    dvc.yaml asks for every key that a part may have, whether or not an entry has it.
    """
    found = {key: spread(place) if isinstance(place, dict) else place for key, place in places.items()}
    for key in found.keys() & set(OPTIONAL):
        keys = [name for name in CLASSES[key].model_fields if name != "name"]
        found[key] = {name: found[key] if isinstance(found[key], str) else found[key][name] for name in keys}
    return found
