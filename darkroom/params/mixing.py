"""Mixing of training images in params.yaml."""

from typing import Annotated

from pydantic import Field, model_validator

from darkroom.params.base import Section
from darkroom.params.fields import REGULARISATION

Alpha = Annotated[float, Field(ge=0)]


class Mix(Section, json_schema_extra=REGULARISATION):
    """Mix training images, as they are augmented, with others, drawn anew in each epoch, and their labels with them.

    An image that is mixed by either way is mixed by one of them, with a chance of one half. The accuracy of training
    is judged by the label with the larger share, its loss by the shares of both; what validates is never mixed.
    """

    mixup: Alpha
    """Alpha of the beta distribution of shares with which two images are laid over each other; 0: none are. At 1 all
    shares come as often, below it those that leave one image nearly as it is."""
    cutmix: Alpha
    """Alpha of the beta distribution of the share of an image that stays around a rectangle of another; 0: none do."""
    probability: Annotated[float, Field(gt=0, le=1)]
    """Share of the training images that are mixed with another."""

    @model_validator(mode="after")
    def check_ways(self) -> "Mix":
        """Require a way to mix."""
        if not (self.mixup or self.cutmix):
            raise ValueError("mixup and cutmix are both 0: give one of them, or write mix: null")
        return self
