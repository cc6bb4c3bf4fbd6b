"""Facts of this process that only what computes knows, such as its GPU, for the record of its run."""

from collections.abc import Mapping
from typing import Any

_told: dict[str, Any] = {}


def tell(facts: Mapping[str, Any]) -> None:
    """Add ``facts`` to the record of this process; ``versions`` among them join those that it holds anyway."""
    _told.update(facts)


def collect() -> dict[str, Any]:
    """Return all that was told."""
    return dict(_told)
