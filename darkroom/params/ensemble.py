"""Ensembles in params.yaml: models that are several, and what their members must have in common."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from darkroom.core.errors import UserError
from darkroom.params.base import Name, Section
from darkroom.params.replicates import count_replicates
from darkroom.params.yaml_files import FILE

if TYPE_CHECKING:  # it imports this module
    from darkroom.params.document import Parameters


class Ensemble(Section):
    """Trained models as one, whose probabilities are the mean of theirs."""

    members: Annotated[list[Name], Field(min_length=1)]
    """Models, variants of sweeps and fine-tunes of one study and one view; one with replicates counts with all of them.
    A prediction takes as long as those of all members one by one."""
    flips: Literal["horizontal"] | None
    """horizontal: each member sees every image and its mirror image, and the mean is over both, which takes twice as
    long; null: the image."""

    @field_validator("members")
    @classmethod
    def check_members(cls, members: list[str]) -> list[str]:
        """Require that no member is named twice."""
        if twice := [name for name in members if members.count(name) > 1]:
            raise ValueError(f"names {twice[0]} twice; name it once")
        return members


def check_ensembles(parameters: "Parameters") -> None:
    """Check that each ensemble has a name of its own, and members that make one model.

    Raises:
        UserError: one has not.
    """
    known = {**parameters.trained, **parameters.finetunes}
    for key, ensemble in parameters.ensembles.items():
        where = f"{FILE}: ensembles.{key}"
        if key in known:
            raise UserError(f"{where}: a model has this name; choose another")
        for name in ensemble.members:
            if name in parameters.ensembles:
                raise UserError(f"{where}.members: {name!r}: is an ensemble itself; name its members")
            if name not in known:
                allowed = ", ".join(known) or "none is defined"
                raise UserError(f"{where}.members: {name!r}: no such entry; allowed: {allowed}")
        origins = [parameters.trained[parameters.origin(name)] for name in ensemble.members]
        views = dict.fromkeys(map(parameters.view_of, ensemble.members))
        if len(views) > 1:
            raise UserError(
                f"{where}.members: {', '.join(ensemble.members)}: are of the views {', '.join(views)}; name members of "
                "one view"
            )
        if sum(count_replicates(origin.replicates) for origin in origins) == 1 and ensemble.flips is None:
            raise UserError(
                f"{where}.members: {ensemble.members[0]}: is one training run alone; name another model, or write "
                "flips: horizontal"
            )


def refuse_ensemble(parameters: "Parameters", where: str, key: str, why: str) -> None:
    """Refuse an ensemble where one of its members must stand.

    Raises:
        UserError: ``key`` is an ensemble.
    """
    if key in parameters.ensembles:
        members = ", ".join(parameters.ensembles[key].members)
        raise UserError(f"{FILE}: {where}: an ensemble, {why}; name one of its members: {members}")
