"""Folds of training images, and what the validation split of their model must say."""

from darkroom.core.errors import UserError
from darkroom.params.replicates import Folds
from darkroom.params.training import ValidationSplit
from darkroom.params.yaml_files import FILE

ROUNDING = 0.02
"""Share of 1 / folds by which a fraction may differ from it: 0.33 is a third."""


def check_folds(where: str, split: float | ValidationSplit | None, replicates: Folds, own: bool) -> None:
    """Check that a model with folds, which stands at ``where``, says by its validation split what each fold is.

    ``own``: its dataset has validation images of its own.

    Raises:
        UserError: it does not.
    """
    folds = replicates.folds
    if own:
        raise UserError(
            f"{FILE}: {where}.replicates: folds: {folds}: the dataset has validation images of its own; write a "
            f"number of replicates, such as {folds}"
        )
    fraction = split.fraction if isinstance(split, ValidationSplit) else split
    if fraction is None or abs(fraction * folds - 1) > ROUNDING:
        share = f"{1 / folds:.3g}"
        wanted = f"{{fraction: {share}, stratify: true}}" if isinstance(split, ValidationSplit) else share
        given = "null" if fraction is None else fraction
        raise UserError(
            f"{FILE}: {where}.training.validation_split: {given}: each of the {folds} folds of replicates validates "
            f"once; write {wanted}, or another number of folds"
        )
