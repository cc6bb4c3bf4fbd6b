"""Which of a sweep's variants differ in certain keys of training alone, so that what they cost compares."""

from collections.abc import Sequence

from stages.parameters.model import Sweep
from stages.parameters.sweeps import variant_name

BATCH_SIZE = ("batch_size", "accumulation_steps")
"""Keys of training that say how many images a step takes, and in how many parts it is computed."""
FROZEN = ("cache_frozen",)
"""The key of training that says whether what frozen layers give is computed once or in every epoch."""


def alike_but_for(names: Sequence[str], sweep: Sweep, key: str) -> list[str]:
    """Return the models of a sweep that differ in the first of ``names``, keys of training, the base first.

    They may differ in the other ``names`` too, and in nothing else. Where no variant does, there is none.
    """
    alone = [
        variant_name(key, variant)
        for variant, change in sweep.variants.items()
        if set(change) == {"training"} and names[0] in change["training"] and set(change["training"]) <= set(names)
    ]
    return [sweep.of, *alone] if alone else []
