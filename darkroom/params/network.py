"""Networks from their first layer to their last, in params.yaml."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from darkroom.params.base import Section
from darkroom.params.fields import ARCHITECTURE, DATA, REGULARISATION, Count

Rate = Annotated[float, Field(ge=0, lt=1)]
Dropout = Annotated[Rate, Field(json_schema_extra=REGULARISATION)]
Penalty = Annotated[float, Field(ge=0, json_schema_extra=REGULARISATION)]
Activation = Literal["relu", "elu", "selu", "gelu", "silu", "tanh", "leaky_relu"]
NONE = "none"
"""Stands in the place of blocks that a network does not have."""


class BatchNormalization(Section, json_schema_extra=REGULARISATION):
    """Batch normalization: between a convolution and its activation, or of the features before the dense layers."""

    momentum: Rate
    """Of the moving statistics: 0.99 needs some 460 steps before they are right, 0.9 some 44."""


class Blocks(Section, json_schema_extra=ARCHITECTURE):
    """A chain of convolution, activation, pooling and dropout."""

    filters: Annotated[list[Count], Field(min_length=1)]
    """Filters of each convolution, first to last."""
    kernel: Count
    """Side of the convolution's window, in pixels."""
    strides: Count | list[Count]
    """Pixels from one place of the window to the next, of every convolution, or of each; 2 halves height and width."""
    padding: Literal["valid", "same"]
    """valid: the window stays within the image, which shrinks; same: zeros around it keep its size."""
    activation: Activation
    """The function that makes each output non-linear."""
    batch_normalization: BatchNormalization | None
    """Between each convolution and its activation."""
    pooling: Count | list[Count]
    """Side of the pooling window behind every convolution, or behind each; 1 means no pooling."""
    pooling_kind: Literal["max", "average"]
    """What becomes of a window's values: their largest, or their mean."""
    dropout: Dropout
    """Share of the values that training sets to zero, drawn anew at each step; 0: none."""
    dropout_first: Annotated[bool, Field(json_schema_extra=REGULARISATION)]
    """Dropout stands before the pooling, not behind it."""
    l2: Penalty
    """Factor of the sum of the convolutions' squared weights that is added to the loss; 0: none."""
    residual: bool
    """Each number of filters is a basic block of He et al. (2015): two convolutions, the first with the stride, whose
    output is added to their input before the last activation."""

    @model_validator(mode="after")
    def check_lengths(self) -> "Blocks":
        """Require a stride and a pooling for each convolution."""
        for name in ("strides", "pooling"):
            given = getattr(self, name)
            if isinstance(given, list) and len(given) != len(self.filters):
                raise ValueError(f"filters are {self.filters} and {name} {given}: give one number, or one for each")
        return self

    @model_validator(mode="after")
    def check_residual(self) -> "Blocks":
        """Require of residual blocks what lets them be added up and trained."""
        if self.residual and (self.padding != "same" or self.batch_normalization is None):
            raise ValueError(
                "residual: true needs padding: same and batch_normalization, such as {momentum: 0.9}; "
                "give both, or residual: false"
            )
        return self


class Head(Section, json_schema_extra=ARCHITECTURE):
    """From feature maps to probabilities: pooling, then dense layers."""

    pooling: Literal["flatten", "global-average"]
    """From feature maps to a vector: all their values, or the mean of each map."""
    batch_normalization: BatchNormalization | None
    """Of the vector that enters the first dense layer."""
    input_dropout: Dropout
    """Of that vector."""
    units: list[Count]
    """Of each dense layer, first to last."""
    activation: Activation
    """Of these layers."""
    dropout: Annotated[list[Rate], Field(json_schema_extra=REGULARISATION)]
    """After each of the layers."""
    l2: Penalty
    """Factor of the sum of the dense layers' squared weights that is added to the loss; 0: none."""
    output: Literal["softmax", "sigmoid"]
    """softmax: one probability per class, fitted by categorical cross-entropy; sigmoid: that of the second of two
    classes, fitted by binary cross-entropy."""
    output_dropout: Dropout
    """Dropout of the probabilities themselves, which one of the courses has: it harms training."""

    @model_validator(mode="after")
    def check_rates(self) -> "Head":
        """Require a dropout rate for each layer."""
        if len(self.dropout) != len(self.units):
            raise ValueError(f"units are {self.units} and dropout {self.dropout}: give one rate for each layer")
        return self


def _kind(blocks: Any) -> str:
    return "[Blocks]" if isinstance(blocks, Blocks | dict) else "[none]"


def _check_none(blocks: Any) -> Any:
    if blocks != NONE:
        raise ValueError(f"allowed: {NONE}, or keys below it: {', '.join(Blocks.model_fields)}")
    return blocks


AnyBlocks = Annotated[
    Annotated[Blocks, Tag("[Blocks]")] | Annotated[Literal["none"], BeforeValidator(_check_none), Tag("[none]")],
    Discriminator(_kind),
]
"""The convolutions of a network, or none."""


class Network(Section, json_schema_extra=ARCHITECTURE):
    """A network from pixels to class probabilities, its weights drawn at random."""

    normalization: Annotated[Literal["none", "layer", "constants"], Field(json_schema_extra=DATA)]
    """Standardise each channel by the mean and variance of the training images: by a Normalization layer, whose
    statistics count as parameters, or by a Rescaling layer's constants, which don't."""
    blocks: AnyBlocks
    """The convolutions; none: a dense network, whose first layer is given the pixels."""
    head: Head
