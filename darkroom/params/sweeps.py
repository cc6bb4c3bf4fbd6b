"""The models that params.yaml names, variants among them: what a sweep's variant is, with what it changes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from darkroom.core.errors import UserError
from darkroom.params import inheritance, joining, kinds
from darkroom.params.base import validate
from darkroom.params.joining import Places
from darkroom.params.model import Sweep
from darkroom.params.yaml_files import FILE, read


def name_variant(sweep: str, variant: str) -> str:
    """Return the name under which a sweep's variant is trained."""
    return f"{sweep}-{variant}"


def list_variants(sweeps: Mapping[str, Sweep]) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the sweep and the variant of every variant."""
    for sweep, content in sweeps.items():
        for variant in content.variants:
            yield name_variant(sweep, variant), sweep, variant


def find_place(key: str, file: Path = FILE) -> str:
    """Return the key of params.yaml where the settings of the model or variant ``key`` stand, or should."""
    try:
        return find_model(key, file)[1]
    except UserError:
        return f"models.{key}"


def find_model(key: str, file: Path = FILE) -> tuple[dict[str, Any], str, Places]:
    """Return the settings of the model or variant ``key``, unvalidated: what ``validate`` asks for.

    Raises:
        UserError: there is neither a model nor a variant of this name.
    """
    document = read(file)
    kinds.check_entries(document)
    models, sweeps = document.get("models", {}), document.get("sweeps", {})
    if key in models:
        found = inheritance.complete_entry(document, "models", key)
        return found.value, f"models.{key}", found.places
    for name, content in sweeps.items():
        variant = key.removeprefix(f"{name}-")
        known = content.get("variants")
        if variant != key and isinstance(known, Mapping) and variant in known:
            sweep = validate(Sweep, content, f"sweeps.{name}")
            where = f"sweeps.{name}.variants.{variant}"
            if sweep.of not in models:
                raise UserError(f"{FILE}: sweeps.{name}.of: {sweep.of!r}: no such model; there is {', '.join(models)}")
            model = inheritance.complete_entry(document, "models", sweep.of)
            found = joining.override(document, model, sweep.variants[variant], where)
            return found.value, where, found.places
    raise UserError(f"models: no entry {key!r}, and no variant of a sweep is called so; there is {', '.join(models)}")
