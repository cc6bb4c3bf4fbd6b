"""What params.yaml says of models, their training and their evaluation."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stages.parameters.base import Name, Section
from stages.parameters.data import Count

Rate = Annotated[float, Field(ge=0, lt=1)]
Activation = Literal["relu", "elu", "selu", "gelu", "silu", "tanh", "leaky_relu"]


class Runtime(Section):
    """What changes the bits of a result without changing its design."""

    seed: Annotated[int, Field(ge=0, le=4_000_000_000)]
    """Of weights, shuffles and dropout; replicate n adds n - 1."""
    threads: Count
    """Threads of one training: another count gives other bits."""


class BatchNormalization(Section):
    """Batch normalization: between a convolution and its activation, or of the features before the dense layers."""

    momentum: Rate
    """Of the moving statistics: 0.99 needs some 460 steps before they are right, 0.9 some 44."""


class Blocks(Section):
    """A chain of convolution, activation, pooling and dropout."""

    filters: Annotated[list[Count], Field(min_length=1)]
    """Filters of each convolution, first to last."""
    kernel: Count
    """Side of the convolution's window, in pixels."""
    padding: Literal["valid", "same"]
    activation: Activation
    batch_normalization: BatchNormalization | None
    pooling: Annotated[int, Field(ge=1)]
    """Side of the max-pooling window; 1 means no pooling."""
    dropout: Rate


class Head(Section):
    """The dense layers before the softmax."""

    batch_normalization: BatchNormalization | None
    """Of the vector that enters the first layer."""
    units: list[Count]
    activation: Activation
    dropout: list[Rate]
    """After each of the layers."""

    @model_validator(mode="after")
    def as_many_rates(self) -> "Head":
        """Require a dropout rate for each layer."""
        if len(self.dropout) != len(self.units):
            raise ValueError(f"units are {self.units} and dropout {self.dropout}: give one rate for each layer")
        return self


Bridge = Literal["flatten", "global-average"]


class Network(Section):
    """A convolutional network from pixels to class probabilities, its weights drawn at random."""

    normalization: bool
    """Standardise each channel by the mean and variance of the training images."""
    blocks: Blocks
    bridge: Bridge
    """From feature maps to a vector."""
    head: Head


class Fit(Section):
    """How a network, made before, is fitted."""

    optimizer: Literal["adam", "sgd", "rmsprop"]
    learning_rate: Annotated[float, Field(gt=0)]
    epochs: Count
    """At most; early stopping may end before."""
    batch_size: Count
    accumulation_steps: Count
    """Parts, as equal as can be, of a batch that go through the network one by one before one update of the weights:
    memory falls with it. Batch normalization sees one part at a time."""
    patience: Count
    """Epochs without a lower validation loss before training stops; the best weights are kept."""
    precision: Literal["float32", "mixed_bfloat16"]
    """What the layers compute in; weights and softmax stay float32."""

    @model_validator(mode="after")
    def whole_parts(self) -> "Fit":
        """Require parts of equal size."""
        if self.batch_size % self.accumulation_steps:
            raise ValueError(
                f"batch_size {self.batch_size} is not a multiple of accumulation_steps {self.accumulation_steps}"
            )
        return self


class Training(Fit):
    """How a network is made and fitted."""

    validation_split: Annotated[float, Field(gt=0, lt=1)]
    """Fraction of the training images, drawn by seed, that validate."""


class Trained(Section):
    """What every model has: a view, and how often it is trained."""

    view: Name
    replicates: Count
    """Trainings with different seeds; the comparison gives their mean and deviation."""


class Model(Trained):
    """A network, the view it is trained on, and how."""

    network: Network
    training: Training


class Evaluation(Section):
    """What an evaluation shows."""

    worst: Count
    """Worst-predicted images shown."""
    calibration_bins: Annotated[int, Field(ge=2)]
    confused_pairs: Count
    """Most-confused pairs of classes listed."""


class Study(Section):
    """Models that are compared on the same test images."""

    models: Annotated[list[Name], Field(min_length=1)]
    confidence: Annotated[float, Field(gt=0, lt=1)]
    """Of the intervals around accuracies."""
    correction: Literal["holm", "bonferroni", "fdr_bh"]
    """Of the paired tests' p-values, for their number."""
