"""The plan of the networks that studies summarise and do not train, and where the values of a network stand."""

from collections.abc import Mapping
from typing import Any

from darkroom.params.document import Parameters
from darkroom.params.network import Blocks
from darkroom.params.transfer import TransferModel


def plan_descriptions(parameters: Parameters) -> dict[str, dict[str, Any]]:
    """Return what the summary of each network that a study does not train needs to know.

    ``at`` has a place for every key of a network of either kind: the backbone's for the blocks of one that has no
    blocks, and the other way round. Of a fine-tune, the network is that of the model it goes back to.
    """
    found: dict[str, dict[str, Any]] = {}
    for study, content in parameters.studies.items():
        for key in content.summary_only:
            origin = parameters.origin(key)
            network = parameters.places("models", origin)["network"]
            at = group_by_part({"network": network})
            model = parameters.trained[origin]
            if isinstance(model, TransferModel):
                stand_in = at["network"]["backbone"]
                at["blocks"] = dict.fromkeys(Blocks.model_fields, stand_in)
                at["network"]["normalization"] = stand_in
                backbone = parameters.places("backbones", model.network.backbone)
            else:
                at["network"]["backbone"] = at["network"]["normalization"]
                backbone = dict.fromkeys(("architecture", "alpha"), at["network"]["normalization"])
            unfrozen = parameters.places("finetunes", key)["unfreeze"] if key != origin else at["network"]["backbone"]
            at |= {"backbone": backbone, "description": {"unfreeze": unfrozen}}
            found[key] = {"study": study, "origin": origin, "view": parameters.view_of(key), "at": at}
    return found


def group_by_part(places: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the places of an entry's values by the part that they belong to, however deep that lies."""
    found: dict[str, dict[str, str]] = {}
    for part, inside in places.items():
        found[part] = {key: place for key, place in inside.items() if isinstance(place, str)}
        found |= group_by_part({key: place for key, place in inside.items() if isinstance(place, dict)})
    return found
