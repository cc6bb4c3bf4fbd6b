"""Models on a backbone, and their fine-tunes, in params.yaml."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, field_validator

from darkroom.params.base import Name, Section
from darkroom.params.fields import ARCHITECTURE, DATA, OPTIMISATION, TECHNICAL
from darkroom.params.model import Model, Trained
from darkroom.params.network import Head
from darkroom.params.training import Fit, Training


class Transfer(Section, json_schema_extra=ARCHITECTURE):
    """A frozen backbone under dense layers."""

    backbone: Name
    """An entry of backbones; a network that names one has neither normalization nor blocks."""
    head: Head


class _Frozen(Section):
    cache_frozen: Annotated[bool, Field(json_schema_extra=TECHNICAL)]
    """Of networks on a backbone: compute what the frozen layers give once for all epochs, instead of in each."""


class TransferTraining(Training, _Frozen):
    """Making and fitting of the layers on a frozen backbone."""


class FineTuning(Fit, _Frozen):
    """Fitting of part of a backbone; the base's validation images validate again."""


class TransferModel(Trained):
    """A network on a frozen backbone, the view it is trained on, and how."""

    network: Transfer
    training: TransferTraining


def _kind(model: Any) -> str:
    network = model.get("network") if isinstance(model, dict) else getattr(model, "network", None)
    transfers = isinstance(network, Transfer) or (isinstance(network, dict) and "backbone" in network)
    return "[TransferModel]" if transfers else "[Model]"


AnyModel = Annotated[
    Annotated[Model, Tag("[Model]")] | Annotated[TransferModel, Tag("[TransferModel]")], Discriminator(_kind)
]
"""A model of params.yaml; one whose network names a backbone is a TransferModel."""


class FineTune(Section):
    """A trained model, trained on, whole or in part, on the same images; its replicates are its base's."""

    base: Annotated[Name, Field(json_schema_extra=ARCHITECTURE)]
    """A model, or another fine-tune; it stays as it is."""
    view: Annotated[Name | None, Field(json_schema_extra=DATA)]
    """A view of the same images at another size, for a network whose head averages; null: the base's."""
    unfreeze: Annotated[int | str, Field(json_schema_extra=OPTIMISATION)]
    """Layers that train, of the backbone, or of a network without one, of all: the last n, all from the layer of this
    name on, or all."""
    training: FineTuning

    @field_validator("unfreeze", mode="before")
    @classmethod
    def check_layers(cls, unfreeze: Any) -> Any:
        """Refuse what names no layers."""
        if isinstance(unfreeze, bool) or not (
            isinstance(unfreeze, str) or (isinstance(unfreeze, int) and unfreeze > 0)
        ):
            raise ValueError("allowed: a number of last layers, the name of the first layer that trains, or all")
        return unfreeze
